/** The form that sets a password and an authenticator app: a QR code, the same secret as text, and the first code. */

import { h } from "../shell/dom.js";
import { placeErrors, showFieldError } from "../shell/field-errors.js";
import { setLabel, showText } from "../shell/i18n.js";

/** @import { FieldError } from "../shell/types.d.ts" */

const SVG = "http://www.w3.org/2000/svg";

/** @param {{size: number, path: string}} qr */
function qrImage({ size, path }) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("class", "qr");
  svg.setAttribute("role", "img");
  setLabel(svg, "setup.qr");
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

export class PasswordSetup {
  /**
   * @param {import("./requests.js").Setup} setup
   * @param {(values: {setup: string, password: string, totp: string}) => void} onSend
   */
  constructor(setup, onSend) {
    this.#password = field("setup-password", "setup.password", {
      type: "password",
      autocomplete: "new-password",
    });
    this.#code = field("setup-code", "setup.code", { inputmode: "numeric", autocomplete: "one-time-code" });
    const send = h("button", { class: "primary align-start" });
    showText(send, "setup.send");
    const why = h("p");
    showText(why, "setup.why");
    const secret = h("code", { dir: "ltr" }, setup.secret.replace(/(.{4})/gu, "$1 ").trim());
    this.element = h(
      "form",
      { class: "way", method: "post", novalidate: true },
      this.#password.element,
      why,
      qrImage(setup.qr),
      h("p", { class: "secret" }, secret),
      this.#code.element,
      send,
    );
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.showErrors([]);
      onSend({
        setup: setup.setup,
        password: this.#password.input.value,
        totp: this.#code.input.value.trim(),
      });
    });
  }

  #password;
  #code;

  focus() {
    this.#password.input.focus();
  }

  /** Shows each error at its field, and returns the messages that have none. @param {FieldError[]} errors */
  showErrors(errors) {
    for (const { input, error } of [this.#password, this.#code]) showFieldError(input, error, "");
    const fields = { password: this.#password, totp: this.#code };
    const unplaced = placeErrors(errors, fields, ({ input, error }, message) =>
      showFieldError(input, error, message),
    );
    const invalid = [this.#password, this.#code].find(({ input }) => input.hasAttribute("aria-invalid"));
    invalid?.input.focus();
    return unplaced;
  }
}

/**
 * @param {string} id
 * @param {string} key
 * @param {Record<string, string>} attributes
 */
function field(id, key, attributes) {
  const label = h("label", { for: id });
  showText(label, key);
  const input = h("input", { id, dir: "ltr", "aria-describedby": `${id}-error`, ...attributes });
  const error = h("p", { id: `${id}-error`, class: "error", role: "alert" });
  return { input, error, element: h("div", { class: "field" }, label, input, error) };
}

/** The dialog with the fields of all editions: ready to send, sending, or with an unknown outcome. */

import { h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";
import { option, URGENCIES, urgencyName } from "../shell/options.js";

/** @import { EditionField } from "./edition-field.js" */

/**
 * @typedef {object} Handlers
 * @property {() => void} publish
 * @property {(target: EventTarget | null) => void} change called after each change of a field
 * @property {(urgency: number) => void} setUrgency
 * @property {() => void} closed
 */

export class PanelView {
  fields = h("div", { class: "edition-fields" });
  #handlers;
  #status = h("p", { class: "editions-status", role: "status" });
  #send = h("button", { class: "primary" });
  #close = h("button", { type: "button" });
  #urgency = h("select", { id: "editions-urgency", autocomplete: "off" });
  #due = h("p", { class: "editions-due", hidden: true });
  #sendKey = "publish";
  #dialog;

  /** @param {Handlers} handlers */
  constructor(handlers) {
    this.#handlers = handlers;
    const title = h("h2", { id: "editions-title" });
    showText(title, "editions");
    const hint = h("p", { class: "hint" });
    showText(hint, "editions.hint");
    const label = h("label", { for: "editions-urgency" });
    showText(label, "urgency");
    this.#urgency.append(...URGENCIES.map((urgency) => option(String(urgency), ...urgencyName(urgency))));
    const form = h(
      "form",
      { method: "post", novalidate: true },
      h(
        "div",
        { class: "editions-head" },
        title,
        h("p", { class: "editions-urgency" }, label, this.#urgency),
      ),
      hint,
      this.#due,
      this.fields,
      this.#status,
      h("p", { class: "actions" }, this.#send, this.#close),
    );
    this.#dialog = h("dialog", { id: "editions", "aria-labelledby": "editions-title" }, form);
    document.body.append(this.#dialog);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      handlers.publish();
    });
    for (const type of ["input", "change"])
      this.fields.addEventListener(type, (event) => handlers.change(event.target));
    this.#urgency.addEventListener("change", () => this.#setUrgency(Number(this.#urgency.value)));
    this.#close.addEventListener("click", () => this.close());
    this.#dialog.addEventListener("close", () => handlers.closed());
    this.#dialog.addEventListener("keydown", (event) => this.#handleKey(event));
    this.showReady();
  }

  get isOpen() {
    return this.#dialog.open;
  }

  /**
   * @param {EditionField[]} fields
   * @param {number} urgency
   * @param {string} due when they leave, if not at once
   */
  open(fields, urgency, due) {
    this.fields.replaceChildren(...fields.map(({ element }) => element));
    this.#urgency.value = String(urgency);
    this.#due.hidden = !due;
    this.#sendKey = due ? "schedule" : "publish";
    showText(this.#due, "editions.due", { time: due && { moment: due } });
    if (!this.#urgency.disabled) showText(this.#send, this.#sendKey);
    this.#markUrgency();
    if (!this.#dialog.open) this.#dialog.showModal();
    for (const field of fields) field.show();
    fields[0]?.focus();
  }

  close() {
    if (this.#dialog.open) this.#dialog.close();
  }

  showReady() {
    this.#urgency.disabled = false;
    showText(this.#send, this.#sendKey);
    showText(this.#close, "cancel");
    this.showStatus("");
  }

  showSending() {
    this.#urgency.disabled = true;
    showText(this.#close, "close");
    this.showStatus("outcome.sending");
  }

  /** @param {boolean} repeating the page goes on asking by itself */
  showUnknown(repeating) {
    this.#urgency.disabled = true;
    showText(this.#send, "outcome.ask");
    showText(this.#close, "close");
    this.showStatus(repeating ? "editions.unknown" : "editions.open");
  }

  /**
   * @param {string} key
   * @param {import("../shell/i18n.js").Params} [params]
   */
  showStatus(key, params) {
    showText(this.#status, key, params);
  }

  /** Moves the focus to the first field with an error. */
  focusInvalid() {
    /** @type {HTMLElement | null} */
    const field = this.fields.querySelector("[aria-invalid]");
    (field ?? this.#send).focus();
  }

  /** @param {number} urgency */
  #setUrgency(urgency) {
    this.#urgency.value = String(urgency);
    this.#markUrgency();
    this.#handlers.setUrgency(urgency);
  }

  #markUrgency() {
    this.#send.dataset.urgency = this.#urgency.value;
  }

  /** @param {KeyboardEvent} event */
  #handleKey(event) {
    if (event.isComposing || event.repeat) return;
    const digit = /^Digit([1-4])$/u.exec(event.code)?.[1];
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#handlers.publish();
    else if (digit && event.altKey && !event.ctrlKey && !this.#urgency.disabled)
      this.#setUrgency(Number(digit));
    else return;
    event.preventDefault();
  }
}

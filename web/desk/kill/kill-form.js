/** The form that stops publishing, and the list of what is stopped, with a way to lift each stop. */

import { askConfirmation } from "../shell/confirm.js";
import { $, h } from "../shell/dom.js";
import { refusalText } from "../shell/error-text.js";
import { isDeskError, RefusedError } from "../shell/errors.js";
import { FormDraft } from "../shell/form-draft.js";
import { setLabel, showMessage, showText } from "../shell/i18n.js";
import { keepFocus } from "../shell/keep-focus.js";
import { stopLine } from "./stops.js";

/** @import { Stop } from "./stops.js" */

export class KillForm {
  #frame;
  #isBusy = false;
  #draft = new FormDraft($("kill"));

  /** @param {import("../shell/frame.js").Frame} frame */
  constructor(frame) {
    this.#frame = frame;
    $("kill").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#submit();
    });
    $("kill-scope").addEventListener("change", () => this.#showScope());
    document.addEventListener("stops-shown", (event) =>
      this.#showStops(/** @type {CustomEvent<Stop[]>} */ (event).detail),
    );
    this.#showScope();
    this.#showStops([]);
  }

  /** @param {import("../shell/types.d.ts").Site} site */
  setSite(site) {
    const options = Object.entries(site.editions).map(([id, { name }]) => h("option", { value: id }, name));
    $("kill-edition").replaceChildren(...options);
    // What another person has typed is kept for that person.
    $("kill").reset();
    this.#draft.open(this.#owner, "kill");
    this.#showScope();
  }

  get #owner() {
    return this.#frame.user?.name ?? "";
  }

  #showScope() {
    const scope = $("kill-scope").value;
    $("kill-edition-field").hidden = scope !== "edition";
    $("kill-name-field").hidden = scope !== "user";
    $("kill-sessions-field").hidden = scope === "edition";
  }

  async #submit() {
    const scope = $("kill-scope").value;
    const reason = $("kill-reason").value.trim();
    const names = { all: "", edition: $("kill-edition").value, user: $("kill-name").value.trim() };
    const name = names[/** @type {keyof typeof names} */ (scope)];
    if (!reason) return $("kill-reason").focus();
    if (scope === "user" && !name) return $("kill-name").focus();
    const question = { title: "kill.sure", words: "kill.sure.words", yes: "kill.do" };
    if (this.#isBusy || !(await askConfirmation(question))) return;
    const endSessions = scope !== "edition" && $("kill-sessions").checked;
    if (await this.#send(() => this.#frame.api.kill({ scope, name, reason, endSessions }), $("kill-error"))) {
      for (const id of ["kill-reason", "kill-name"]) $(id).value = "";
      this.#draft.forget();
    }
  }

  /** @param {Stop[]} stops */
  #showStops(stops) {
    const typed = $("kill-stops").querySelector("form");
    // A reason that is being typed is not thrown away by a change elsewhere.
    const kept = typed && stops.some(({ id }) => id === typed.dataset.id) ? typed : null;
    const rows = stops.map((stop) => {
      const row = h("li", { "data-id": stop.id }, stopLine(stop));
      row.append(kept?.dataset.id === stop.id ? kept : this.#liftButton(stop, row));
      return row;
    });
    const none = h("li", { class: "hint" });
    showText(none, "kill.none");
    const list = $("kill-stops");
    keepFocus(list, () => list.replaceChildren(...(rows.length ? rows : [none])), $("kill-scope"));
  }

  /** @param {Stop} stop @param {HTMLElement} row */
  #liftButton(stop, row) {
    const button = h("button", { type: "button", id: `lift-${stop.id}` });
    showText(button, "kill.lift");
    button.addEventListener("click", () => {
      const form = this.#liftForm(stop);
      button.replaceWith(form);
      row.querySelector("input")?.focus();
    });
    return button;
  }

  /** @param {Stop} stop */
  #liftForm(stop) {
    const field = h("input", { required: true, maxlength: "300", autocomplete: "off" });
    const [go, error] = [h("button", { class: "primary" }), h("p", { class: "error", role: "alert" })];
    setLabel(field, "kill.lift.reason");
    showText(go, "kill.go");
    field.id = `lift-reason-${stop.id}`;
    const form = h("form", { "data-id": stop.id }, field, go, error);
    const draft = new FormDraft(form);
    draft.open(this.#owner, `lift.${stop.id}`);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (await this.#send(() => this.#frame.api.liftStop(stop.id, field.value.trim()), error))
        draft.forget();
    });
    return form;
  }

  /**
   * @param {() => Promise<unknown>} request
   * @param {HTMLElement} element shows what went wrong
   */
  async #send(request, element) {
    if (this.#isBusy) return false;
    this.#isBusy = true;
    showMessage(element, "");
    $("kill-name").removeAttribute("aria-invalid");
    try {
      await request();
      return true;
    } catch (error) {
      if (!isDeskError(error)) throw error;
      if (error instanceof RefusedError && error.status === 401) await this.#frame.handleUnauthorized();
      const isName = error instanceof RefusedError && error.errors.some(({ field }) => field === "name");
      if (isName) $("kill-name").setAttribute("aria-invalid", "true");
      showMessage(element, refusalText(error));
      return false;
    } finally {
      this.#isBusy = false;
      document.dispatchEvent(new CustomEvent("stops-changed"));
    }
  }
}

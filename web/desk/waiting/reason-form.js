/** Asks for a reason below a line: of a refusal, of publishing without approval, or for returning a submission. */

import { h } from "../shell/dom.js";
import { FieldDraft } from "../shell/field-draft.js";
import { showMessage, showText } from "../shell/i18n.js";

let count = 0;

/**
 * A form; its text survives Escape and a reload.
 * @param {object} options
 * @param {string} options.owner the person signed in
 * @param {string} options.form the name under which the text is kept
 * @param {string} options.label key of the sentence that asks
 * @param {string} options.send key of the sentence on the button
 * @param {(reason: string) => Promise<import("../shell/i18n.js").Param>} options.onSend returns what went wrong, or nothing
 * @param {() => void} options.onClose
 */
export function reasonForm({ owner, form, label, send, onSend, onClose }) {
  const draft = new FieldDraft(owner, form);
  const id = `waiting-reason-${++count}`;
  const field = h("input", { id, autocomplete: "off", maxlength: "300", "aria-describedby": `${id}-error` });
  const kept = draft.load()?.reason;
  field.value = typeof kept === "string" ? kept : "";
  const question = h("label", { for: id });
  showText(question, label);
  const error = h("p", { id: `${id}-error`, class: "error", role: "alert" });
  const button = h("button", { class: "primary" });
  showText(button, send);
  const back = h("button", { type: "button", class: "quiet" });
  showText(back, "cancel");
  const element = h(
    "form",
    { class: "reason", novalidate: true },
    h("div", { class: "field" }, question, field, error),
    h("p", { class: "actions" }, button, back),
  );
  field.addEventListener("input", () => draft.save({ reason: field.value }));
  back.addEventListener("click", onClose);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) onClose();
  });
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    const reason = field.value.trim();
    if (!reason) {
      showText(error, "waiting.reason.empty");
      field.setAttribute("aria-invalid", "true");
      return field.focus();
    }
    button.setAttribute("aria-disabled", "true");
    const wrong = await onSend(reason);
    button.removeAttribute("aria-disabled");
    if (!wrong) draft.forget();
    showMessage(error, wrong);
  });
  return { element, focus: () => field.focus() };
}

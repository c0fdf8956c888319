/** Changes of a text field by the page, each a step of its undo history (undo.js). */

/**
 * Replaces the characters from `start` to `end` and puts the caret behind `text`. The field gets the focus. One that may
 * not be changed stays as it is.
 * @param {HTMLTextAreaElement | HTMLInputElement} field
 * @param {number} start
 * @param {number} end
 * @param {string} text
 */
export function replaceText(field, start, end, text) {
  if (field.readOnly) return;
  field.focus();
  const kind = { bubbles: true, inputType: "insertReplacementText", data: text };
  // The history takes the state before the change from the first event.
  field.dispatchEvent(new InputEvent("beforeinput", kind));
  field.setRangeText(text, start, end, "end");
  field.dispatchEvent(new InputEvent("input", kind));
}

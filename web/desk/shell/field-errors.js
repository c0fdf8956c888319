/** What is wrong with a field, shown next to it. */

import { showMessage } from "./i18n.js";

/** @import { Param } from "./i18n.js" */
/** @import { FieldError } from "./types.d.ts" */

/**
 * Shows `message` next to `field` and marks the field as invalid; an empty message clears both.
 * @param {HTMLElement} field
 * @param {HTMLElement} output the element for the message
 * @param {Param} message
 */
export function showFieldError(field, output, message) {
  showMessage(output, message);
  if (message !== "") field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

/**
 * Shows each error of the desk in the form's field for it.
 * @template Field
 * @param {FieldError[]} errors
 * @param {Record<string, Field | null | undefined>} fields the form's fields by the first part of the API's names:
 *   `infoSources` also takes the error of `infoSources[0].name`
 * @param {(field: Field, message: Param) => void} show
 * @returns {Param[]} the messages that have no field in this form
 */
export function placeErrors(errors, fields, show) {
  const unplaced = [];
  for (const { field, message } of errors) {
    const target = fields[field.split(/[.[]/u, 1)[0] ?? ""];
    if (target) show(target, message);
    else unplaced.push(message);
  }
  return unplaced;
}

/** A field of an act's form with its label and the place of its error. */

import { h } from "../shell/dom.js";
import { showFieldError } from "../shell/field-errors.js";
import { showText } from "../shell/i18n.js";

/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Field */

/**
 * @param {string} form the beginning of the field's id
 * @param {string} key of the label
 * @param {Field} field
 * @returns {HTMLElement}
 */
export function labelled(form, key, field) {
  field.id = `${form}-${key.replaceAll(".", "-")}`;
  const errorId = `${field.id}-error`;
  field.setAttribute("aria-describedby", errorId);
  const label = h("label", { for: field.id });
  showText(label, key);
  const error = h("p", { class: "error", id: errorId, role: "alert" });
  return h("div", { class: "field" }, label, field, error);
}

/**
 * @param {HTMLElement} field
 * @param {import("../shell/i18n.js").Param} message
 */
export function showError(field, message) {
  const output = document.getElementById(`${field.id}-error`);
  if (output) showFieldError(field, output, message);
}

/** The order of the rows on the page. */

import { retranslate } from "../shell/i18n.js";

/**
 * Makes `elements` the children of `list`, in their order.
 * @param {HTMLElement} list
 * @param {HTMLElement[]} elements
 */
export function arrange(list, elements) {
  // Only what is out of order is moved: a row that is moved loses its focus.
  const wanted = new Set(/** @type {Element[]} */ (elements));
  for (const element of [...list.children]) if (!wanted.has(element)) element.remove();
  elements.forEach((element, index) => {
    // The language may have changed while a filter hid the row.
    if (!element.isConnected) retranslate(element);
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  });
}

/**
 * The row after or before the one that has the focus; the first row if none has it.
 * @param {Element[]} rows
 * @param {number} step 1 or -1
 * @returns {HTMLElement | null}
 */
export function rowBeside(rows, step) {
  const index = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[index < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, index + step))];
  return next instanceof HTMLElement ? next : null;
}

/** The desk's warnings about a line that it accepts, as a list on the page. */

import { h } from "./dom.js";

/**
 * Shows `warnings` in `list`, which is hidden if there are none.
 * @param {HTMLElement} list
 * @param {import("./types.d.ts").Warning[]} [warnings]
 */
export function showWarnings(list, warnings = []) {
  list.replaceChildren(...warnings.map(({ message }) => h("li", {}, message)));
  list.hidden = warnings.length === 0;
}

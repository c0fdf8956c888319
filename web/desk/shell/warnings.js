/** What the desk took and asks a person to look at, as a list on the page. */

import { h } from "./dom.js";

/**
 * Shows `warnings` in `list`, which is hidden where there are none.
 * @param {HTMLElement} list
 * @param {import("./api.js").Warning[]} [warnings]
 */
export function showWarnings(list, warnings = []) {
  list.replaceChildren(...warnings.map(({ message }) => h("li", {}, message)));
  list.hidden = warnings.length === 0;
}

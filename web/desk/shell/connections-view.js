/** How many connections follow an edition now, as a text that stays true while it is on the page. */

import { connectionsOf, formOf, onAudience } from "./audience.js";
import { h } from "./dom.js";
import { showText } from "./i18n.js";

/** @param {string} edition */
export function connectionsView(edition) {
  const element = h("span", { class: "connections", "data-audience": edition });
  fill(element);
  return element;
}

/** @param {HTMLElement} element */
function fill(element) {
  const count = connectionsOf(element.dataset.audience ?? "");
  showText(element, `editions.connections.${formOf(count)}`, { count: count ?? 0 });
}

// One listener for all of them: a row that leaves the page has nothing to remove.
onAudience(() => {
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-audience]")))
    fill(element);
});

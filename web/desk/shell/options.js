/** The choices that the composer and the form of an act both offer: urgencies and roles. */

import { h } from "./dom.js";
import { showText } from "./i18n.js";

/** The four urgencies that people choose. */
export const URGENCIES = [1, 2, 3, 4];
/** Those that only feeds publish with. */
export const FEED_URGENCIES = [5, 6, 7, 8];

/**
 * The name of an urgency: a key of the sentences and its parameters.
 * @param {number} urgency
 * @returns {[string, import("./i18n.js").Params]}
 */
export function urgencyName(urgency) {
  return [URGENCIES.includes(urgency) ? `urgency.${urgency}` : "urgency.other", { number: urgency }];
}

/**
 * Fills a select with the roles that a source can have.
 * @param {HTMLSelectElement} select
 * @param {string[]} roles
 */
export function fillRoles(select, roles) {
  const options = roles.map((role) => option(role, `role.${role}`));
  select.replaceChildren(option("", "role.choose"), ...options);
}

/**
 * An option of a select with a sentence of the page as its text.
 * @param {string} value
 * @param {string} key
 * @param {import("./i18n.js").Params} [params]
 */
export function option(value, key, params) {
  const element = h("option", { value });
  showText(element, key, params);
  return element;
}

/** The links to the desk's pages: each person sees those that their role may use. */

import { $ } from "./dom.js";

/** @type {Record<string, number>} */
const RANK = { reporter: 0, editor: 1, chief: 2 };

/**
 * Whether `role` is at least `needed`.
 * @param {string} role
 * @param {string} needed
 */
export function mayUse(role, needed) {
  return (RANK[role] ?? 0) >= (RANK[needed] ?? 0);
}

/** @param {string} role */
export function showNavigation(role) {
  /** @type {NodeListOf<HTMLElement>} */
  const links = $("pages").querySelectorAll("a");
  for (const link of links) link.hidden = !mayUse(role, link.dataset.role ?? "");
}

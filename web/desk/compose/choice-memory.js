/** The edition and the urgency that a person used last; a flash is never proposed again by itself. */

import { readStored, writeStored } from "../shell/storage.js";

/** @import { Site } from "../shell/types.d.ts" */

/** @typedef {{edition: string, urgency: number}} Choice */

const FLASH = 1;
const ROUTINE = 4;

/** @param {string} owner the name of the person signed in */
const nameOf = (owner) => `flashwire.choice.${location.pathname.slice(1)}${owner}`;

/**
 * @param {string} owner
 * @param {Choice} choice
 */
export function storeChoice(owner, { edition, urgency }) {
  const kept = { edition, urgency: urgency === FLASH ? ROUTINE : urgency };
  writeStored("localStorage", nameOf(owner), JSON.stringify(kept));
}

/**
 * The choice of `owner`, or null if there is none or the site no longer has the edition.
 * @param {string} owner
 * @param {Site} site
 * @returns {Choice | null}
 */
export function loadChoice(owner, site) {
  try {
    const { edition, urgency } = JSON.parse(readStored("localStorage", nameOf(owner)) ?? "null");
    return Object.hasOwn(site.editions, edition) && urgency >= 2 && urgency <= ROUTINE
      ? { edition, urgency }
      : null;
  } catch {
    return null;
  }
}

/** What an act on several selected items does to each of them, and what became of it: rules without a page. */

import { actsFor } from "./acts.js";

/** @import { Item } from "../shell/types.d.ts" */

/** The acts that can be done on several items at once. */
export const BULK_ACTS = /** @type {const} */ (["hold", "withdraw", "release"]);

/** @typedef {"sending" | "open" | "done" | "refused"} Result `open`: not known yet */

/**
 * The acts that can be done on an item together with others.
 * @param {Item | undefined} item
 * @param {string} role
 * @returns {string[]}
 */
export function bulkActs(item, role) {
  if (!item?.headline || item.unreadable) return [];
  return actsFor(item, role).filter((act) => BULK_ACTS.some((each) => each === act));
}

/**
 * The items that `act` is sent for. An item whose last act has no known outcome is left out: it may be done already.
 * @param {Item[]} items
 * @param {string} act
 * @param {string} role
 * @param {(uri: string) => boolean} isWaiting whether an act on it was sent and its outcome is unknown
 */
export function targetsOf(items, act, role, isWaiting) {
  return items.filter((item) => bulkActs(item, role).includes(act) && !isWaiting(item.uri));
}

/**
 * Where an act on several items goes: how many lines of each edition and urgency.
 * @param {Item[]} items
 * @returns {import("../shell/destination.js").Destination}
 */
export function bulkDestination(items) {
  /** @type {Map<string, {edition: string, urgency: number, lines: number}>} */
  const targets = new Map();
  for (const { edition, urgency } of items) {
    const key = `${edition} ${urgency}`;
    targets.set(key, { edition, urgency, lines: (targets.get(key)?.lines ?? 0) + 1 });
  }
  return { targets: [...targets.values()].sort((one, other) => one.urgency - other.urgency) };
}

/**
 * How many acts are done, refused, and not known yet; what is not known counts as neither.
 * @param {Result[]} results
 */
export function countsOf(results) {
  /** @param {Result} wanted */
  const count = (wanted) => results.filter((result) => result === wanted).length;
  const [done, refused] = [count("done"), count("refused")];
  return { done, refused, open: results.length - done - refused };
}

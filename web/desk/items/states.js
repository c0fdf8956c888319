/** What the states of an item mean: one rule for the list's filter and for the page of the hand-over. */

/** @import { Item } from "../shell/types.d.ts" */

/** What expires within a shift is for the next one, in milliseconds. */
export const EXPIRING_MS = 8 * 3_600_000;

/** What the next shift must know of, in the order in which it needs a person. */
export const HANDOVER = /** @type {const} */ (["stale", "held", "expiring", "pinned"]);

/** @type {Record<string, (item: Item, now: number) => boolean>} */
const RULES = {
  usable: ({ pubStatus }) => pubStatus === "usable",
  held: ({ pubStatus }) => pubStatus === "withheld",
  withdrawn: ({ pubStatus }) => pubStatus === "canceled",
  corrected: ({ corrections }) => Boolean(corrections?.length),
  pinned: (item, now) => isCurrent(item, now) && Date.parse(item.pinnedUntil ?? "") > now,
  expiring: (item, now) => isCurrent(item, now) && Date.parse(item.expires ?? "") - now < EXPIRING_MS,
  stale: (item) => "stale" in item,
  handover: (item, now) => HANDOVER.some((state) => RULES[state]?.(item, now)),
};

/** The names of the states, as a filter offers them. */
export const STATES = Object.keys(RULES);

/**
 * Whether an item is in a state now.
 * @param {Item} item
 * @param {string} state
 * @param {number} [now] milliseconds since 1970
 */
export function isInState(item, state, now = Date.now()) {
  return Boolean(RULES[state]?.(item, now));
}

/** Whether readers have the item now. @param {Item} item @param {number} now */
function isCurrent({ pubStatus, expires }, now) {
  return pubStatus === "usable" && !(Date.parse(expires ?? "") <= now);
}

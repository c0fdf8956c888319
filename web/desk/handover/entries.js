/**
 * What the next shift must know of: the items and the lines that are not published, by edition and by what they need.
 *
 * The rule for items is that of the list's filter (`items/states.js`); each line is named once, by the first that holds.
 */

import { HANDOVER, isInState } from "../items/states.js";
import { isReturned } from "../waiting/line-view.js";

/** @import { Item } from "../shell/types.d.ts" */
/** @import { ServerDraft, Waiting } from "../waiting/waiting-api.js" */

/** The kinds in the order in which they need a person. */
export const KINDS = /** @type {const} */ ([
  "stopped",
  "waiting",
  "submitted",
  "returned",
  ...HANDOVER,
  "scheduled",
]);

/**
 * @typedef {object} Entry one line of the hand-over; exactly one of `item`, `waiting` and `draft` is set
 * @property {typeof KINDS[number]} kind
 * @property {string} edition empty: not chosen yet
 * @property {Item} [item]
 * @property {Waiting} [waiting]
 * @property {ServerDraft} [draft]
 */

/**
 * @param {{items: Item[], approvals: Waiting[], schedule: Waiting[], drafts: ServerDraft[]}} lists
 * @param {number} now milliseconds since 1970
 * @returns {Entry[]}
 */
export function entriesOf({ items, approvals, schedule, drafts }, now) {
  /** @type {Entry[]} */
  const entries = [];
  const newestFirst = [...items].sort((one, other) => (one.firstCreated < other.firstCreated ? 1 : -1));
  for (const item of newestFirst) {
    const kind = HANDOVER.find((state) => isInState(item, state, now));
    if (kind) entries.push({ kind, edition: item.edition, item });
  }
  for (const waiting of [...approvals, ...schedule]) {
    const kind = KINDS.find((name) => name === waiting.state);
    if (!kind) continue;
    // Lines of several editions wait together, and each is for the desk of its own.
    for (const item of [waiting.item, ...(waiting.siblings ?? [])])
      entries.push({ kind, edition: item.edition, waiting: { ...waiting, item, siblings: [], missing: [] } });
  }
  for (const draft of drafts) {
    const kind = draft.state === "submitted" ? "submitted" : isReturned(draft) ? "returned" : null;
    if (kind) entries.push({ kind, edition: draft.edition, draft });
  }
  return entries;
}

/**
 * The entries of each edition and, in it, of each kind; editions in the order of the site.
 * @param {Entry[]} entries
 * @param {string[]} editions
 * @returns {{edition: string, kinds: {kind: string, entries: Entry[]}[]}[]}
 */
export function byEdition(entries, editions) {
  const others = entries.map(({ edition }) => edition).filter((edition) => !editions.includes(edition));
  return [...new Set([...editions, ...others])].map((edition) => {
    const own = entries.filter((entry) => entry.edition === edition);
    const kinds = KINDS.map((kind) => ({ kind, entries: own.filter((entry) => entry.kind === kind) }));
    return { edition, kinds: kinds.filter((group) => group.entries.length > 0) };
  });
}

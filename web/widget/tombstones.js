/**
 * What a withdrawn line leaves: a row in its place that says so, for a set time. The row has the note of the withdrawal
 * and none of the words of the line.
 */

/** @import { Item } from "../client/types.d.ts" */
/** @import { Frame } from "./frame.js" */
/** @typedef {{ item: Item, isPinned: boolean, end: number }} Tombstone `end` is by this machine's clock */

const SECONDS = 60;

/** Of each ticker by uri; they outlive a change of its language or layout. @type {WeakMap<ShadowRoot, Map<string, Tombstone>>} */
const known = new WeakMap();
/** Which frame a ticker shows. @type {WeakMap<ShadowRoot, Frame>} */
const frames = new WeakMap();

/** @param {ShadowRoot} shadow */
function collect(shadow) {
  /** @type {Map<string, Tombstone>} */
  const tombstones = new Map();
  known.set(shadow, tombstones);
  shadow.host.addEventListener("ticker-item", (event) => {
    // Another ticker may be inside the element.
    if (event.target !== shadow.host) return;
    const { item, change } = /** @type {CustomEvent} */ (event).detail;
    const old = frames.get(shadow)?.rows.get(item.uri);
    const seconds = Number(shadow.host.getAttribute("tombstone") ?? SECONDS);
    tombstones.delete(item.uri);
    // The row is removed after the event; a line that waits for the reader has none.
    if (change === "removed" && item.pubStatus === "canceled" && old && seconds > 0)
      tombstones.set(item.uri, {
        item,
        isPinned: Boolean(old.li.querySelector(".pin")),
        end: Date.now() + seconds * 1000,
      });
  });
  return tombstones;
}

/** @param {Frame} frame */
export function tombstonesOf(frame) {
  const { shadow, options } = frame;
  const tombstones = known.get(shadow) ?? collect(shadow);
  frames.set(shadow, frame);
  return {
    /** With those that are shown, in the order of the list. @param {Item[]} items @param {number} now */
    merge(items, now) {
      // What moves past leaves nothing.
      if (options.layout === "crawl" || !tombstones.size) return items;
      const rest = [...tombstones.values()];
      /** @param {Item} item */
      const rank = (item) => {
        const isPinned = tombstones.get(item.uri)?.isPinned ?? Date.parse(item.pinnedUntil ?? "") > now;
        return `${isPinned}${item.firstCreated}${item.uri}`;
      };
      return [...items, ...rest.map(({ item }) => item)].sort((a, b) => (rank(a) < rank(b) ? 1 : -1));
    },

    /** Removes all: the list is of another edition. */
    clear: () => tombstones.clear(),

    /** Removes those whose time is over; returns whether there were any. */
    expire() {
      const { size } = tombstones;
      for (const [uri, { end }] of tombstones) if (end <= Date.now()) tombstones.delete(uri);
      return tombstones.size < size;
    },
  };
}

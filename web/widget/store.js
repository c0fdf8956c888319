/**
 * The list as the stream folds it: items by uri, the higher version wins, what was taken off or left the filter
 * stays known so that nothing older can bring it back. It knows no clock but the one it is told.
 */

/** @import { Change, Item } from "./types.d.ts" */

const MOST_SHOWN = 100;
const MOST_KNOWN = 1000;

/** @param {Item} item */
const usable = (item) => item.pubStatus === "usable";

export class Store {
  /** By uri; tombstones stay, for a release returns to its place. @type {Map<string, Item>} */
  #known = new Map();
  /** Whether a version is what was asked for. @type {(item: Item) => boolean} */
  wanted = () => true;

  /**
   * Takes one entry, in the order of the stream.
   * @param {Item} entry
   * @returns {Change} nothing where it is not newer than what is known
   */
  apply(entry) {
    const item = this.#judge(entry);
    const old = this.#known.get(item.uri);
    if (old && (item.version <= old.version || old.pubStatus === "canceled")) return "";
    this.#known.set(item.uri, item);
    // What was learned first is older than all that is shown.
    for (const uri of this.#known.keys()) if (this.#known.size > MOST_KNOWN) this.#known.delete(uri);
    const shown = old && usable(old);
    return usable(item) ? (shown ? "changed" : "added") : shown ? "removed" : "";
  }

  /**
   * Takes a snapshot in place of the list. What was taken off stays off, whatever an older node says; a higher
   * version stays too, unless the node lost its place (`complete` false), for then its stream is the truth.
   * @param {Item[]} items in any order
   * @param {boolean} complete
   */
  replace(items, complete) {
    const known = this.#known;
    this.#known = new Map([...known].filter(([, item]) => !usable(item)));
    for (const item of items) {
      const old = known.get(item.uri);
      const stays =
        old && (!usable(old) || complete) && (old.version > item.version || old.pubStatus === "canceled");
      this.#known.set(item.uri, this.#judge(stays ? old : item));
    }
  }

  /** What was not asked for is kept as something taken off, which a later version may release. @param {Item} item */
  #judge(item) {
    return usable(item) && !this.wanted(item) ? { ...item, pubStatus: "withheld" } : item;
  }

  /**
   * What may be shown at `now`, pinned first, then newest first by first versions.
   * @param {number} now milliseconds since 1970, by the server's clock
   */
  current(now) {
    /** @param {Item} item */
    const rank = (item) => `${Date.parse(item.pinnedUntil ?? "") > now}${item.firstCreated}${item.uri}`;
    return [...this.#known.values()]
      .filter((item) => usable(item) && !(Date.parse(item.expires ?? "") <= now))
      .sort((a, b) => (rank(a) < rank(b) ? 1 : -1))
      .slice(0, MOST_SHOWN);
  }

  /** When `current` will differ with no entry coming: the next expiry or end of a pin after `now`. @param {number} now */
  due(now) {
    const moments = [...this.#known.values()].flatMap((item) => [item.expires, item.pinnedUntil]);
    return Math.min(...moments.map((moment) => Date.parse(moment ?? "")).filter((moment) => moment > now));
  }
}

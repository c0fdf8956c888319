/**
 * The current items of a stream: by uri, the highest version wins. Items that were withdrawn, put on hold or left the
 * filter stay known as tombstones, so that no older version brings them back. The time is an argument.
 */

/** @import { Change, Item } from "./types.d.ts" */

const SHOWN_LIMIT = 100;
const KNOWN_LIMIT = 1000;

/** @param {Item} item */
const isUsable = (item) => item.pubStatus === "usable";

export class Store {
  /** By uri, tombstones included. @type {Map<string, Item>} */
  #known = new Map();
  /** The filter of the subscription. @type {(item: Item) => boolean} */
  isWanted = () => true;

  /**
   * Merges one entry, in the order of the stream.
   * @param {Item} entry
   * @returns {Change} empty if the list stays as it is
   */
  apply(entry) {
    const item = this.#filtered(entry);
    const old = this.#known.get(item.uri);
    if (old && (item.version <= old.version || old.pubStatus === "canceled")) return "";
    this.#known.set(item.uri, item);
    // The uris that came first are older than every item in the list.
    for (const uri of this.#known.keys()) if (this.#known.size > KNOWN_LIMIT) this.#known.delete(uri);
    const wasShown = old && isUsable(old);
    return isUsable(item) ? (wasShown ? "changed" : "added") : wasShown ? "removed" : "";
  }

  /**
   * Replaces the list with a snapshot. Tombstones stay, because another node may be behind. A higher version stays
   * too, unless `complete` is false: the node has lost its position, and its stream may have been rolled back.
   * @param {Item[]} items in any order
   * @param {boolean} complete
   */
  replace(items, complete) {
    const known = this.#known;
    this.#known = new Map([...known].filter(([, item]) => !isUsable(item)));
    for (const item of items) {
      const old = known.get(item.uri);
      const stays =
        old && (!isUsable(old) || complete) && (old.version > item.version || old.pubStatus === "canceled");
      this.#known.set(item.uri, this.#filtered(stays ? old : item));
    }
  }

  /** An item outside the filter becomes a tombstone, which a later version may release. @param {Item} item */
  #filtered(item) {
    return isUsable(item) && !this.isWanted(item) ? { ...item, pubStatus: "withheld" } : item;
  }

  /**
   * The items to show at `now`: pinned first, then newest first by `firstCreated`.
   * @param {number} now milliseconds since 1970, by the server's clock
   */
  current(now) {
    /** @param {Item} item */
    const rank = (item) => `${Date.parse(item.pinnedUntil ?? "") > now}${item.firstCreated}${item.uri}`;
    return [...this.#known.values()]
      .filter((item) => isUsable(item) && !(Date.parse(item.expires ?? "") <= now))
      .sort((a, b) => (rank(a) < rank(b) ? 1 : -1))
      .slice(0, SHOWN_LIMIT);
  }

  /** When `current` changes without an entry: the next expiry or end of a pin after `now`. @param {number} now */
  nextChange(now) {
    const moments = [...this.#known.values()].flatMap((item) => [item.expires, item.pinnedUntil]);
    return Math.min(...moments.map((moment) => Date.parse(moment ?? "")).filter((moment) => moment > now));
  }
}

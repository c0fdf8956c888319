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
  /** Newest first; tombstones keep their place, for a release returns to it. @type {Item[]} */
  #known = [];
  /** Whether a version is what was asked for. @type {(item: Item) => boolean} */
  wanted = () => true;

  /**
   * Takes one entry, in the order of the stream.
   * @param {Item} entry
   * @returns {Change} nothing where it is not newer than what is known
   */
  apply(entry) {
    const item = this.#judge(entry);
    const at = this.#known.findIndex((known) => known.uri === item.uri);
    const old = this.#known[at];
    if (old) {
      if (item.version <= old.version || old.pubStatus === "canceled") return "";
      this.#known[at] = item;
      if (!usable(item)) return usable(old) ? "removed" : "";
      return usable(old) ? "changed" : "added";
    }
    // A later version of an item never seen here is old news in a new state.
    if (item.version > 1) this.#file(item);
    else this.#known.unshift(item);
    this.#known.length = Math.min(this.#known.length, MOST_KNOWN);
    return usable(item) ? "added" : "";
  }

  /**
   * Takes a snapshot in place of the list. What was taken off stays off, whatever an older node says; a higher
   * version stays too, unless the node lost its place (`complete` false), for then its stream is the truth.
   * @param {Item[]} items newest first
   * @param {boolean} complete
   */
  replace(items, complete) {
    const gone = this.#known.filter((known) => !usable(known));
    const kept = new Map((complete ? this.#known : gone).map((known) => [known.uri, known]));
    this.#known = items.map((item) => {
      const known = kept.get(item.uri);
      const newer = known && (known.version > item.version || known.pubStatus === "canceled");
      return this.#judge(newer ? known : item);
    });
    const uris = new Set(items.map((item) => item.uri));
    for (const item of gone) if (!uris.has(item.uri)) this.#file(item);
  }

  /** What was not asked for is kept as something taken off, which a later version may release. @param {Item} item */
  #judge(item) {
    return usable(item) && !this.wanted(item) ? { ...item, pubStatus: "withheld" } : item;
  }

  /** Puts an item to its place in time. @param {Item} item */
  #file(item) {
    const place = this.#known.findIndex((known) => known.firstCreated <= item.firstCreated);
    this.#known.splice(place < 0 ? this.#known.length : place, 0, item);
  }

  /**
   * What may be shown at `now`, pinned first, then newest first.
   * @param {number} now milliseconds since 1970, by the server's clock
   */
  current(now) {
    const shown = this.#known.filter((item) => usable(item) && !(Date.parse(item.expires ?? "") <= now));
    /** @param {Item} item */
    const pinned = (item) => Date.parse(item.pinnedUntil ?? "") > now;
    return [...shown.filter(pinned), ...shown.filter((item) => !pinned(item))].slice(0, MOST_SHOWN);
  }

  /** When `current` will differ with no entry coming: the next expiry or end of a pin after `now`. @param {number} now */
  due(now) {
    const moments = this.#known.flatMap((item) => [item.expires, item.pinnedUntil]);
    return Math.min(...moments.map((moment) => Date.parse(moment ?? "")).filter((moment) => moment > now));
  }
}

/** The items that the page knows, merged by `uri`: the higher version wins, wherever it comes from. */

/** @import { Byline, EdNote, Item, Timing } from "../shell/types.d.ts" */

/** @type {EdNote[]} */
const NO_NOTES = [];
/** @type {Byline[]} */
const NO_BYLINES = [];

export class Items {
  /** @type {Map<string, Item>} */
  #items = new Map();
  /** @type {Map<string, Timing>} by uri and version */
  #timings = new Map();
  /** The stream does not carry them, so they outlive the item that brought them. @type {Map<string, EdNote[]>} */
  #edNotes = new Map();
  /** Not from the stream, either. @type {Map<string, Byline[]>} */
  #bylines = new Map();
  /** The originals of the translations that the page knows. @type {Set<string>} */
  #originals = new Set();

  /**
   * Merges one version; true if the page now shows something new.
   * @param {Item} item
   */
  merge(item) {
    if (item.edNotes) this.setEdNotes(item.uri, item.edNotes);
    if (item.bylines) this.setBylines(item.uri, item.bylines);
    if (item.translationOf) this.#originals.add(item.translationOf);
    const known = this.#items.get(item.uri);
    // The ticker sends what is held or withdrawn without its words; the desk's list has them.
    const isBetter =
      Boolean(known && (known.unreadable ? !item.unreadable : !known.headline)) && item.headline;
    const hasNewWords = known?.version === item.version && isBetter;
    if (known && known.version >= item.version && !hasNewWords) return false;
    const { headline, infoSources } = known ?? item;
    this.#items.set(item.uri, item.headline ? item : { ...item, headline, infoSources });
    return true;
  }

  /**
   * Merges the whole list of unreadable items; an unreadable item that is not in it is forgotten.
   * @param {Item[]} items
   */
  mergeUnreadable(items) {
    const uris = new Set(items.map(({ uri }) => uri));
    for (const { uri, unreadable } of [...this.#items.values()])
      if (unreadable && !uris.has(uri)) this.#items.delete(uri);
    for (const item of items) this.merge(item);
  }

  /**
   * Takes from the desk's own answers which items are stale; the stream does not say it.
   * @param {Item[]} listed
   */
  setStale(listed) {
    for (const { uri, version, stale } of listed) {
      const known = this.#items.get(uri);
      if (known?.version !== version || JSON.stringify(known.stale) === JSON.stringify(stale)) continue;
      const { stale: _, ...item } = known;
      this.#items.set(uri, stale ? { ...item, stale } : item);
    }
  }

  /** Whether the page knows that an item has other editions. @param {Item} item */
  hasSiblings({ uri, translationOf }) {
    return translationOf !== null || this.#originals.has(uri);
  }

  /** The other editions of an item that the page knows. @param {Item} item */
  siblings({ uri, translationOf }) {
    const original = translationOf ?? uri;
    return [...this.#items.values()].filter(
      (item) => item.uri !== uri && (item.uri === original || item.translationOf === original),
    );
  }

  /** @param {string} uri */
  get(uri) {
    return this.#items.get(uri);
  }

  /**
   * The items of `edition` (all: ""), the latest first published first.
   * @param {string} [edition]
   */
  newestFirst(edition = "") {
    return [...this.#items.values()]
      .filter((item) => item.headline && (edition === "" || item.edition === edition))
      .sort((a, b) => compare(b.firstCreated, a.firstCreated) || compare(b.uri, a.uri));
  }

  /**
   * Adds to what is known of a version's way to the audience.
   * @param {string} uri
   * @param {number} version
   * @param {Timing} timing
   */
  addTiming(uri, version, timing) {
    this.#timings.set(`${uri} ${version}`, { ...this.timing(uri, version), ...timing });
  }

  /**
   * @param {string} uri
   * @param {number} version
   * @returns {Timing}
   */
  timing(uri, version) {
    return this.#timings.get(`${uri} ${version}`) ?? {};
  }

  /** @param {string} uri @param {EdNote[]} notes the oldest version first */
  setEdNotes(uri, notes) {
    this.#edNotes.set(uri, notes);
  }

  /**
   * The notes to colleagues on an item, the oldest version first.
   * @param {string} uri
   * @returns {EdNote[]}
   */
  edNotes(uri) {
    return this.#edNotes.get(uri) ?? NO_NOTES;
  }

  /** @param {string} uri @param {Byline[]} bylines the oldest version first */
  setBylines(uri, bylines) {
    this.#bylines.set(uri, bylines);
  }

  /**
   * Who stored each version of an item, as far as the page knows, the oldest version first.
   * @param {string} uri
   * @returns {Byline[]}
   */
  bylines(uri) {
    return this.#bylines.get(uri) ?? NO_BYLINES;
  }

  /** Forgets the items, because a stream that was rolled back has lower versions. Timings and notes stay. */
  reset() {
    this.#items.clear();
  }

  clear() {
    this.#items.clear();
    this.#timings.clear();
    this.#edNotes.clear();
    this.#bylines.clear();
  }
}

/**
 * @param {string} a
 * @param {string} b
 */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

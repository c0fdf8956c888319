/**
 * The items that the desk knows, merged by `uri` where the higher version wins; it knows nothing of where they come from.
 */

/**
 * @typedef {{value: string, language: string, direction: string}} Text
 * @typedef {{name: Text, role: string, uri?: string}} InfoSource
 * @typedef {{uri: string, version: number, act: string, pubStatus: string, urgency: number, headline: Text,
 *   infoSources: InfoSource[], edition: string, sections: string[], places: string[], link: string | null,
 *   note: Text | null, firstCreated: string, versionCreated: string, expires: string | null,
 *   pinnedUntil: string | null, translationOf: string | null, corrections?: Correction[], unreadable?: boolean, shownVersion?: number}} Item
 *   `unreadable`: the desk cannot read this version; the words are those of `shownVersion`.
 * @typedef {{version: number, act: string, note: Text, versionCreated: string}} Correction
 * @typedef {{acknowledged?: number | undefined, sent?: number | undefined, onAir?: number | undefined}} Proof
 *   Times of our own line by the page's clock, in milliseconds: sent, acknowledged by the desk, seen on the ticker.
 */

export class Items {
  /** @type {Map<string, Item>} */
  #items = new Map();
  /** @type {Map<string, Proof>} by uri and version */
  #proofs = new Map();

  /**
   * Takes one version in; true if it is newer than what was known.
   * @param {Item} item
   */
  merge(item) {
    const known = this.#items.get(item.uri);
    // The ticker sends what is held or withdrawn without its words; the desk's own list has them.
    const isBetter =
      Boolean(known && (known.unreadable ? !item.unreadable : !known.headline)) && item.headline;
    const hasNewWords = known?.version === item.version && isBetter;
    if (known && known.version >= item.version && !hasNewWords) return false;
    const { headline, infoSources } = known ?? item;
    this.#items.set(item.uri, item.headline ? item : { ...item, headline, infoSources });
    return true;
  }

  /**
   * Takes in the whole list of unreadable items: one that was in it before, and is not any more, is known no longer.
   * @param {Item[]} items
   */
  mergeUnreadable(items) {
    const uris = new Set(items.map(({ uri }) => uri));
    for (const { uri, unreadable } of [...this.#items.values()])
      if (unreadable && !uris.has(uri)) this.#items.delete(uri);
    for (const item of items) this.merge(item);
  }

  /** @param {string} uri */
  get(uri) {
    return this.#items.get(uri);
  }

  /**
   * The items of `edition` (all: ''), newest first by when they were first published.
   * @param {string} edition
   */
  list(edition = "") {
    return [...this.#items.values()]
      .filter((item) => item.headline && (edition === "" || item.edition === edition))
      .sort((a, b) => compare(b.firstCreated, a.firstCreated) || compare(b.uri, a.uri));
  }

  /**
   * Adds to what is known of a version's way to the audience.
   * @param {string} uri
   * @param {number} version
   * @param {Proof} proof
   */
  prove(uri, version, proof) {
    const key = `${uri} ${version}`;
    this.#proofs.set(key, { ...this.#proofs.get(key), ...proof });
  }

  /**
   * @param {string} uri
   * @param {number} version
   * @returns {Proof}
   */
  proof(uri, version) {
    return this.#proofs.get(`${uri} ${version}`) ?? {};
  }

  /** Forgets the items: a stream that was rolled back has lower versions. What is known of their way stays. */
  reset() {
    this.#items.clear();
  }

  clear() {
    this.#items.clear();
    this.#proofs.clear();
  }
}

/**
 * The acts that `role` may do to `item` now (docs/protocol.md, Publishing).
 * @param {Item} item
 * @param {string} role
 * @returns {string[]}
 */
export function actsFor(item, role) {
  if (item.unreadable) return role === "chief" ? ["withdraw"] : [];
  if (item.pubStatus === "canceled" || (role !== "editor" && role !== "chief")) return [];
  if (role === "editor") return ["update", "refile"];
  return ["update", "refile", "correction", item.pubStatus === "withheld" ? "release" : "hold", "withdraw"];
}

/** The acts that readers are owed an explanation for. */
export const NOTE_REQUIRED = new Set(["correction", "withdraw"]);

/** The acts that change the words. */
export const TEXT_ACTS = new Set(["update", "refile", "correction"]);

/**
 * @param {string} a
 * @param {string} b
 */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Asks the desk who stored versions that came by the stream, which has no names. */

import { isDeskError } from "../shell/errors.js";

/** @import { Item } from "../shell/types.d.ts" */

/** Several lines that come together are one request, in milliseconds. */
const PAUSE_MS = 150;
/** A name is written a moment after its version, and the database may be away: then the page asks again, later. */
const RETRIES_MS = [500, 3000, 30_000];
/** As many as one request may name. */
const LIMIT = 100;

export class Names {
  #api;
  #items;
  #onNames;
  /** How often each uri was asked for since it was known. @type {Map<string, number>} */
  #tries = new Map();
  /** @type {Set<string>} */
  #wanted = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {import("../shell/api.js").DeskApi} api
   * @param {import("./items.js").Items} items
   * @param {() => void} onNames called when names have come
   */
  constructor(api, items, onNames) {
    this.#api = api;
    this.#items = items;
    this.#onNames = onNames;
  }

  /** Asks for the names of every item whose newest version has none. @param {Item[]} items */
  loadMissing(items) {
    for (const { uri, version } of items) {
      const isKnown = this.#items.bylines(uri).some((byline) => byline.version === version);
      if (!isKnown && !this.#tries.has(`${uri} ${version}`)) this.#plan(uri, version);
    }
  }

  /** Asks for the names of an item now. @param {string} uri */
  load(uri) {
    const version = this.#items.get(uri)?.version;
    if (version) this.#plan(uri, version);
  }

  /** @param {string} uri @param {number} version */
  #plan(uri, version) {
    this.#tries.set(`${uri} ${version}`, 0);
    this.#wanted.add(uri);
    this.#timer ??= setTimeout(() => this.#ask(), PAUSE_MS);
  }

  async #ask() {
    this.#timer = undefined;
    const uris = [...this.#wanted].slice(0, LIMIT);
    for (const uri of uris) this.#wanted.delete(uri);
    if (this.#wanted.size) this.#timer = setTimeout(() => this.#ask(), PAUSE_MS);
    try {
      const bylines = await this.#api.bylines(uris);
      for (const [uri, list] of Object.entries(bylines)) this.#items.setBylines(uri, list);
      this.#onNames();
    } catch (error) {
      if (!isDeskError(error)) throw error;
    }
    for (const uri of uris) this.#retry(uri);
  }

  /** @param {string} uri */
  #retry(uri) {
    const version = this.#items.get(uri)?.version ?? 0;
    if (this.#items.bylines(uri).some((byline) => byline.version === version)) return;
    const name = `${uri} ${version}`;
    const count = this.#tries.get(name) ?? 0;
    const wait = RETRIES_MS[count];
    this.#tries.set(name, count + 1);
    if (wait === undefined) return;
    setTimeout(() => {
      this.#wanted.add(uri);
      this.#timer ??= setTimeout(() => this.#ask(), PAUSE_MS);
    }, wait);
  }
}

/** Asks the desk for items that match the filters, part by part, until it has looked through all that it holds. */

import { $ } from "../shell/dom.js";
import { isDeskError } from "../shell/errors.js";
import { showText } from "../shell/i18n.js";

/** Typing pauses this long before the desk is asked, in milliseconds. */
const PAUSE_MS = 300;
/** More results than anyone reads; the person then narrows the search. */
const LIMIT = 100;

export class DeskSearch {
  #api;
  #items;
  #onFound;
  /** The uris that the desk found. @type {Set<string>} */
  #found = new Set();
  #turn = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {import("../shell/api.js").DeskApi} api
   * @param {import("./items.js").Items} items
   * @param {() => void} onFound
   */
  constructor(api, items, onFound) {
    this.#api = api;
    this.#items = items;
    this.#onFound = onFound;
  }

  /** Whether the desk found an item; it also knows the words of earlier versions. @param {string} uri */
  hasFound(uri) {
    return this.#found.has(uri);
  }

  /** Starts again, once typing pauses; null: asks for nothing. @param {Record<string, string> | null} query */
  plan(query) {
    this.#found.clear();
    const turn = ++this.#turn;
    clearTimeout(this.#timer);
    showText($("search-status"), "");
    if (query) this.#timer = setTimeout(() => this.#ask(query, turn), PAUSE_MS);
  }

  /** @param {Record<string, string>} query @param {number} turn */
  async #ask(query, turn) {
    /** @type {string | null} */
    let after = "";
    try {
      while (after !== null && this.#found.size < LIMIT) {
        showText($("search-status"), "search.running", { count: this.#found.size });
        const { items, next } = await this.#api.search(query, after);
        if (turn !== this.#turn) return;
        for (const item of items) {
          this.#items.merge(item);
          this.#found.add(item.uri);
        }
        if (items.length) this.#onFound();
        after = next;
      }
      const count = this.#found.size;
      showText($("search-status"), after === null ? "search.done" : "search.many", { count });
    } catch (error) {
      if (!isDeskError(error)) throw error;
      if (turn === this.#turn) showText($("search-status"), "search.failed");
    }
  }
}

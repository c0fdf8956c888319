/** Editions in the list: an original that changes renews the list, and the buttons of a row's marks work. */

import { $ } from "../shell/dom.js";
import { errorNotice } from "../shell/error-text.js";
import { isDeskError, RefusedError } from "../shell/errors.js";
import { showText } from "../shell/i18n.js";
import { siblingsOf } from "./siblings-view.js";

/** @import { Item, Site } from "../shell/types.d.ts" */

/** Several versions of one act come together. */
const PAUSE_MS = 300;

/**
 * @typedef {object} Page
 * @property {import("../items/items.js").Items} items
 * @property {import("../items/list.js").ItemList} list
 * @property {() => Promise<void>} renew asks the desk for its list, which says what is stale
 */

export class EditionsWire {
  #api;
  #site;
  #page;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {import("../shell/api.js").DeskApi} api
   * @param {Site} site
   * @param {import("../shell/desk-events.js").DeskEvents} events
   * @param {Page} page
   */
  constructor(api, site, events, page) {
    this.#api = api;
    this.#site = site;
    this.#page = page;
    events.subscribe((topics) => {
      if (topics.includes("siblings")) this.#plan();
    });
    $("items").addEventListener("click", (/** @type {Event} */ event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-editions]") : null;
      const row = button?.closest("[data-uri]");
      if (button instanceof HTMLElement && row instanceof HTMLElement)
        this.#handle(button.dataset.editions ?? "", row.dataset.uri ?? "");
    });
  }

  /** Before a live version is merged: the stream does not say which translations it makes stale. @param {Item} item */
  handleItem(item) {
    const { items } = this.#page;
    const isNews = item.version > (items.get(item.uri)?.version ?? 0);
    if (isNews && items.hasSiblings(item)) this.#plan();
  }

  #plan() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#page.renew(), PAUSE_MS);
  }

  /** @param {string} name @param {string} uri */
  #handle(name, uri) {
    const { list } = this.#page;
    if (name === "siblings")
      return list.toggleBelow(uri, "siblings", () => siblingsOf(this.#api, this.#site, uri));
    if (name === "settled") return this.#settle(uri);
    list.openForm(uri, name);
  }

  /** Says that a translation needs no change. @param {string} uri */
  async #settle(uri) {
    const { items, renew } = this.#page;
    const version = items.get(uri)?.stale?.version;
    try {
      const path = `/v1/items/${encodeURIComponent(uri)}/settled`;
      await this.#api.request("POST", path, { body: { version } });
      showText($("items-status"), "stale.done");
    } catch (error) {
      if (!isDeskError(error)) throw error;
      const { list } = this.#page;
      list.toggleBelow(uri, "error", () => errorNotice(error));
      // The original has moved on: the list says how.
      if (!(error instanceof RefusedError)) return;
    }
    await renew();
  }
}

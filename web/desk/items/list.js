/** The list of items on the page: its rows, its filter, the keys that move through it, and acts sent earlier. */

import { $, h } from "../shell/dom.js";
import { isDeskError, LostError } from "../shell/errors.js";
import { showText } from "../shell/i18n.js";
import { option } from "../shell/options.js";
import { ActForms } from "./act-forms.js";
import { ACT_KEYS } from "./acts.js";
import { Row } from "./row.js";
import { forgetAct, storedActs } from "./sent-acts.js";
import { UnlistedActs } from "./unlisted-acts.js";

/** @import { Item, SentAct, Session, Site, User } from "../shell/types.d.ts" */

/** More rows than anyone scrolls through. */
const ROW_LIMIT = 200;
/** An older act is not repeated: another editor may have seen the item since, or done the same. */
const REPEAT_LIMIT_MS = 86_400_000;

/**
 * @typedef {object} Options
 * @property {import("./items.js").Items} items
 * @property {Site} site
 * @property {import("../shell/api.js").DeskApi} api
 * @property {Session} session
 * @property {() => Promise<void>} renew asks the desk for its list
 */

export class ItemList {
  #items;
  #site;
  #api;
  #forms;
  #unlisted;
  #role = "";
  #owner = "";
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** Acts that an earlier page sent and whose item has no row yet. @type {SentAct[]} */
  #sentActs = [];
  #list = $("items");
  #unreadable = $("unreadable-items");
  #filter = $("filter");

  /** @param {Options} options */
  constructor(options) {
    const { items, site, api, session } = options;
    this.#items = items;
    this.#site = site;
    this.#api = api;
    this.#forms = new ActForms({
      ...options,
      render: () => this.render(),
      onDone: ({ act }) => showText($("items-status"), `done.${act}`),
    });
    this.#unlisted = new UnlistedActs({
      session,
      post: ({ uri, version, body, key }) => api.act(uri, version, body, key),
      forget: (act) => forgetAct(this.#owner, act),
      onDone: (item) => {
        items.merge(item);
        this.render();
      },
    });
    const editions = Object.entries(site.editions).map(([id, edition]) =>
      h("option", { value: id, lang: edition.language }, edition.name),
    );
    this.#filter.replaceChildren(option("", "filter.all"), ...editions);
    this.#filter.addEventListener("change", () => this.render());
    for (const list of [this.#list, this.#unreadable])
      list.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#handleKey(event));
  }

  /** Whether single letters act on a row. They can be switched off for users of speech input (WCAG 2.1.4). */
  hasSingleKeys = true;

  /** Whether the outcome of an act is unknown. */
  get isPending() {
    return this.#forms.isPending || this.#sentActs.length > 0 || this.#unlisted.isPending;
  }

  /** Whether the person may withdraw what the desk cannot read. */
  get isChief() {
    return this.#role === "chief";
  }

  /** Shows the rows for `user`; those of another person are made again. @param {User} user */
  setUser(user) {
    if (user.role === this.#role && user.name === this.#owner) return this.repeatNow();
    this.#role = user.role;
    this.#owner = user.name;
    this.#forms.reset(user.name);
    this.#unlisted.clear();
    this.#rows.clear();
    this.#list.replaceChildren();
    this.#unreadable.replaceChildren();
    const acts = storedActs(this.#owner);
    const old = acts.filter(({ sent }) => Date.now() - sent > REPEAT_LIMIT_MS);
    this.#sentActs = acts.filter((act) => !old.includes(act));
    for (const act of old) this.#unlisted.addOld(act);
  }

  /** Asks for the outcome of every act that was sent. */
  repeatNow() {
    this.#forms.repeatNow();
    this.#unlisted.repeatNow();
  }

  /** Asks for the outcome of every act that was sent recently. */
  repeatIfRecent() {
    this.#forms.repeatIfRecent();
    this.#unlisted.repeatIfRecent();
  }

  /** Loads the items of acts that an earlier page sent, if no list has them. */
  async loadSentActs() {
    for (const act of this.#sentActs) {
      if (this.#items.get(act.uri)?.headline) continue;
      try {
        this.#items.merge(await this.#api.item(act.uri));
      } catch (error) {
        if (!isDeskError(error)) throw error;
        if (error instanceof LostError || error.status === 401 || error.status >= 500) return;
        // The item cannot be shown, but the desk still knows the outcome of the act.
        if (!this.#sentActs.includes(act)) continue;
        this.#sentActs = this.#sentActs.filter((other) => other !== act);
        this.#unlisted.add(act);
      }
    }
  }

  /** Opens the form of an act. @param {string} uri @param {string} act */
  openForm(uri, act) {
    const row = this.#rows.get(uri);
    row?.element.scrollIntoView({ block: "nearest" });
    row?.act(act);
  }

  render() {
    const all = this.#items.newestFirst(this.#filter.value);
    const readable = all.filter(({ unreadable }) => !unreadable).slice(0, ROW_LIMIT);
    const unreadable = all.filter((item) => item.unreadable && this.isChief);
    this.#arrange(this.#unreadable, unreadable);
    this.#arrange(this.#list, readable);
    $("unreadable").hidden = unreadable.length === 0;
    $("items-empty").hidden = all.length > 0;
    this.#resumeSentActs();
    this.#forms.update();
  }

  /** @param {number} step 1 to the next row, -1 to the previous one */
  moveFocus(step) {
    const rows = [...this.#unreadable.children, ...this.#list.children];
    const index = rows.findIndex((row) => row.contains(document.activeElement));
    const next = rows[index < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, index + step))];
    if (!(next instanceof HTMLElement)) return;
    this.#rows.get(next.dataset.uri ?? "")?.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  /** Asks for the outcome of acts that an earlier page sent and whose items are known by now. */
  #resumeSentActs() {
    const acts = this.#sentActs;
    this.#sentActs = acts.filter(({ uri }) => !this.#items.get(uri)?.headline);
    for (const act of acts) {
      const item = this.#items.get(act.uri);
      if (item?.headline) this.#forms.resume(this.#rowOf(item), act);
    }
  }

  /**
   * Shows `items` in `list`.
   * @param {HTMLElement} list
   * @param {Item[]} items
   */
  #arrange(list, items) {
    const elements = items.map((item) => this.#rowOf(item).element);
    // Only what is out of order is moved: a row that is moved loses its focus.
    const wanted = new Set(/** @type {Element[]} */ (elements));
    for (const element of [...list.children]) if (!wanted.has(element)) element.remove();
    elements.forEach((element, index) => {
      if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
    });
  }

  /** The row of `item`, which shows it. @param {Item} item */
  #rowOf(item) {
    const { uri, version, edition } = item;
    let row = this.#rows.get(uri);
    if (!row) {
      const editionName = this.#site.editions[edition]?.name ?? edition;
      row = new Row(item, this.#role, editionName, (target, act) => this.#forms.open(target, act));
      this.#rows.set(uri, row);
    }
    row.show(item, this.#items.timing(uri, version), this.#items.edNotes(uri));
    return row;
  }

  /** @param {KeyboardEvent} event */
  #handleKey(event) {
    const target = event.target instanceof Element ? event.target : null;
    const uri = /** @type {HTMLElement | null} */ (target?.closest("[data-uri]"))?.dataset.uri;
    const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
    if (!this.hasSingleKeys || hasModifier || target?.closest("form") || !uri) return;
    const acts = ACT_KEYS[/** @type {keyof typeof ACT_KEYS} */ (event.code)] ?? [];
    const row = this.#rows.get(uri);
    if (row && acts.some((act) => row.act(act))) event.preventDefault();
  }
}

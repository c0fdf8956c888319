/** The list of items on the page: its rows, its filter, the keys that move through it, and acts sent earlier. */

import { $ } from "../shell/dom.js";
import { isDeskError, LostError } from "../shell/errors.js";
import { showText } from "../shell/i18n.js";
import { ActForms } from "./act-forms.js";
import { ACT_KEYS } from "./acts.js";
import { Bulk } from "./bulk.js";
import { Filters } from "./filters.js";
import { historyOf } from "./history.js";
import { LastLine } from "./last-line.js";
import { Names } from "./names.js";
import { NewAbove } from "./new-above.js";
import { Presence } from "./presence.js";
import { Row } from "./row.js";
import { arrange, rowBeside } from "./row-order.js";
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
 * @property {import("../compose/new-source.js").NewSource} newSource
 * @property {() => Promise<void>} renew asks the desk for its list
 * @property {() => void} focusLine moves the focus to the composer
 */

export class ItemList {
  #items;
  #site;
  #api;
  #forms;
  #unlisted;
  #role = "";
  #rights = "";
  #owner = "";
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** Acts that an earlier page sent and whose item has no row yet. @type {SentAct[]} */
  #sentActs = [];
  #list = $("items");
  #unreadable = $("unreadable-items");
  filters;
  #newAbove;
  #names;
  #bulk;
  lastLine;
  presence;

  /** @param {Options} options */
  constructor(options) {
    const { items, site, api, session, focusLine } = options;
    this.#items = items;
    this.#site = site;
    this.#api = api;
    this.#forms = new ActForms({
      ...options,
      render: () => this.render(),
      onDone: ({ act, uri }) => {
        showText($("items-status"), `done.${act}`);
        this.#names.load(uri);
      },
      returnFocus: () => this.lastLine.returnFocus(),
      onOpen: (uri, act) => this.presence.open(uri, act),
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
    this.filters = new Filters(site, api, items, {
      owner: () => this.#owner,
      isOwn: (uri) => items.bylines(uri).some(({ by }) => by === this.#owner),
      onChange: () => this.#renderAll(),
    });
    const pane = /** @type {HTMLElement} */ (document.querySelector(".items-pane"));
    this.#newAbove = new NewAbove(
      pane,
      this.#list,
      () => this.#bulk.hasSelection,
      () => this.render(),
    );
    this.#bulk = new Bulk({
      ...options,
      list: this.#list,
      row: (uri) => this.#rows.get(uri),
      render: () => this.render(),
      onDone: (item, sent) => {
        items.merge(item);
        items.addTiming(item.uri, item.version, { sent, acknowledged: Date.now() });
        this.render();
        this.#names.load(item.uri);
      },
    });
    this.#names = new Names(api, items, () => this.render());
    const hasSingleKeys = () => this.hasSingleKeys;
    this.lastLine = new LastLine({ items, showRow: (uri) => this.#showRow(uri), focusLine, hasSingleKeys });
    this.presence = new Presence(api, () => this.render());
    this.#list.addEventListener("pointerdown", () => this.lastLine.stay());
    this.#list.addEventListener("click", (/** @type {Event} */ event) => {
      const button = event.target instanceof Element ? event.target.closest(".version") : null;
      const row = this.#rows.get(/** @type {HTMLElement} */ (button?.closest(".row"))?.dataset.uri ?? "");
      if (row) this.#toggleHistory(row);
    });
    for (const list of [this.#list, this.#unreadable])
      list.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#handleKey(event));
  }

  /** Whether single letters act on a row. They can be switched off for users of speech input (WCAG 2.1.4). */
  hasSingleKeys = true;

  /** Whether the outcome of an act is unknown. */
  get isPending() {
    return (
      this.#forms.isPending || this.#bulk.isPending || this.#sentActs.length > 0 || this.#unlisted.isPending
    );
  }

  /** Whether the person may withdraw what the desk cannot read. */
  get isChief() {
    return this.#role === "chief";
  }

  /** Shows the rows for `user`; those of another person are made again. @param {User} user */
  setUser(user) {
    const rights = `${user.role} ${user.editions}`;
    if (rights === this.#rights && user.name === this.#owner) return this.repeatNow();
    this.#rights = rights;
    this.#role = user.role;
    this.#owner = user.name;
    this.#forms.reset(user);
    this.#unlisted.clear();
    this.#rows.clear();
    this.#bulk.reset(user.name, user.role);
    this.lastLine.reset(user.name);
    this.filters.start();
    this.presence.start(user.name);
    this.#newAbove.release();
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
    this.#bulk.repeatNow();
    this.#unlisted.repeatNow();
  }

  /** Asks for the outcome of every act that was sent recently. */
  repeatIfRecent() {
    this.#forms.repeatIfRecent();
    this.#bulk.repeatIfRecent();
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

  /** Shows a line that this person published, whatever is being read. @param {Item} item */
  showOwn({ uri }) {
    this.#newAbove.want(uri);
    this.render();
    this.#names.load(uri);
    this.lastLine.note(uri);
  }

  /** Shows the lines that wait above. */
  showNew() {
    this.#newAbove.showAll();
  }

  /** Opens the form of an act. @param {string} uri @param {string} act */
  openForm(uri, act) {
    const row = this.#rows.get(uri);
    row?.element.scrollIntoView({ block: "nearest" });
    row?.act(act);
  }

  render() {
    const known = this.#items.newestFirst();
    const all = known.filter((item) => this.filters.isShown(item));
    this.filters.showHidden(known.length - all.length);
    const readable = all.filter(({ unreadable }) => !unreadable).slice(0, ROW_LIMIT);
    const unreadable = all.filter((item) => item.unreadable && this.isChief);
    const rowOf = (/** @type {Item} */ item) => this.#rowOf(item).element;
    arrange(this.#unreadable, unreadable.map(rowOf));
    arrange(this.#list, this.#newAbove.filter(readable).map(rowOf));
    this.#names.loadMissing(readable);
    $("unreadable").hidden = unreadable.length === 0;
    $("items-empty").hidden = all.length > 0;
    this.#resumeSentActs();
    this.#forms.update();
    this.#bulk.update();
  }

  /** @param {number} step 1 to the next row, -1 to the previous one */
  moveFocus(step) {
    const next = rowBeside([...this.#unreadable.children, ...this.#list.children], step);
    this.#rows.get(next?.dataset.uri ?? "")?.focus();
  }

  #renderAll() {
    this.#newAbove.release();
    this.render();
  }

  /** The row of an item, shown whatever the filter is. @param {string} uri */
  #showRow(uri) {
    this.#newAbove.want(uri);
    this.render();
    if (!this.#rows.get(uri)?.element.isConnected) this.filters.clear();
    return this.#rows.get(uri);
  }

  /** Shows or hides the history of a row. @param {Row} row */
  #toggleHistory(row) {
    this.toggleBelow(row.item.uri, "history", () => historyOf(this.#api, row.item.uri));
  }

  /** Shows or hides something below a row. @param {string} uri @param {string} kind @param {() => HTMLElement} make */
  toggleBelow(uri, kind, make) {
    const row = this.#rows.get(uri);
    const isOpen = row?.hasBelow(kind);
    this.#forms.close();
    row?.showBelow(kind, isOpen ? null : make());
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

  /** The row of `item`, which shows it. @param {Item} item */
  #rowOf(item) {
    const { uri, version, edition } = item;
    let row = this.#rows.get(uri);
    if (!row) {
      const known = this.#site.editions[edition] ?? { name: edition };
      row = new Row(item, this.#role, known, (target, act) => this.#forms.open(target, act));
      this.#rows.set(uri, row);
      this.#bulk.add(row);
    }
    row.show(item, this.#items.timing(uri, version), this.#items.edNotes(uri), this.#items.bylines(uri));
    row.showEditions(item, this.#items.hasSiblings(item));
    row.showPeople(this.presence.on(uri));
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
    if (this.#bulk.handleKey(event, uri)) return event.preventDefault();
    if (row && event.code === "KeyV") this.#toggleHistory(row);
    else if (!row || !acts.some((act) => row.act(act))) return;
    event.preventDefault();
  }
}

/** The board as a list on the page: rows kept by uri, one form open at a time, the keys that go through them. */

import { LostError, RefusedError } from "../shell/api.js";
import { keyMs } from "../shell/attempt.js";
import { $, h } from "../shell/dom.js";
import { name, say } from "../shell/i18n.js";
import { ActForm } from "./act-form.js";
import { ACT_KEYS, Row } from "./row.js";
import { dropAct, keepAct, keptActs } from "./sent-acts.js";
import { RowlessActs } from "./unlisted-acts.js";

/** More rows than anybody scrolls; what is older is the archive's business. */
const MOST = 200;

/** An older act is not asked for any more: done now, it would surprise who has seen or done it again since. */
const KEPT_MS = 86_400_000;

/** @typedef {import("./items.js").Item} Item */

export class ItemList {
  #board;
  #site;
  #desk;
  #role = "";
  #onExpired;
  #isOwner;
  #renew;
  #owner = "";
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {{form: ActForm, row: Row, act: string} | null} */
  #open = null;
  /** Forms whose act was sent and has no known outcome, open or closed. @type {Set<{form: ActForm, row: Row, act: string}>} */
  #pending = new Set();
  /** Acts that an earlier page has sent and that have no form yet. @type {import("./sent-acts.js").KeptAct[]} */
  #kept = [];
  #rowless;
  #list = $("items");
  #unreadable = $("unreadable-items");
  #filter = $("filter");

  /**
   * @param {import("./items.js").Items} board
   * @param {import("../compose/line.js").Site} site
   * @param {import("../shell/api.js").Desk} desk
   * @param {() => Promise<void>} renew asks the desk for its list
   * @param {() => void} onExpired
   * @param {() => Promise<boolean>} isOwner whether the session is still of who is signed in here
   */
  constructor(board, site, desk, renew, onExpired, isOwner) {
    this.#board = board;
    this.#site = site;
    this.#desk = desk;
    this.#renew = renew;
    this.#onExpired = onExpired;
    this.#isOwner = isOwner;
    this.#rowless = new RowlessActs({
      keyMs: keyMs(site),
      ask: ({ uri, version, body, key }) => desk.act(uri, version, body, key),
      isOwner,
      expired: onExpired,
      drop: (act) => dropAct(this.#owner, act),
      done: (item) => {
        board.merge(item);
        this.render();
      },
    });
    const all = h("option", { value: "" });
    say(all, "filter.all");
    const editions = Object.entries(site.editions).map(([id, edition]) =>
      h("option", { value: id, lang: edition.language }, edition.name),
    );
    this.#filter.replaceChildren(all, ...editions);
    this.#filter.addEventListener("change", () => this.render());
    for (const list of [this.#list, this.#unreadable])
      list.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#key(event));
  }

  /** Single keys may be switched off: they trouble those who speak to their computer (WCAG 2.1.4). */
  single = true;

  /** Whether the outcome of an act is unknown. */
  get isPending() {
    return this.#pending.size > 0 || this.#kept.length > 0 || this.#rowless.isPending;
  }

  /** @param {{name: string, role: string}} user who is signed in; another person's rows are made anew */
  enter(user) {
    if (user.role === this.#role && user.name === this.#owner) return this.again();
    this.#role = user.role;
    this.#owner = user.name;
    this.#open = null;
    for (const { form } of this.#pending) form.stop();
    this.#pending.clear();
    this.#rowless.clear();
    this.#rows.clear();
    this.#list.replaceChildren();
    this.#unreadable.replaceChildren();
    const acts = keptActs(this.#owner);
    const old = acts.filter(({ sent }) => Date.now() - sent > KEPT_MS);
    this.#kept = acts.filter((act) => !old.includes(act));
    for (const act of old) this.#rowless.keep(act);
  }

  /** Whether the person may withdraw what the desk cannot read. */
  get isChief() {
    return this.#role === "chief";
  }

  /** Asks now for the outcome of what was sent, because a person wants to know. */
  again() {
    for (const { form } of this.#pending) form.again();
    this.#rowless.again();
  }

  /** Asks now where the page may still repeat a request by itself. */
  repeat() {
    for (const { form } of this.#pending) form.repeat();
    this.#rowless.repeat();
  }

  /** Brings the items of acts that an earlier page has sent onto the board, where no list has them. */
  async findKept() {
    for (const act of this.#kept) {
      if (this.#board.get(act.uri)?.headline) continue;
      try {
        this.#board.merge(await this.#desk.item(act.uri));
      } catch (error) {
        if (!(error instanceof RefusedError || error instanceof LostError)) throw error;
        if (error instanceof LostError || error.status === 401 || error.status >= 500) return;
        // The item cannot be shown, and the desk still knows what became of the act.
        if (!this.#kept.includes(act)) continue;
        this.#kept = this.#kept.filter((each) => each !== act);
        this.#rowless.add(act);
      }
    }
  }

  /** Goes on with the acts that an earlier page has sent and whose items are on the board. */
  #resume() {
    const kept = this.#kept;
    this.#kept = kept.filter(({ uri }) => !this.#board.get(uri)?.headline);
    for (const act of kept) {
      const item = this.#board.get(act.uri);
      if (!item?.headline) continue;
      this.#shown(item);
      const row = /** @type {Row} */ (this.#rows.get(act.uri));
      const held = this.#hold(row, act.body.act);
      row.showLate(held.act, held.form.status);
      held.form.resume(act);
    }
  }

  /** Opens the form of an act. @param {string} uri @param {string} act */
  open(uri, act) {
    const row = this.#rows.get(uri);
    row?.element.scrollIntoView({ block: "nearest" });
    row?.act(act);
  }

  render() {
    const listed = this.#board.list(this.#filter.value);
    const items = listed.filter(({ unreadable }) => !unreadable).slice(0, MOST);
    const unreadable = listed.filter((item) => item.unreadable && this.isChief);
    this.#place(this.#unreadable, unreadable);
    this.#place(this.#list, items);
    $("unreadable").hidden = unreadable.length === 0;
    $("board-empty").hidden = listed.length > 0;
    this.#resume();
    for (const { form } of new Set([...this.#pending, ...(this.#open ? [this.#open] : [])])) {
      const newest = this.#board.get(form.uri);
      if (newest) form.overtaken(newest);
    }
  }

  /**
   * Shows `items` in `list`.
   * @param {HTMLElement} list
   * @param {Item[]} items
   */
  #place(list, items) {
    const shown = items.map((item) => this.#shown(item));
    // Only what is out of place is moved: a row that moves loses its focus.
    const wanted = new Set(/** @type {Element[]} */ (shown));
    for (const element of [...list.children]) if (!wanted.has(element)) element.remove();
    shown.forEach((element, place) => {
      if (list.children[place] !== element) list.insertBefore(element, list.children[place] ?? null);
    });
  }

  /** @param {number} step to the next row or the previous one */
  go(step) {
    const rows = [...this.#unreadable.children, ...this.#list.children];
    const place = rows.findIndex((row) => row.contains(document.activeElement));
    const next = rows[place < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, place + step))];
    if (!(next instanceof HTMLElement)) return;
    this.#rows.get(next.dataset.uri ?? "")?.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  /** @param {Item} item */
  #shown(item) {
    let row = this.#rows.get(item.uri);
    if (!row) {
      const edition = this.#site.editions[item.edition]?.name ?? item.edition;
      row = new Row(item, this.#role, edition, (each, act) => this.#act(each, act));
      this.#rows.set(item.uri, row);
    }
    row.show(item, this.#board.proof(item.uri, item.version));
    return row.element;
  }

  /**
   * @param {Row} row
   * @param {string} act
   */
  #act(row, act) {
    if (this.#open?.row === row && this.#open.act === act) return this.#open.form.focus();
    this.#shut();
    const pending = [...this.#pending].filter((each) => each.row === row);
    if (!pending.length) row.late.replaceChildren();
    const open = pending.find((each) => each.act === act) ?? this.#hold(row, act);
    const { form } = open;
    this.#open = open;
    form.element.append(form.status);
    row.place.replaceChildren(form.element);
    name(form.element, "act.version", { act: { t: `act.${act}` }, version: row.item.version });
    form.focus();
  }

  /**
   * A form for `act`, not yet shown.
   * @param {Row} row
   * @param {string} act
   */
  #hold(row, act) {
    const form = new ActForm(row.item, act, {
      site: this.#site,
      desk: this.#desk,
      newest: async (uri) => {
        await this.#renew();
        return this.#board.get(uri);
      },
      keep: (request) => {
        this.#pending.add(held);
        keepAct(this.#owner, request);
      },
      drop: (request) => {
        this.#pending.delete(held);
        dropAct(this.#owner, request);
      },
      done: (item, sent, warnings) => this.#done(held, item, sent, warnings),
      closed: () => {
        this.#shut();
        row.focus(act);
      },
      expired: this.#onExpired,
      isOwner: this.#isOwner,
    });
    const held = { form, row, act };
    return held;
  }

  /**
   * @param {{form: ActForm, row: Row}} held
   * @param {Item} item
   * @param {number | undefined} sent
   * @param {import("../shell/api.js").Warning[]} warnings
   */
  #done({ form, row }, item, sent, warnings) {
    // Until the answer came another form may have been opened: what is typed there stays.
    const open = this.#open?.form === form;
    if (open) this.#shut();
    row.showWarnings(warnings);
    this.#board.merge(item);
    this.#board.prove(item.uri, item.version, { sent, acknowledged: Date.now() });
    this.render();
    if (open) row.focus();
    say($("board-said"), `done.${item.act}`);
  }

  #shut() {
    const open = this.#open;
    this.#open = null;
    open?.row.place.replaceChildren();
    if (open?.form.isPending) open.row.showLate(open.act, open.form.status);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const target = event.target instanceof Element ? event.target : null;
    const uri = /** @type {HTMLElement | null} */ (target?.closest("[data-uri]"))?.dataset.uri;
    if (!this.single || event.ctrlKey || event.metaKey || event.altKey || target?.closest("form") || !uri)
      return;
    const acts = ACT_KEYS[/** @type {keyof typeof ACT_KEYS} */ (event.code)] ?? [];
    const row = this.#rows.get(uri);
    if (row && acts.some((act) => row.act(act))) event.preventDefault();
  }
}

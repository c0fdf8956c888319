/** The board as a list on the page: rows kept by uri, one form open at a time, the keys that go through them. */

import { ActForm } from "./acts.js";
import { $, h } from "./dom.js";
import { name, say } from "./i18n.js";
import { ACT_KEYS, Row } from "./rows.js";

/** More rows than anybody scrolls; what is older is the archive's business. */
const MOST = 200;

/** @typedef {import("./board.js").Item} Item */

export class Wire {
  #board;
  #site;
  #desk;
  #role = "";
  #onExpired;
  #renew;
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {{form: ActForm, row: Row, act: string} | null} */
  #open = null;
  #list = $("items");
  #filter = $("filter");

  /**
   * @param {import("./board.js").Board} board
   * @param {import("./line.js").Site} site
   * @param {import("./api.js").Desk} desk
   * @param {() => Promise<void>} renew asks the desk for its list
   * @param {() => void} onExpired
   */
  constructor(board, site, desk, renew, onExpired) {
    this.#board = board;
    this.#site = site;
    this.#desk = desk;
    this.#renew = renew;
    this.#onExpired = onExpired;
    const all = h("option", { value: "" });
    say(all, "filter.all");
    const editions = Object.entries(site.editions).map(([id, edition]) =>
      h("option", { value: id, lang: edition.language }, edition.name),
    );
    this.#filter.replaceChildren(all, ...editions);
    this.#filter.addEventListener("change", () => this.render());
    this.#list.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#key(event));
  }

  /** Single keys may be switched off: they trouble those who speak to their computer (WCAG 2.1.4). */
  single = true;

  /** @param {string} role of who is signed in; another person's rows are made anew */
  enter(role) {
    if (role === this.#role) return;
    this.#role = role;
    this.#open = null;
    this.#rows.clear();
    this.#list.replaceChildren();
  }

  render() {
    const items = this.#board.list(this.#filter.value).slice(0, MOST);
    const shown = items.map((item) => this.#shown(item));
    // Only what is out of place is moved: a row that moves loses its focus.
    const wanted = new Set(shown);
    for (const element of [...this.#list.children]) if (!wanted.has(element)) element.remove();
    shown.forEach((element, place) => {
      if (this.#list.children[place] !== element)
        this.#list.insertBefore(element, this.#list.children[place] ?? null);
    });
    $("board-empty").hidden = items.length > 0;
    if (this.#open) {
      const newest = this.#board.get(this.#open.form.uri);
      if (newest) this.#open.form.overtaken(newest);
    }
  }

  /** @param {number} step to the next row or the previous one */
  go(step) {
    const rows = [...this.#list.children];
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
    const form = new ActForm(row.item, act, {
      site: this.#site,
      desk: this.#desk,
      newest: async (uri) => {
        await this.#renew();
        return this.#board.get(uri);
      },
      done: (item, sent) => this.#done(form, row, item, sent),
      closed: () => {
        this.#shut();
        row.focus(act);
      },
      expired: this.#onExpired,
    });
    this.#open = { form, row, act };
    row.place.replaceChildren(form.element);
    name(form.element, "act.version", { act: { t: `act.${act}` }, version: row.item.version });
    form.focus();
  }

  /**
   * @param {ActForm} form
   * @param {Row} row
   * @param {Item} item
   * @param {number} sent
   */
  #done(form, row, item, sent) {
    // While the answer was on its way another form may have been opened: what is typed there stays.
    const open = this.#open?.form === form;
    if (open) this.#shut();
    this.#board.merge(item);
    this.#board.prove(item.uri, item.version, { sent, acknowledged: Date.now() });
    this.render();
    if (open) row.focus();
    say($("board-said"), `done.${item.act}`);
  }

  #shut() {
    this.#open?.row.place.replaceChildren();
    this.#open = null;
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

/** The bar of selected rows: how many there are, the acts on all of them, and what became of the last one. */

import { askConfirmation } from "../shell/confirm.js";
import { destinationFacts } from "../shell/destination.js";
import { $, h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";
import { BulkActs } from "./bulk-acts.js";
import { BulkForm } from "./bulk-form.js";
import { BULK_ACTS, bulkActs, bulkDestination, countsOf, targetsOf } from "./bulk-plan.js";
import { itemLineParts } from "./item-line.js";
import { Selection } from "./selection.js";

/** @import { ActBody, Item, Session, Site } from "../shell/types.d.ts" */
/** @import { Row } from "./row.js" */
/** @import { Result } from "./bulk-plan.js" */

/** The acts of each key, the first that is possible. @type {Record<string, string[]>} */
const KEYS = { KeyH: ["hold", "release"], KeyW: ["withdraw"] };

/**
 * @typedef {object} Options
 * @property {import("./items.js").Items} items
 * @property {Site} site
 * @property {import("../shell/api.js").DeskApi} api
 * @property {Session} session
 * @property {HTMLElement} list
 * @property {(uri: string) => Row | undefined} row
 * @property {(item: Item, sent: number) => void} onDone
 * @property {() => void} render shows the items again
 * @property {() => Promise<void>} renew asks the desk for its list
 */

export class Bulk {
  #options;
  #selection;
  #acts;
  #role = "";
  #owner = "";
  #bar = $("bulk");
  #count = h("b");
  #result = h("p", { class: "bulk-result", role: "status" });
  #slot = h("div");
  #clear = h("button", { type: "button", class: "quiet", "aria-keyshortcuts": "Escape" });
  /** @type {Map<string, HTMLButtonElement>} */
  #buttons = new Map();
  /** @type {{form: BulkForm, act: string} | null} */
  #open = null;
  /** The row that had the focus before the form was opened. */
  #lastUri = "";
  #isAsking = false;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    this.#acts = new BulkActs({ ...options, onDone: (item, sent) => options.onDone(item, sent) });
    this.#selection = new Selection(options.list, (byPerson) => this.#handleChange(byPerson));
    for (const act of BULK_ACTS) {
      const button = h("button", { type: "button", "data-act": act });
      button.addEventListener("click", () => this.#openForm(act));
      this.#buttons.set(act, button);
    }
    showText(this.#clear, "bulk.clear");
    this.#clear.addEventListener("click", () => this.#leave());
    const line = h("div", { class: "actions" }, this.#count, ...this.#buttons.values(), this.#clear);
    this.#bar.replaceChildren(this.#result, line, this.#slot);
    for (const element of [options.list, this.#bar])
      element.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#handleEscape(event));
  }

  get hasSelection() {
    return this.#selection.size > 0;
  }

  /** Whether the outcome of an act is unknown. */
  get isPending() {
    return this.#acts.isPending;
  }

  repeatNow() {
    this.#acts.repeatNow();
  }

  repeatIfRecent() {
    this.#acts.repeatIfRecent();
  }

  /** @param {string} owner the name of the person signed in @param {string} role */
  reset(owner, role) {
    this.#role = role;
    this.#owner = owner;
    this.#lastUri = "";
    this.#acts.reset(owner);
    showText(this.#result, "");
    this.#selection.reset();
  }

  /** Lets a new row be selected, if its person may do one of the acts. @param {Row} row */
  add(row) {
    if (this.#role === "chief" && !row.item.unreadable) this.#selection.add(row);
  }

  /** The list has changed: a row that it no longer shows, or that has been withdrawn, is not selected any more. */
  update() {
    this.#acts.update();
    this.#selection.keep((uri) => this.#possible(uri).length > 0);
    this.#showBar();
  }

  /** Handles a key on a row; false if it is not one of the selection's. @param {KeyboardEvent} event @param {string} uri */
  handleKey(event, uri) {
    if (event.code === "KeyX" && this.#possible(uri).length) this.#selection.toggle(uri, event.shiftKey);
    else {
      const act = (KEYS[event.code] ?? []).find((each) => this.#targets(each).length);
      if (!act) return false;
      this.#openForm(act);
    }
    this.#lastUri = uri;
    return true;
  }

  /** The acts that can be done on an item now. @param {string} uri */
  #possible(uri) {
    return bulkActs(this.#options.items.get(uri), this.#role);
  }

  /** The selected items that `act` can be done on, as they are now. @param {string} act @returns {Item[]} */
  #targets(act) {
    const items = this.#selection.uris.flatMap((uri) => this.#options.items.get(uri) ?? []);
    return targetsOf(items, act, this.#role, (uri) => this.#acts.isWaiting(uri));
  }

  /** @param {boolean} byPerson whether the person has changed the selection */
  #handleChange(byPerson) {
    if (byPerson) {
      this.#closeForm();
      showText(this.#result, "");
      this.#acts.clearDone();
    }
    this.#showBar();
    // Lines that came while rows were selected may be shown now.
    if (!this.hasSelection) this.#options.render();
  }

  #showBar() {
    const { size } = this.#selection;
    this.#bar.hidden = size === 0 && !this.#result.textContent;
    showText(this.#count, size ? "bulk.count" : "", { count: size });
    showText(this.#clear, size ? "bulk.clear" : "close");
    for (const [act, button] of this.#buttons) {
      const targets = this.#targets(act);
      const count = targets.length;
      button.hidden = count === 0;
      const isAll = count === size;
      showText(button, isAll ? `act.${act}` : "bulk.title", isAll ? {} : { act: { t: `act.${act}` }, count });
      if (this.#open?.act !== act) continue;
      if (count) this.#open.form.showTargets(targets);
      else this.#closeForm();
    }
  }

  /** @param {string} act */
  #openForm(act) {
    const items = this.#targets(act);
    const { site } = this.#options;
    this.#closeForm();
    const form = new BulkForm(act, items, {
      owner: this.#owner,
      site,
      onSend: () => this.#send(),
      onClose: () => {
        this.#closeForm();
        this.#focusRow();
      },
    });
    this.#open = { form, act };
    this.#slot.replaceChildren(form.element);
    form.focus();
  }

  #closeForm() {
    this.#open = null;
    this.#slot.replaceChildren();
  }

  async #send() {
    const open = this.#open;
    const notes = open?.form.notes;
    if (!open || !notes || this.#isAsking) return;
    const { act, form } = open;
    // The versions that the person sees now are the ones that the requests name.
    const items = this.#targets(act);
    this.#isAsking = true;
    const isConfirmed = await this.#isConfirmed(act, items).finally(() => {
      this.#isAsking = false;
    });
    if (!isConfirmed) return form.focus();
    form.forgetDraft();
    this.#closeForm();
    this.#focusRow();
    this.#sendAll(act, items, notes);
  }

  /**
   * Asks once, with every line that the act is done on.
   * @param {string} act
   * @param {Item[]} items
   */
  #isConfirmed(act, items) {
    const lines = items.map((item) => {
      const { language, direction } = item.headline;
      return h("span", { class: "bulk-line", lang: language, dir: direction }, ...itemLineParts(item));
    });
    const left = this.#selection.size - items.length;
    return askConfirmation({
      title: "bulk.title",
      words: `why.${act}`,
      yes: "bulk.title",
      isDangerous: act === "withdraw",
      params: { act: { t: `act.${act}` }, count: items.length },
      line: { parts: lines, language: "", direction: document.documentElement.dir },
      facts: destinationFacts(bulkDestination(items), this.#options.site),
      notices: left ? [{ t: "bulk.left", p: { count: left } }] : [],
    });
  }

  /**
   * Sends one request for each item; what is done is not selected any more.
   * @param {string} act
   * @param {Item[]} items
   * @param {Map<string, string>} notes by language
   */
  #sendAll(act, items, notes) {
    const { row, renew } = this.#options;
    /** @type {Map<string, Result>} */
    const results = new Map(items.map(({ uri }) => [uri, "sending"]));
    for (const { uri, version, headline } of items) {
      const target = row(uri);
      const note = notes.get(headline.language);
      /** @type {ActBody} */
      const body = note ? { act, note } : { act };
      if (!target) continue;
      this.#acts.send(target, version, body, (result) => {
        results.set(uri, result);
        if (result === "done") this.#selection.keep((each) => each !== uri);
        this.#showResults(act, [...results.values()]);
        const isLast = ![...results.values()].includes("sending");
        // What was refused has usually been changed by somebody else.
        if (isLast && result === "refused") renew();
      });
    }
    this.#showResults(act, [...results.values()]);
  }

  /** @param {string} act @param {Result[]} results */
  #showResults(act, results) {
    showText(this.#result, "bulk.result", { act: { t: `act.${act}` }, ...countsOf(results) });
    this.#showBar();
  }

  #focusRow() {
    const uri = this.#lastUri || this.#selection.uris[0] || "";
    this.#options.row(uri)?.focus();
  }

  /** @param {KeyboardEvent} event */
  #handleEscape(event) {
    if (event.key !== "Escape" || event.isComposing || this.#bar.hidden) return;
    event.preventDefault();
    event.stopPropagation();
    this.#leave();
  }

  #leave() {
    showText(this.#result, "");
    this.#acts.clearDone();
    this.#closeForm();
    this.#selection.clear();
    this.#showBar();
    this.#focusRow();
  }
}

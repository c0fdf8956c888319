/** The forms of acts: one is open at a time; those whose act has an unknown outcome live on after they are closed. */

import { outcomesOf } from "../editions/siblings-view.js";
import { isDeskError } from "../shell/errors.js";
import { retranslate } from "../shell/i18n.js";
import { ActForm } from "./act-form.js";
import { forgetAct, storeAct } from "./sent-acts.js";

/** @import { Item, SentAct, Session, Sibling, Site, User, Warning } from "../shell/types.d.ts" */
/** @import { Row } from "./row.js" */

/** @typedef {{form: ActForm, row: Row, act: string}} RowForm */

/**
 * @typedef {object} Options
 * @property {import("./items.js").Items} items
 * @property {Site} site
 * @property {import("../shell/api.js").DeskApi} api
 * @property {Session} session
 * @property {import("../compose/new-source.js").NewSource} newSource
 * @property {() => Promise<void>} renew asks the desk for its list
 * @property {() => void} render shows the items again
 * @property {(item: Item) => void} onDone
 * @property {(uri: string, act: string) => void} onOpen called when a form opens; with empty texts when it closes
 * @property {() => boolean} returnFocus moves the focus back to where the person came from; false if that is the row
 */

export class ActForms {
  #options;
  #owner = "";
  /** @type {string[] | null} */
  #editions = null;
  /** @type {RowForm | null} */
  #open = null;
  /** @type {Set<RowForm>} */
  #pending = new Set();

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
  }

  get isPending() {
    return this.#pending.size > 0;
  }

  /** Drops all forms, because `user` signs in. @param {User} user */
  reset({ name, editions = null }) {
    this.#owner = name;
    this.#editions = editions;
    this.#open = null;
    for (const { form } of this.#pending) form.stop();
    this.#pending.clear();
  }

  repeatNow() {
    for (const { form } of this.#pending) form.repeatNow();
  }

  repeatIfRecent() {
    for (const { form } of this.#pending) form.repeatIfRecent();
  }

  /** Tells each form the newest version of its item. */
  update() {
    for (const { form } of new Set([...this.#pending, ...(this.#open ? [this.#open] : [])])) {
      const newest = this.#options.items.get(form.uri);
      if (newest) form.handleItem(newest);
    }
  }

  /**
   * Opens the form of `act` on a row.
   * @param {Row} row
   * @param {string} act
   */
  open(row, act) {
    if (this.#open?.row === row && this.#open.act === act) return this.#open.form.focus();
    this.close();
    const pending = [...this.#pending].filter((entry) => entry.row === row);
    if (!pending.length) row.outcome.replaceChildren();
    const opened = pending.find((entry) => entry.act === act) ?? this.#create(row, act);
    this.#open = opened;
    this.#options.onOpen(row.item.uri, act);
    const { element, status } = opened.form;
    element.append(status);
    retranslate(element);
    row.formSlot.replaceChildren(element);
    opened.form.focus();
    this.#loadEdNotes(row.item.uri);
  }

  /**
   * Asks for the outcome of an act that an earlier page sent; the row shows it.
   * @param {Row} row
   * @param {SentAct} request
   */
  resume(row, request) {
    const { act, form } = this.#create(row, request.body.act);
    row.showOutcome(act, form.status);
    form.resume(request);
  }

  /**
   * A new form, not shown yet.
   * @param {Row} row
   * @param {string} act
   * @returns {RowForm}
   */
  #create(row, act) {
    const { site, api, session, newSource, items, renew } = this.#options;
    const form = new ActForm(row.item, act, {
      owner: this.#owner,
      editions: this.#editions,
      hasSiblings: items.hasSiblings(row.item),
      siblings: items.siblings(row.item),
      site,
      api,
      session,
      newSource,
      newestVersion: async (uri) => {
        await renew();
        return items.get(uri);
      },
      store: (request) => {
        this.#pending.add(entry);
        storeAct(this.#owner, request);
      },
      forget: (request) => {
        this.#pending.delete(entry);
        forgetAct(this.#owner, request);
      },
      onDone: (item, sent, warnings, siblings) => this.#handleDone(entry, { item, sent, warnings, siblings }),
      onClose: () => {
        this.close();
        row.focus(act);
      },
    });
    const entry = { form, row, act };
    return entry;
  }

  /**
   * @param {RowForm} entry
   * @param {{item: Item, sent: number | undefined, warnings: Warning[], siblings: Sibling[]}} done
   */
  #handleDone(entry, { item, sent, warnings, siblings }) {
    const { items, site, render, onDone, returnFocus } = this.#options;
    const { row } = entry;
    // Until the answer came another form may have been opened, and what is typed there stays.
    const isOpen = this.#open === entry;
    if (isOpen) this.close();
    row.showWarnings(warnings);
    if (siblings.length) row.outcome.append(outcomesOf(siblings, entry.act, site));
    for (const sibling of siblings) if (sibling.item) items.merge(sibling.item);
    items.merge(item);
    items.addTiming(item.uri, item.version, { sent, acknowledged: Date.now() });
    render();
    if (isOpen && !returnFocus()) row.focus();
    onDone(item);
  }

  /** Closes the form that is open; what was typed stays stored. */
  close() {
    const entry = this.#open;
    if (entry) this.#options.onOpen("", "");
    this.#open = null;
    entry?.row.formSlot.replaceChildren();
    if (entry?.form.isPending) entry.row.showOutcome(entry.act, entry.form.status);
  }

  /**
   * Shows the newest notes to colleagues before an editor acts; the stream does not carry them.
   * @param {string} uri
   */
  async #loadEdNotes(uri) {
    const { api, items, render } = this.#options;
    try {
      const { edNotes } = await api.item(uri);
      if (!edNotes) return;
      items.setEdNotes(uri, edNotes);
      render();
    } catch (error) {
      // The notes that the list brought stay.
      if (!isDeskError(error)) throw error;
    }
  }
}

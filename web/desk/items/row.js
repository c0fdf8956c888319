/** One item in the list: what it says, its notes, how fast it was, and its acts. */

import { h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";
import { showWarnings } from "../shell/warnings.js";
import { ActToolbar } from "./act-toolbar.js";
import { actsFor } from "./acts.js";
import { EdNotes } from "./ed-notes.js";
import { itemLineParts } from "./item-line.js";
import { metaParts, noteParts, timingParts } from "./row-parts.js";

/** @import { EdNote, Item, Timing, Warning } from "../shell/types.d.ts" */

export class Row {
  element;
  /** The outcome of an act whose form was closed before it was known, or the desk's warnings about it. */
  outcome = h("div", { class: "act-outcome" });
  /** Holds the form of an act while it is open. */
  formSlot = h("div");
  /** @type {Item} */
  item;
  #meta = h("p", { class: "meta" });
  #line = h("p", { class: "audience" });
  #note = h("p", { class: "note" });
  #edNotes = new EdNotes();
  #timing = h("p", { class: "timing" });
  #toolbar = new ActToolbar((act) => this.act(act));
  #role;
  #editionName;
  #onAct;

  /**
   * @param {Item} item
   * @param {string} role of the person signed in
   * @param {string} editionName
   * @param {(row: Row, act: string) => void} onAct
   */
  constructor(item, role, editionName, onAct) {
    this.item = item;
    this.#role = role;
    this.#editionName = editionName;
    this.#onAct = onAct;
    this.element = h(
      "li",
      { class: "row", "data-uri": item.uri, tabindex: "-1" },
      this.#meta,
      this.#line,
      this.#note,
      this.#edNotes.element,
      this.#timing,
      this.#toolbar.element,
      this.outcome,
      this.formSlot,
    );
  }

  /**
   * @param {Item} item
   * @param {Timing} timing
   * @param {EdNote[]} edNotes
   */
  show(item, timing, edNotes) {
    const isFirst = this.#meta.childElementCount === 0;
    const isSame = item.version === this.item.version && item.unreadable === this.item.unreadable;
    if (isFirst || !isSame) this.#showItem(item);
    this.#edNotes.show(edNotes);
    this.#timing.replaceChildren(...timingParts(item, timing));
    this.#timing.hidden = !this.#timing.hasChildNodes();
  }

  /** Opens the form of `act`; false if it may not be done now. @param {string} act */
  act(act) {
    if (!actsFor(this.item, this.#role).includes(act)) return false;
    this.#onAct(this, act);
    return true;
  }

  /**
   * Shows the outcome of an act without its form.
   * @param {string} act
   * @param {HTMLElement} status
   */
  showOutcome(act, status) {
    const title = h("b");
    showText(title, `act.${act}`);
    this.outcome.replaceChildren(title, status);
  }

  /** Shows the desk's warnings about an act that was done. @param {Warning[]} warnings */
  showWarnings(warnings) {
    const list = h("ul", { role: "status" });
    showWarnings(list, warnings);
    this.outcome.replaceChildren(...(warnings.length ? [list] : []));
  }

  /** Focuses the button of `act`, or the first button, or the row if it has none. */
  focus(act = "") {
    (this.#toolbar.button(act) ?? this.element).focus();
  }

  /** @param {Item} item */
  #showItem(item) {
    this.item = item;
    const { dataset } = this.element;
    dataset.urgency = String(item.urgency);
    dataset.status = item.unreadable ? "unreadable" : item.pubStatus;
    dataset.version = String(item.version);
    this.#meta.replaceChildren(...metaParts(item, this.#editionName));
    this.#line.replaceChildren(...itemLineParts(item));
    this.#line.lang = item.headline.language;
    this.#line.dir = item.headline.direction;
    this.#note.replaceChildren(...noteParts(item));
    this.#note.hidden = !this.#note.hasChildNodes();
    const focusedAct = this.#toolbar.show(actsFor(item, this.#role), item.headline.value);
    if (focusedAct !== undefined) this.focus(focusedAct);
  }
}

/** One item in the list: two lines of a fixed form, so that nothing below moves while it changes. */

import { EditionMarks } from "../editions/edition-marks.js";
import { h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";
import { showWarnings } from "../shell/warnings.js";
import { ActToolbar } from "./act-toolbar.js";
import { actsFor } from "./acts.js";
import { EdNotes } from "./ed-notes.js";
import { itemLineParts } from "./item-line.js";
import { bylineParts, edgeParts, noteParts, stateParts, timingParts } from "./row-parts.js";

/** @import { Byline, EdNote, Item, Person, Timing, Warning } from "../shell/types.d.ts" */

export class Row {
  element;
  /** The outcome of an act whose form was closed before it was known, or the desk's warnings about it. */
  outcome = h("div", { class: "act-outcome" });
  /** Holds the form of an act, or the history, while it is open. */
  formSlot = h("div");
  /** Holds what is known of how many readers have this version. */
  receiptSlot = h("span", { class: "receipt" });
  /** Names the people who have a form of this item open. */
  peopleSlot = h("span", { class: "people", role: "status" });
  /** @type {Item} */
  item;
  #edge = h("p", { class: "edge" });
  #state = h("span", { class: "states" });
  #bylines = h("span", { class: "bylines" });
  #line = h("p", { class: "audience" });
  #note = h("span", { class: "note" });
  #edNotes = new EdNotes();
  #editions = new EditionMarks();
  #timing = h("span", { class: "timing" });
  #toolbar = new ActToolbar((act) => this.act(act));
  #role;
  #edition;
  #onAct;
  /** @type {Byline[]} */
  #shownBylines = [];

  /**
   * @param {Item} item
   * @param {string} role of the person signed in
   * @param {{name: string, timezone?: string}} edition
   * @param {(row: Row, act: string) => void} onAct
   */
  constructor(item, role, edition, onAct) {
    this.item = item;
    this.#role = role;
    this.#edition = edition;
    this.#onAct = onAct;
    const meta = h(
      "p",
      { class: "meta" },
      this.#state,
      this.#editions.offer,
      this.#bylines,
      this.peopleSlot,
      this.#timing,
      this.receiptSlot,
      this.#note,
    );
    this.element = h(
      "li",
      { class: "row", "data-uri": item.uri, tabindex: "-1" },
      this.#edge,
      this.#line,
      meta,
      this.#toolbar.element,
      this.#editions.element,
      this.#edNotes.element,
      this.outcome,
      this.formSlot,
    );
  }

  /**
   * @param {Item} item
   * @param {Timing} timing
   * @param {EdNote[]} edNotes
   * @param {Byline[]} bylines
   */
  show(item, timing, edNotes, bylines) {
    const isFirst = this.#edge.childElementCount === 0;
    const isSame = item.version === this.item.version && item.unreadable === this.item.unreadable;
    if (isFirst || !isSame) this.#showItem(item);
    this.#edNotes.show(edNotes);
    this.#timing.replaceChildren(...timingParts(item, timing));
    if (bylines === this.#shownBylines) return;
    this.#shownBylines = bylines;
    this.#bylines.replaceChildren(...bylineParts(bylines));
  }

  /** @param {Item} item @param {boolean} hasSiblings */
  showEditions(item, hasSiblings) {
    this.#editions.show(item, hasSiblings, actsFor(item, this.#role));
  }

  /** Whether an element with the class `kind` is shown below the row. @param {string} kind */
  hasBelow(kind) {
    return Boolean(this.formSlot.querySelector(`.${kind}`));
  }

  /**
   * Shows `element` below the row and moves the focus to its part with the class `kind`; null: to the row alone.
   * @param {string} kind
   * @param {HTMLElement | null} element
   */
  showBelow(kind, element) {
    this.formSlot.replaceChildren(...(element ? [element] : []));
    if (element) this.formSlot.querySelector(/** @type {"div"} */ (`.${kind}`))?.focus();
    else this.focus();
  }

  /** Names the others who have a form of this item open. @param {Person[]} people */
  showPeople(people) {
    const key = JSON.stringify(people.map(({ name, act }) => [name, act]));
    if (this.peopleSlot.dataset.people === key) return;
    this.peopleSlot.dataset.people = key;
    this.peopleSlot.replaceChildren(
      ...people.map(({ name, act }) => {
        const element = h("span");
        showText(element, `people.${act}`, { name });
        return element;
      }),
    );
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
    const list = h("ul", { "aria-live": "polite" });
    showWarnings(list, warnings);
    this.outcome.replaceChildren(...(warnings.length ? [list] : []));
  }

  /** Focuses the button of `act`, or the first button, or the row if it has none. */
  focus(act = "") {
    (this.#toolbar.button(act) ?? this.element).focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "nearest" });
  }

  /** @param {Item} item */
  #showItem(item) {
    this.item = item;
    const { dataset } = this.element;
    dataset.urgency = String(item.urgency);
    dataset.status = item.unreadable ? "unreadable" : item.pubStatus;
    dataset.version = String(item.version);
    this.#edge.replaceChildren(...edgeParts(item));
    this.#state.replaceChildren(...stateParts(item, this.#edition));
    this.#line.replaceChildren(...itemLineParts(item));
    this.#line.lang = item.headline.language;
    this.#line.dir = item.headline.direction;
    this.#note.replaceChildren(...noteParts(item));
    const focusedAct = this.#toolbar.show(actsFor(item, this.#role), item.headline.value);
    if (focusedAct !== undefined) this.focus(focusedAct);
  }
}

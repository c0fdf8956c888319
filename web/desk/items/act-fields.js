/** The fields of an act's form: filled from the item, and read as the body of a request. */

import { fitHeight, h, oneLine } from "../shell/dom.js";
import { placeErrors } from "../shell/field-errors.js";
import { showText } from "../shell/i18n.js";
import { option, URGENCIES, urgencyName } from "../shell/options.js";
import { UndoHistory } from "../shell/undo.js";
import { labelled, showError } from "./act-field.js";
import { ActLine } from "./act-line.js";
import { actBody, NOTE_REQUIRED, TEXT_ACTS } from "./acts.js";
import { MoreFields } from "./more-fields.js";
import { ReasonList } from "./reason-list.js";
import { reasonsFor } from "./reasons.js";

/** @import { Item, Site } from "../shell/types.d.ts" */

let formCount = 0;

/** The acts that can be the same in all editions, and the sentence that offers it. @type {Record<string, string>} */
const SIBLING_ACTS = {
  hold: "siblings.all",
  withdraw: "siblings.all",
  correction: "siblings.all.correction",
};

export class ActFields {
  #act;
  #site;
  #id = `act${++formCount}`;
  /** @type {ActLine | null} */
  #line = null;
  #urgency = h("select", { autocomplete: "off" });
  #note = h("textarea", { rows: "2", autocomplete: "off", spellcheck: "true" });
  /** @type {ReasonList | null} */
  #reasons = null;
  #all = h("input", { type: "checkbox", autocomplete: "off" });
  /** @type {MoreFields | null} */
  #more = null;
  /** Each field with its label, in the order of the form. @type {HTMLElement[]} */
  elements = [];

  /**
   * @param {Item} item
   * @param {string} act
   * @param {Site} site
   * @param {boolean} hasSiblings whether the same can be done to other editions
   * @param {import("../compose/new-source.js").NewSource} newSource
   */
  constructor(item, act, site, hasSiblings, newSource) {
    this.#act = act;
    this.#site = site;
    if (TEXT_ACTS.has(act)) this.#line = new ActLine(item, site, newSource, this.#id);
    if (this.#line) this.elements.push(...this.#line.elements);
    if (TEXT_ACTS.has(act) && act !== "refile") this.#addUrgency(item);
    if (TEXT_ACTS.has(act)) this.#more = new MoreFields(item, act, site, this.#id);
    if (this.hasNote) this.#addNote(item);
    if (this.#more) this.elements.push(this.#more.element);
    if (hasSiblings && act in SIBLING_ACTS) this.#addAll();
    new UndoHistory(this.#note);
    this.#note.dir = item.headline.direction;
    this.#note.lang = item.headline.language;
    this.handleInput();
  }

  /** Moves the focus to what has to be entered first: the line, or the choice of a note. */
  focus() {
    if (this.#reasons && !TEXT_ACTS.has(this.#act) && !this.#note.value && !this.#note.readOnly)
      return this.#reasons.element.focus();
    const field = this.#line?.field ?? this.#note;
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    fitHeight(field);
  }

  /** Keeps the note on one line, shows what the line is made of, and removes errors. */
  handleInput() {
    const note = oneLine(this.#note.value);
    if (note !== this.#note.value) this.#note.value = note;
    if (this.#note.isConnected) {
      fitHeight(this.#note);
      showError(this.#note, "");
    }
    this.#line?.show();
    this.#more?.handleInput();
  }

  /** @param {boolean} isLocked while the outcome of the act is unknown, nothing of it may change */
  lock(isLocked) {
    this.#note.readOnly = isLocked;
    for (const field of [this.#urgency, this.#all]) field.disabled = isLocked;
    this.#line?.lock(isLocked);
    this.#more?.lock(isLocked);
    if (!isLocked) this.handleInput();
  }

  /** Does what a key of the composer's line does; no field has breaks. False for any other key. @param {KeyboardEvent} event */
  handleKey(event) {
    if (event.key === "Enter" && event.target instanceof HTMLTextAreaElement) return true;
    return this.#line?.handleKey(event) ?? false;
  }

  /** Whether readers can get a note with the act. */
  get hasNote() {
    return this.#act !== "update" && this.#act !== "refile";
  }

  /** The line as it is typed. @param {Item} base */
  lineText(base) {
    const { text, source } = this.#values(base);
    if (base.infoSources.length !== 1)
      return `${base.infoSources.map(({ name }) => name.value).join(" · ")}: ${text}`;
    return `${source}: ${text}`;
  }

  /** What is changed besides the words, as it is shown. @param {Item} base */
  changes(base) {
    return this.#more?.changes(base) ?? [];
  }

  /** The fields that a story can be chosen in. */
  get more() {
    return this.#more;
  }

  /** What is typed and chosen, to be stored. @returns {Record<string, string | string[]>} */
  get typed() {
    const values = Object.fromEntries(this.#named().map(([name, field]) => [name, field.value]));
    return { ...this.#line?.typed, ...values, ...this.#more?.typed };
  }

  /** Puts stored values into the fields. @param {Record<string, string | string[]>} values */
  fill(values) {
    for (const [name, field] of this.#named()) {
      const value = values[name];
      if (typeof value === "string") field.value = value;
    }
    this.#line?.fill(values);
    this.#more?.fill(values);
    this.handleInput();
  }

  /** @returns {[string, HTMLTextAreaElement | HTMLSelectElement][]} */
  #named() {
    return [
      ["urgency", this.#urgency],
      ["note", this.#note],
    ];
  }

  /** The request of the act on `base`. @param {Item} base */
  body(base) {
    const body = { ...actBody(base, this.#values(base), this.#act, this.#site), ...this.#more?.body(base) };
    return this.#all.checked ? { ...body, siblings: true } : body;
  }

  /** Whether nothing is missing; otherwise shows what is, and moves the focus there. @param {Item} base */
  isComplete(base) {
    const { note } = this.#values(base);
    const errors = this.#line?.missing() ?? [];
    if (NOTE_REQUIRED.has(this.#act) && !note.trim()) errors.push([this.#note, { t: "act.note.missing" }]);
    for (const [field, message] of errors) showError(field, message);
    const [first] = errors;
    // A digit chooses a prepared note, and letters are typed into it all the same.
    if (first?.[0] === this.#note && this.#reasons) this.#reasons.element.focus();
    else first?.[0].focus();
    return errors.length === 0 && !this.#more?.showUnclear();
  }

  /**
   * Shows the desk's errors in their fields.
   * @param {import("../shell/errors.js").RefusedError} error
   * @returns {import("../shell/i18n.js").Param[]} the messages that have no field here
   */
  showErrors({ errors }) {
    /** @param {HTMLElement} field */
    const ifShown = (field) => (field.isConnected ? field : null);
    const fields = {
      headline: this.#line?.field,
      infoSources: this.#line?.field,
      urgency: ifShown(this.#urgency),
      note: ifShown(this.#note),
      ...this.#more?.errorFields,
    };
    return placeErrors(errors, fields, (field, message) => {
      this.#more?.openFor(field);
      showError(field, message);
    });
  }

  /** @param {Item} item */
  #addUrgency({ urgency }) {
    for (const choice of new Set([...URGENCIES, urgency]))
      this.#urgency.append(option(String(choice), ...urgencyName(choice)));
    this.#urgency.value = String(urgency);
    this.elements.push(this.#field("urgency", this.#urgency));
  }

  /** @param {Item} item */
  #addNote({ headline }) {
    const isRequired = NOTE_REQUIRED.has(this.#act);
    const field = this.#field(isRequired ? "act.note" : "act.note.optional", this.#note);
    const reasons = reasonsFor(this.#act, headline.language);
    if (reasons.length) {
      this.#reasons = new ReasonList(reasons, headline, this.#note);
      field.append(this.#reasons.element);
    }
    this.elements.push(field);
    if (isRequired) this.#note.setAttribute("aria-required", "true");
  }

  /** Offers the same act for all editions. */
  #addAll() {
    const words = h("span");
    showText(words, SIBLING_ACTS[this.#act] ?? "");
    this.elements.push(h("label", { class: "check" }, this.#all, " ", words));
  }

  /** @param {Item} base gives the values that this form has no field for */
  #values(base) {
    const [first] = base.infoSources;
    const line = this.#line?.values;
    return {
      text: line?.text ?? base.headline.value,
      source: line?.source ?? first?.name.value ?? "",
      role: line?.source != null ? line.role : (first?.role ?? ""),
      urgency: this.#urgency.isConnected ? Number(this.#urgency.value) : base.urgency,
      note: this.#note.isConnected ? this.#note.value : "",
    };
  }

  /** @param {string} key @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} field */
  #field(key, field) {
    return labelled(this.#id, key, field);
  }
}

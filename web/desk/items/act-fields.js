/** The fields of an act's form: filled from the item, and read as the body of a request. */

import { fitHeight, h, oneLine } from "../shell/dom.js";
import { placeErrors, showFieldError } from "../shell/field-errors.js";
import { showText, t } from "../shell/i18n.js";
import { fillRoles, option, URGENCIES, urgencyName } from "../shell/options.js";
import { findSource } from "../shell/sources.js";
import { actBody, NOTE_REQUIRED, TEXT_ACTS } from "./acts.js";

/** @import { Item, Site } from "../shell/types.d.ts" */

let formCount = 0;

export class ActFields {
  #act;
  #site;
  #id = `act${++formCount}`;
  #source = h("input", { autocomplete: "off" });
  #role = h("select", { autocomplete: "off" });
  #text = h("textarea", { rows: "2", autocomplete: "off", spellcheck: "true" });
  #urgency = h("select", { autocomplete: "off" });
  #note = h("textarea", { rows: "2", autocomplete: "off", spellcheck: "true" });
  /** Each field with its label, in the order of the form. @type {HTMLElement[]} */
  elements = [];

  /**
   * @param {Item} item
   * @param {string} act
   * @param {Site} site
   */
  constructor(item, act, site) {
    this.#act = act;
    this.#site = site;
    if (TEXT_ACTS.has(act)) this.#addTextFields(item);
    if (act !== "update" && act !== "refile") this.#addNote();
    for (const field of [this.#text, this.#source, this.#note]) {
      field.dir = item.headline.direction;
      field.lang = item.headline.language;
    }
    this.handleInput();
  }

  focus() {
    const field = TEXT_ACTS.has(this.#act) ? this.#text : this.#note;
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    fitHeight(field);
  }

  /** Keeps each field on one line, sets the role of a registered source, and removes errors. */
  handleInput() {
    for (const area of [this.#text, this.#note]) {
      const line = oneLine(area.value);
      if (line !== area.value) area.value = line;
      if (area.isConnected) fitHeight(area);
    }
    const registered = this.#registeredSource();
    this.#role.disabled = registered !== undefined;
    if (registered) this.#role.value = registered.role;
    for (const field of [this.#text, this.#source, this.#role, this.#note]) {
      if (field.isConnected) this.#showError(field, "");
    }
  }

  /** @param {boolean} isLocked while the outcome of the act is unknown, nothing of it may change */
  lock(isLocked) {
    for (const field of [this.#text, this.#source, this.#note]) field.readOnly = isLocked;
    for (const field of [this.#role, this.#urgency]) field.disabled = isLocked;
    if (!isLocked) this.handleInput();
  }

  /** The request of the act on `base`. @param {Item} base */
  body(base) {
    return actBody(base, this.#values(base), this.#act, this.#site);
  }

  /** Whether nothing is missing; otherwise shows what is, and moves the focus there. @param {Item} base */
  isComplete(base) {
    const { text, source, role, note } = this.#values(base);
    /** @type {[HTMLElement, string][]} */
    const errors = [];
    if (!text) errors.push([this.#text, t("act.text.missing")]);
    if (!source) errors.push([this.#source, t("line.nosource")]);
    else if (!role) errors.push([this.#role, t("role.missing", { source })]);
    if (NOTE_REQUIRED.has(this.#act) && !note.trim()) errors.push([this.#note, t("act.note.missing")]);
    for (const [field, message] of errors) this.#showError(field, message);
    errors[0]?.[0].focus();
    return errors.length === 0;
  }

  /**
   * Shows the desk's errors in their fields.
   * @param {import("../shell/errors.js").RefusedError} error
   * @returns {string[]} the messages that have no field here
   */
  showErrors({ errors }) {
    /** @param {HTMLElement} field */
    const ifShown = (field) => (field.isConnected ? field : null);
    const fields = {
      headline: ifShown(this.#text),
      infoSources: ifShown(this.#source),
      urgency: ifShown(this.#urgency),
      note: ifShown(this.#note),
    };
    return placeErrors(errors, fields, (field, message) => this.#showError(field, message));
  }

  /** @param {Item} item */
  #addTextFields({ headline, infoSources, urgency }) {
    const [first] = infoSources;
    this.#text.value = headline.value;
    fillRoles(this.#role, this.#site.roles);
    this.#source.value = first?.name.value ?? "";
    this.#role.value = first?.role ?? "";
    if (infoSources.length === 1) {
      const source = this.#field("act.source", this.#source);
      this.elements.push(h("div", { class: "pair" }, source, this.#field("act.role", this.#role)));
    }
    this.elements.push(this.#field("act.text", this.#text));
    if (this.#act === "refile") return;
    for (const choice of new Set([...URGENCIES, urgency]))
      this.#urgency.append(option(String(choice), ...urgencyName(choice)));
    this.#urgency.value = String(urgency);
    this.elements.push(this.#field("urgency", this.#urgency));
  }

  #addNote() {
    const isRequired = NOTE_REQUIRED.has(this.#act);
    this.elements.push(this.#field(isRequired ? "act.note" : "act.note.optional", this.#note));
    if (isRequired) this.#note.setAttribute("aria-required", "true");
  }

  /** @param {Item} base gives the values that this form has no field for */
  #values(base) {
    const hasWords = TEXT_ACTS.has(this.#act);
    const [first] = base.infoSources;
    return {
      text: hasWords ? this.#text.value.trim() : base.headline.value,
      source: hasWords ? this.#source.value.trim() : (first?.name.value ?? ""),
      role: hasWords ? (this.#registeredSource()?.role ?? this.#role.value) : (first?.role ?? ""),
      urgency: this.#urgency.isConnected ? Number(this.#urgency.value) : base.urgency,
      note: this.#note.isConnected ? this.#note.value : "",
    };
  }

  #registeredSource() {
    const id = findSource(this.#site.sources, this.#source.value.trim());
    return id ? this.#site.sources[id] : undefined;
  }

  /**
   * @param {string} key of the label
   * @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} field
   */
  #field(key, field) {
    field.id = `${this.#id}-${key.replaceAll(".", "-")}`;
    const errorId = `${field.id}-error`;
    field.setAttribute("aria-describedby", errorId);
    const label = h("label", { for: field.id });
    showText(label, key);
    const error = h("p", { class: "error", id: errorId, role: "alert" });
    return h("div", { class: "field" }, label, field, error);
  }

  /**
   * @param {HTMLElement} field
   * @param {string} message
   */
  #showError(field, message) {
    const output = document.getElementById(`${field.id}-error`);
    if (output) showFieldError(field, output, message);
  }
}

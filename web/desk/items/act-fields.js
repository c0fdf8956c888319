/** The fields of an act's form: prefilled with what is on the wire, read as the body of a request. */

import { roleChoices, URGENCIES } from "../compose/choices.js";
import { actBody, oneLine } from "../compose/line.js";
import { findSource } from "../compose/split.js";
import { fault, grow, h } from "../shell/dom.js";
import { say, t } from "../shell/i18n.js";
import { NOTE_REQUIRED, TEXT_ACTS } from "./items.js";

/** @typedef {import("./items.js").Item} Item */

let forms = 0;

export class ActFields {
  #act;
  #site;
  #id = `act${++forms}`;
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
   * @param {import("../compose/line.js").Site} site
   */
  constructor(item, act, site) {
    this.#act = act;
    this.#site = site;
    const { headline, infoSources, urgency } = item;
    if (TEXT_ACTS.has(act)) {
      this.#text.value = headline.value;
      roleChoices(this.#role, site.roles);
      const [first] = infoSources;
      this.#source.value = first?.name.value ?? "";
      this.#role.value = first?.role ?? "";
      if (infoSources.length === 1) {
        this.elements.push(
          h(
            "div",
            { class: "pair" },
            this.#field("act.source", this.#source),
            this.#field("act.role", this.#role),
          ),
        );
      }
      this.elements.push(this.#field("act.text", this.#text));
      if (act !== "refile") this.elements.push(this.#urgencyField(urgency));
    }
    if (act !== "update" && act !== "refile") {
      this.elements.push(this.#field(NOTE_REQUIRED.has(act) ? "act.note" : "act.note.optional", this.#note));
      if (NOTE_REQUIRED.has(act)) this.#note.setAttribute("aria-required", "true");
    }
    for (const field of [this.#text, this.#source, this.#note]) {
      field.dir = headline.direction;
      field.lang = headline.language;
    }
    this.typed();
  }

  focus() {
    const field = TEXT_ACTS.has(this.#act) ? this.#text : this.#note;
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    grow(field);
  }

  /** Follows what was typed: one line in each field, the role of a registered source, no old complaint. */
  typed() {
    for (const area of [this.#text, this.#note]) {
      const line = oneLine(area.value);
      if (line !== area.value) area.value = line;
      if (area.isConnected) grow(area);
    }
    const known = this.#known();
    this.#role.disabled = known !== undefined;
    if (known) this.#role.value = known.role;
    for (const field of [this.#text, this.#source, this.#role, this.#note]) {
      if (field.isConnected) this.#fault(field, "");
    }
  }

  /** @param {boolean} locked what was sent must not be changed while its outcome is unknown */
  lock(locked) {
    for (const field of [this.#text, this.#source, this.#note]) field.readOnly = locked;
    for (const field of [this.#role, this.#urgency]) field.disabled = locked;
    if (!locked) this.typed();
  }

  /** What is to be sent over `base`. @param {Item} base */
  body(base) {
    return actBody(base, this.#values(base), this.#act, this.#site);
  }

  /** Whether nothing is missing; says what is, and goes there. @param {Item} base */
  isComplete(base) {
    const { text, source, role, note } = this.#values(base);
    /** @type {[HTMLElement, string][]} */
    const faults = [];
    if (!text) faults.push([this.#text, t("act.text.missing")]);
    if (!source) faults.push([this.#source, t("line.nosource")]);
    else if (!role) faults.push([this.#role, t("role.missing", { source })]);
    if (NOTE_REQUIRED.has(this.#act) && !note.trim()) faults.push([this.#note, t("act.note.missing")]);
    for (const [field, message] of faults) this.#fault(field, message);
    faults[0]?.[0].focus();
    return faults.length === 0;
  }

  /**
   * Shows what the desk refused beside the fields that it is about.
   * @param {import("../shell/api.js").RefusedError} error
   * @returns {string[]} the messages that have no field here
   */
  showRefusal({ errors }) {
    /** @type {Record<string, HTMLElement>} */
    const places = {
      headline: this.#text,
      infoSources: this.#source,
      urgency: this.#urgency,
      note: this.#note,
    };
    const left = [];
    for (const { field, message } of errors) {
      const place = places[field.split(/[.[]/u, 1)[0] ?? ""];
      if (place?.isConnected) this.#fault(place, message);
      else left.push(message);
    }
    return left;
  }

  /** @param {Item} base gives what this form has no field for */
  #values(base) {
    const hasWords = TEXT_ACTS.has(this.#act);
    const [first] = base.infoSources;
    return {
      text: hasWords ? this.#text.value.trim() : base.headline.value,
      source: hasWords ? this.#source.value.trim() : (first?.name.value ?? ""),
      role: hasWords ? (this.#known()?.role ?? this.#role.value) : (first?.role ?? ""),
      urgency: this.#urgency.isConnected ? Number(this.#urgency.value) : base.urgency,
      note: this.#note.isConnected ? this.#note.value : "",
    };
  }

  /** The registered source that is named, if it is one. */
  #known() {
    const id = findSource(this.#site.sources, this.#source.value.trim());
    return id ? this.#site.sources[id] : undefined;
  }

  /** @param {number} urgency */
  #urgencyField(urgency) {
    for (const each of new Set([...URGENCIES, urgency])) {
      const option = h("option", { value: String(each) });
      say(option, each <= 4 ? `urgency.${each}` : "urgency.other", { number: each });
      this.#urgency.append(option);
    }
    this.#urgency.value = String(urgency);
    return this.#field("urgency", this.#urgency);
  }

  /**
   * @param {string} key
   * @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} field
   */
  #field(key, field) {
    field.id = `${this.#id}-${key.replaceAll(".", "-")}`;
    field.setAttribute("aria-describedby", `${field.id}-error`);
    const label = h("label", { for: field.id });
    say(label, key);
    return h(
      "div",
      { class: "field" },
      label,
      field,
      h("p", { class: "error", id: `${field.id}-error`, role: "alert" }),
    );
  }

  /**
   * @param {HTMLElement} field
   * @param {string} message
   */
  #fault(field, message) {
    const place = document.getElementById(`${field.id}-error`);
    if (place) fault(field, place, message);
  }
}

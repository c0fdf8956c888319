/**
 * The reason of a bulk act, written or chosen once. Readers get it in the language of their line, so a selection in
 * several languages has one field for each; a prepared note fills them all.
 */

import { DestinationView } from "../shell/destination.js";
import { fitHeight, h, oneLine } from "../shell/dom.js";
import { FieldDraft } from "../shell/field-draft.js";
import { showFieldError } from "../shell/field-errors.js";
import { setLabel, showText } from "../shell/i18n.js";
import { NOTE_REQUIRED } from "./acts.js";
import { bulkDestination } from "./bulk-plan.js";
import { ReasonList } from "./reason-list.js";
import { reasonsFor } from "./reasons.js";

/** @import { Item, Site } from "../shell/types.d.ts" */

/** @typedef {{area: HTMLTextAreaElement, error: HTMLElement, reasons: string[]}} NoteField */

let formCount = 0;

export class BulkForm {
  element = h("form", { class: "act", method: "post", novalidate: true });
  #act;
  #send = h("button", { class: "primary" });
  #id = `bulk${++formCount}`;
  /** @type {Map<string, NoteField>} by language */
  #notes = new Map();
  /** @type {ReasonList | null} */
  #reasons = null;
  #draft;
  #destination;

  /**
   * @param {string} act
   * @param {Item[]} items
   * @param {{owner: string, site: Site, onSend: () => void, onClose: () => void}} options
   */
  constructor(act, items, { owner, site, onSend, onClose }) {
    this.#act = act;
    this.#draft = new FieldDraft(owner, `bulk.${act}`);
    const fields = [...new Map(items.map((item) => [item.headline.language, item])).values()].map((item) =>
      this.#field(item, site),
    );
    const [first] = items;
    const note = this.#notes.get(first?.headline.language ?? "");
    if (first && note?.reasons.length) {
      this.#reasons = new ReasonList(note.reasons, first.headline, note.area);
      fields[0]?.append(this.#reasons.element);
    }
    this.#send.classList.toggle("danger", act === "withdraw");
    this.#destination = new DestinationView(site);
    this.#destination.element.id = `${this.#id}-destination`;
    this.#send.setAttribute("aria-describedby", this.#destination.element.id);
    this.showTargets(items);
    const cancel = h("button", { type: "button" });
    showText(cancel, "cancel");
    cancel.addEventListener("click", onClose);
    this.element.append(
      ...fields,
      this.#destination.element,
      h("p", { class: "actions" }, this.#send, cancel),
    );
    this.#fill();
    this.element.addEventListener("input", (event) => this.#handleInput(event));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      onSend();
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const isSending = event.key === "Enter" && (event.ctrlKey || event.metaKey);
      if (isSending && !event.repeat) onSend();
      else if (event.key === "Escape") onClose();
      else if (event.key !== "Enter" || !(event.target instanceof HTMLTextAreaElement)) return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /** Says how many lines it is about, and where the act goes. @param {Item[]} items */
  showTargets(items) {
    this.#destination.show(bulkDestination(items));
    const params = { act: { t: `act.${this.#act}` }, count: items.length };
    setLabel(this.element, "bulk.title", params);
    showText(this.#send, "bulk.title", params);
  }

  focus() {
    const [first] = this.#notes.values();
    if (this.#reasons && !first?.area.value) this.#reasons.element.focus();
    else first?.area.focus();
  }

  /** The notes by language; null if one is missing, which is shown. @returns {Map<string, string> | null} */
  get notes() {
    /** @type {NoteField | null} */
    let missing = null;
    const notes = new Map([...this.#notes].map(([language, field]) => [language, field.area.value.trim()]));
    for (const { area, error, reasons } of this.#notes.values()) {
      const isMissing = NOTE_REQUIRED.has(this.#act) && !area.value.trim();
      showFieldError(area, error, isMissing ? { t: "act.note.missing" } : "");
      if (isMissing) missing ??= { area, error, reasons };
    }
    if (!missing) return notes;
    const [first] = this.#notes.values();
    if (this.#reasons && missing.area === first?.area) this.#reasons.element.focus();
    else missing.area.focus();
    return null;
  }

  /** The notes were sent. */
  forgetDraft() {
    this.#draft.forget();
  }

  /** @param {Item} item gives the language @param {Site} site */
  #field({ headline, edition }, site) {
    const { language, direction } = headline;
    const id = `${this.#id}-${this.#notes.size}`;
    const area = h("textarea", {
      id,
      rows: "1",
      autocomplete: "off",
      spellcheck: "true",
      lang: language,
      dir: direction,
      "aria-describedby": `${id}-error`,
      "aria-required": NOTE_REQUIRED.has(this.#act) ? "true" : undefined,
    });
    const error = h("p", { class: "error", id: `${id}-error`, role: "alert" });
    const label = h("label", { for: id });
    showText(label, NOTE_REQUIRED.has(this.#act) ? "bulk.note" : "bulk.note.optional", {
      edition: site.editions[edition]?.name ?? edition,
    });
    this.#notes.set(language, { area, error, reasons: reasonsFor(this.#act, language) });
    return h("div", { class: "field" }, label, area, error);
  }

  #fill() {
    const values = this.#draft.load() ?? {};
    for (const [language, { area }] of this.#notes) {
      const value = values[language];
      if (typeof value === "string") area.value = value;
    }
  }

  /** @param {Event} event */
  #handleInput(event) {
    const changed = [...this.#notes.values()].find(({ area }) => area === event.target);
    for (const { area, error, reasons } of this.#notes.values()) {
      const index = changed?.reasons.indexOf(changed.area.value) ?? -1;
      const isOwn = area.value !== "" && !reasons.includes(area.value);
      if (area !== changed?.area && index >= 0 && !isOwn) area.value = reasons[index] ?? area.value;
      const line = oneLine(area.value);
      if (line !== area.value) area.value = line;
      fitHeight(area);
      showFieldError(area, error, "");
    }
    this.#draft.save(
      Object.fromEntries([...this.#notes].map(([language, { area }]) => [language, area.value])),
    );
  }
}

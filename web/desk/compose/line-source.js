/** What is known of the source of a line: its attribution, the role of one that is not registered, and adding it. */

import { showText } from "../shell/i18n.js";
import { replaceText } from "../shell/insert-text.js";
import { fillRoles } from "../shell/options.js";
import { sourceName } from "../shell/sources.js";
import { splitAsTyped } from "./split.js";

/** @import { Edition, Site } from "../shell/types.d.ts" */
/** @import { NewSource } from "./new-source.js" */

/**
 * @typedef {object} Elements
 * @property {HTMLTextAreaElement} line
 * @property {HTMLElement} attribution
 * @property {HTMLElement} roleField holds `role` and `roleLabel`
 * @property {HTMLSelectElement} role
 * @property {HTMLElement} roleLabel
 * @property {HTMLButtonElement} add opens the form of a new source
 * @property {HTMLElement} who says who may add one
 */

export class LineSource {
  #elements;
  #site;
  #newSource;
  #edition;

  /**
   * @param {Elements} elements
   * @param {Site} site
   * @param {NewSource} newSource
   * @param {() => Edition} edition that of the line
   */
  constructor(elements, site, newSource, edition) {
    this.#elements = elements;
    this.#site = site;
    this.#newSource = newSource;
    this.#edition = edition;
    fillRoles(elements.role, site.roles);
    elements.add.addEventListener("click", () => this.add());
  }

  /** @param {string} role the one that is chosen for a source that is not registered */
  show(role = this.#elements.role.value) {
    const { line, attribution, roleField, roleLabel, add, who } = this.#elements;
    const { source, id } = splitAsTyped(line.value, this.#site.sources);
    const isUnknown = source !== null && id === null;
    roleField.hidden = !isUnknown;
    add.hidden = !(isUnknown && this.#newSource.isAllowed);
    who.hidden = !(isUnknown && !this.#newSource.isAllowed);
    if (isUnknown) showText(roleLabel, "split.role", { source });
    const known = id ? (this.#site.sources[id]?.role ?? "") : role;
    const kind = source === null ? "none" : id ? "known" : role ? "unknown" : "ask";
    attribution.dataset.kind = kind;
    showText(attribution, `split.${kind}`, { role: { t: `role.${known}` } });
  }

  /**
   * Opens the form of a new source with the name in the line. Returns why it did not open, as the key of a sentence.
   * @returns {string}
   */
  add() {
    const { line, role } = this.#elements;
    const { source, id } = splitAsTyped(line.value, this.#site.sources);
    if (source === null) return "line.nosource";
    if (id !== null) return "newsource.known";
    if (!this.#newSource.isAllowed) return "newsource.who";
    this.#add(source, line.value, role.value);
    return "";
  }

  /** @param {string} source @param {string} text @param {string} role */
  async #add(source, text, role) {
    const { line } = this.#elements;
    const { selectionStart, selectionEnd } = line;
    const added = await this.#newSource.ask({ name: source, edition: this.#edition(), role });
    line.focus();
    line.setSelectionRange(selectionStart, selectionEnd);
    if (added) this.show();
    // Another line may have come into the field since.
    if (!added || line.value !== text) return;
    const { value } = sourceName(added, this.#edition().language);
    if (value !== source) {
      const start = text.indexOf(source);
      const end = start + source.length;
      replaceText(line, start, end, value);
      const moved = (/** @type {number} */ index) =>
        index < start ? index : Math.max(start, index + value.length - source.length);
      line.setSelectionRange(moved(selectionStart), moved(selectionEnd));
    }
  }
}

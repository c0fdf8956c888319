/** Which rows of the list are selected: by a row's checkbox or its key, and together with Shift for a range. */

import { h } from "../shell/dom.js";
import { setLabel } from "../shell/i18n.js";

/** @import { Row } from "./row.js" */

export class Selection {
  #list;
  #onChange;
  /** @type {Map<string, HTMLInputElement>} */
  #boxes = new Map();
  /** @type {Set<string>} */
  #uris = new Set();
  /** The row that was selected last; a range begins there. */
  #anchor = "";

  /**
   * @param {HTMLElement} list
   * @param {(byPerson: boolean) => void} onChange
   */
  constructor(list, onChange) {
    this.#list = list;
    this.#onChange = onChange;
    list.addEventListener("click", (event) => {
      const box = event.target instanceof Element ? event.target.closest(".select") : null;
      if (box instanceof HTMLInputElement) this.toggle(box.value, event.shiftKey);
    });
  }

  get size() {
    return this.#uris.size;
  }

  /** The selected uris, in the order of the list. */
  get uris() {
    return this.#order().filter((uri) => this.#uris.has(uri));
  }

  /** Gives a row its checkbox. @param {Row} row */
  add({ item, element }) {
    const box = h("input", { type: "checkbox", class: "select", value: item.uri, autocomplete: "off" });
    setLabel(box, "bulk.select", { text: item.headline.value });
    this.#boxes.set(item.uri, box);
    element.append(box);
  }

  /**
   * Selects a row, or removes it from the selection.
   * @param {string} uri
   * @param {boolean} isRange selects every row from the one that was selected last
   */
  toggle(uri, isRange) {
    const order = this.#order();
    const start = order.indexOf(this.#anchor);
    const end = order.indexOf(uri);
    if (end < 0) return;
    if (isRange && start >= 0) {
      for (const each of order.slice(Math.min(start, end), Math.max(start, end) + 1)) this.#uris.add(each);
    } else if (!this.#uris.delete(uri)) this.#uris.add(uri);
    this.#anchor = uri;
    this.#show(true);
  }

  /** Keeps those of the selected rows that `isKept` names. @param {(uri: string) => boolean} isKept */
  keep(isKept) {
    const kept = this.uris.filter(isKept);
    if (kept.length === this.size) return;
    this.#uris = new Set(kept);
    this.#show(false);
  }

  clear() {
    this.#anchor = "";
    this.keep(() => false);
  }

  /** Forgets the rows, because another person signs in. */
  reset() {
    this.#boxes.clear();
    this.#uris.clear();
    this.#anchor = "";
    this.#show(false);
  }

  #order() {
    return [...this.#list.children].map((row) => /** @type {HTMLElement} */ (row).dataset.uri ?? "");
  }

  /** @param {boolean} byPerson */
  #show(byPerson) {
    for (const [uri, box] of this.#boxes) {
      box.checked = this.#uris.has(uri);
      box.closest(".row")?.classList.toggle("selected", box.checked);
    }
    this.#list.classList.toggle("selecting", this.#uris.size > 0);
    this.#onChange(byPerson);
  }
}

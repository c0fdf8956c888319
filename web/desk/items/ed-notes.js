/** The notes to colleagues on an item (`edNote`), folded into one line of its row. Readers never get them. */

import { h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";

/** @import { EdNote } from "../shell/types.d.ts" */

export class EdNotes {
  #summary = h("summary");
  #list = h("ul");
  element = h("details", { class: "ed-notes", hidden: true }, this.#summary, this.#list);
  /** @type {EdNote[]} */
  #notes = [];

  /** @param {EdNote[]} notes the oldest version first */
  show(notes) {
    if (notes === this.#notes) return;
    this.#notes = notes;
    this.element.hidden = notes.length === 0;
    showText(this.#summary, "ednotes", { count: notes.length });
    this.#list.replaceChildren(
      ...notes.map(({ version, by, note }) => {
        const label = h("span");
        showText(label, "ednotes.of", { version, by });
        return h("li", {}, label, " ", h("bdi", { dir: "auto" }, note));
      }),
    );
  }
}

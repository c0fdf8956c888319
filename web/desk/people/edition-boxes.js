/** The editions to which a person or a token is limited, as a group of boxes; none is every edition. */

import { h } from "../shell/dom.js";

/** @import { Site } from "../shell/types.d.ts" */

export class EditionBoxes {
  /**
   * @param {HTMLElement} group
   * @param {Site} site
   */
  constructor(group, site) {
    this.#group = group;
    this.#site = site;
    this.value = null;
  }

  #group;
  #site;

  /** @returns {string[] | null} */
  get value() {
    const chosen = this.#boxes.filter((box) => box.checked).map((box) => box.value);
    return chosen.length ? chosen : null;
  }

  set value(editions) {
    const { editions: known } = this.#site;
    // Without a box, an edition that the site no longer has would be left out, and none is every edition.
    const ids = new Set([...Object.keys(known), ...(editions ?? [])]);
    const boxes = [...ids].map((id) => {
      const box = h("input", { type: "checkbox", value: id, autocomplete: "off" });
      box.checked = editions?.includes(id) ?? false;
      return h("label", {}, box, h("bdi", { lang: known[id]?.language }, known[id]?.name ?? id));
    });
    this.#group.querySelector(".options-row")?.replaceChildren(...boxes);
  }

  /** @returns {HTMLInputElement[]} */
  get #boxes() {
    return [...this.#group.querySelectorAll("input")];
  }
}

/** The sources suggested below the line while its beginning is typed (ARIA: a text box with a list of options). */

import { $, h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";
import { matchingSources } from "../shell/sources.js";

/** @typedef {{id: string, label: string, role: string}} Suggestion */

const COLON = /[:\uff1a]/u;

export class Suggestions {
  #field;
  #list;
  #sources;
  #language;
  #onChoose;
  /** @type {Suggestion[]} */
  #suggestions = [];
  #active = -1;

  /**
   * @param {HTMLTextAreaElement} field
   * @param {HTMLElement} list
   * @param {import("../shell/types.d.ts").Sources} sources
   * @param {() => string} language of the labels
   * @param {(label: string) => void} onChoose
   */
  constructor(field, list, sources, language, onChoose) {
    this.#field = field;
    this.#list = list;
    this.#sources = sources;
    this.#language = language;
    this.#onChoose = onChoose;
    field.addEventListener("keydown", (event) => this.#handleKey(event));
    field.addEventListener("blur", () => this.close());
    // Not click: the field would lose its focus, which closes the list, before the click arrives.
    list.addEventListener("pointerdown", (event) => {
      const option = event.target instanceof Element ? event.target.closest("[role=option]") : null;
      event.preventDefault();
      if (option) this.#choose([...list.children].indexOf(option));
    });
  }

  get isOpen() {
    return !this.#list.hidden;
  }

  /** Suggests sources for the beginning of the line; nothing once it has a colon, or if it is empty. */
  update() {
    const beginning = this.#field.value;
    if (beginning.trim() === "" || COLON.test(beginning)) this.close();
    else this.#showFor(beginning);
  }

  close() {
    this.#list.hidden = true;
    showText($("line-suggestions"), "");
    this.#active = -1;
    this.#field.removeAttribute("aria-activedescendant");
  }

  /** @param {string} beginning */
  #showFor(beginning) {
    const language = this.#language();
    const suggestions = matchingSources(this.#sources, beginning, language);
    const count = suggestions.length;
    this.#suggestions = suggestions;
    this.#active = -1;
    this.#field.removeAttribute("aria-activedescendant");
    this.#list.hidden = count === 0;
    showText($("line-suggestions"), count ? "sources.count" : "", { count });
    this.#list.replaceChildren(...suggestions.map((suggestion, index) => this.#option(suggestion, index)));
  }

  /**
   * @param {Suggestion} suggestion
   * @param {number} index
   */
  #option({ label, role }, index) {
    const roleName = h("span", { class: "kind" });
    showText(roleName, `role.${role}`);
    return h(
      "li",
      { id: `${this.#list.id}-${index}`, role: "option", "aria-selected": "false" },
      h("bdi", { lang: this.#language() }, label),
      " ",
      roleName,
    );
  }

  /** @param {KeyboardEvent} event */
  #handleKey(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const { value } = this.#field;
    if (event.key === "ArrowDown" && !this.isOpen && !COLON.test(value)) this.#showFor(value);
    if (!this.isOpen) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      const count = this.#suggestions.length;
      this.#activate((this.#active + step + count + (this.#active < 0 && step < 0 ? 1 : 0)) % count);
    } else if ((event.key === "Enter" || event.key === "Tab") && this.#active >= 0) {
      this.#choose(this.#active);
    } else if (event.key === "Escape") {
      this.close();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} active */
  #activate(active) {
    this.#active = active;
    for (const [index, option] of [...this.#list.children].entries()) {
      option.setAttribute("aria-selected", String(index === active));
      if (index === active) {
        this.#field.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      }
    }
  }

  /** @param {number} index */
  #choose(index) {
    const suggestion = this.#suggestions[index];
    this.close();
    if (suggestion) this.#onChoose(suggestion.label);
  }
}

/** The sources suggested below the line while its beginning is typed (ARIA: a text box with a list of options). */

import { h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";
import { matchingSources } from "../shell/sources.js";
import { sourcePlace } from "./source-place.js";

/** @import { Place } from "./source-place.js" */

/** @typedef {{id: string, label: string, role: string}} Suggestion */

export class Suggestions {
  #field;
  #list;
  #status;
  #sources;
  #language;
  #onChoose;
  /** @type {Suggestion[]} */
  #suggestions = [];
  #active = -1;
  /** Where the chosen source goes. @type {Place | null} */
  #place = null;

  /**
   * @param {HTMLTextAreaElement} field
   * @param {HTMLElement} list
   * @param {HTMLElement} status says how many are offered
   * @param {import("../shell/types.d.ts").Sources} sources
   * @param {() => string} language of the labels
   * @param {(place: Place, label: string) => void} onChoose
   */
  constructor(field, list, status, sources, language, onChoose) {
    this.#field = field;
    this.#list = list;
    this.#status = status;
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

  /** Suggests sources where a name is being typed, and nothing elsewhere. */
  update() {
    const place = this.#placeNow();
    if (place.isTyped && place.query !== "") this.#showFor(place);
    else this.close();
  }

  /** Suggests sources wherever the caret is: the chosen one goes to the beginning of the line. */
  offer() {
    this.#showFor(this.#placeNow());
  }

  close() {
    this.#list.hidden = true;
    showText(this.#status, "");
    this.#active = -1;
    this.#field.removeAttribute("aria-activedescendant");
  }

  #placeNow() {
    const { value, selectionStart } = this.#field;
    return sourcePlace(value, selectionStart, this.#sources, this.#language());
  }

  /** @param {Place} place */
  #showFor(place) {
    this.#place = place;
    const suggestions = matchingSources(this.#sources, place.query, this.#language());
    const count = suggestions.length;
    this.#suggestions = suggestions;
    this.#active = -1;
    this.#field.removeAttribute("aria-activedescendant");
    this.#list.hidden = count === 0;
    showText(this.#status, count ? "sources.count" : "", { count });
    this.#list.replaceChildren(...suggestions.map((suggestion, index) => this.#option(suggestion, index)));
  }

  /**
   * @param {Suggestion} suggestion
   * @param {number} index
   */
  #option({ id, label, role }, index) {
    const others = Object.entries(this.#sources[id]?.names ?? {})
      .filter(([, name]) => name !== label)
      .flatMap(([lang, name]) => [" ", h("bdi", { lang }, name)]);
    const roleName = h("span", { class: "kind" });
    showText(roleName, `role.${role}`);
    return h(
      "li",
      { id: `${this.#list.id}-${index}`, role: "option", "aria-selected": "false" },
      h("bdi", { lang: this.#language() }, label),
      h("span", { class: "others" }, ...others),
      roleName,
    );
  }

  /** @param {KeyboardEvent} event */
  #handleKey(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const place = this.#placeNow();
    // In the text the arrow moves the caret.
    const isSourcePlace = place.isTyped || place.rest.trim() === "";
    if (event.key === "ArrowDown" && !this.isOpen && isSourcePlace) this.#showFor(place);
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
    if (suggestion && this.#place) this.#onChoose(this.#place, suggestion.label);
  }
}

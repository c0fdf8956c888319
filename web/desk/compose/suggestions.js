/** The sources offered below the line while its beginning is typed (ARIA: a text box with a list of options). */

import { $, h } from "../shell/dom.js";
import { say } from "../shell/i18n.js";
import { suggest } from "./split.js";

export class Suggestions {
  /** @type {HTMLTextAreaElement} */
  #field;
  #list;
  #sources;
  #language;
  #onChoose;
  /** @type {{id: string, label: string, role: string}[]} */
  #offered = [];
  #active = -1;

  /**
   * @param {HTMLTextAreaElement} field
   * @param {HTMLElement} list
   * @param {import("./split.js").Sources} sources
   * @param {() => string} language of the labels
   * @param {(label: string) => void} onChoose
   */
  constructor(field, list, sources, language, onChoose) {
    this.#field = field;
    this.#list = list;
    this.#sources = sources;
    this.#language = language;
    this.#onChoose = onChoose;
    field.addEventListener("keydown", (event) => this.#key(event));
    field.addEventListener("blur", () => this.close());
    // Not click: the field would lose its focus, and with it the list, before the click arrives.
    list.addEventListener("pointerdown", (event) => {
      const option = event.target instanceof Element ? event.target.closest("[role=option]") : null;
      event.preventDefault();
      if (option) this.#choose([...list.children].indexOf(option));
    });
  }

  get open() {
    return !this.#list.hidden;
  }

  /** Offers what the beginning of the line could mean; nothing once it has its colon, or where nothing is typed. */
  typed() {
    const beginning = this.#field.value;
    if (beginning.trim() === "" || /[:\uff1a]/u.test(beginning)) this.close();
    else this.#show(suggest(this.#sources, beginning, this.#language()));
  }

  close() {
    this.#list.hidden = true;
    say($("line-offered"), "");
    this.#active = -1;
    this.#field.removeAttribute("aria-activedescendant");
  }

  /** @param {{id: string, label: string, role: string}[]} offered */
  #show(offered) {
    this.#offered = offered;
    this.#active = -1;
    this.#field.removeAttribute("aria-activedescendant");
    this.#list.hidden = offered.length === 0;
    say($("line-offered"), offered.length ? "sources.count" : "", { count: offered.length });
    this.#list.replaceChildren(
      ...offered.map(({ label, role }, index) => {
        const kind = h("span", { class: "kind" });
        say(kind, `role.${role}`);
        return h(
          "li",
          { id: `${this.#list.id}-${index}`, role: "option", "aria-selected": "false" },
          h("bdi", { lang: this.#language() }, label),
          " ",
          kind,
        );
      }),
    );
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown" && !this.open && !/[:\uff1a]/u.test(this.#field.value)) {
      this.#show(suggest(this.#sources, this.#field.value, this.#language()));
    }
    if (!this.open) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      const count = this.#offered.length;
      this.#activate((this.#active + step + count + (this.#active < 0 && step < 0 ? 1 : 0)) % count);
    } else if ((event.key === "Enter" || event.key === "Tab") && this.#active >= 0) {
      this.#choose(this.#active);
    } else if (event.key === "Escape") {
      this.close();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} index */
  #activate(index) {
    this.#active = index;
    for (const [place, option] of [...this.#list.children].entries()) {
      option.setAttribute("aria-selected", String(place === index));
      if (place === index) {
        this.#field.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      }
    }
  }

  /** @param {number} index */
  #choose(index) {
    const chosen = this.#offered[index];
    this.close();
    if (chosen) this.#onChoose(chosen.label);
  }
}

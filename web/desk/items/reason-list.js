/**
 * The prepared notes under a note field (ARIA: a list box): a digit or Enter chooses one, the arrow keys move, and any
 * other character is typed into the note.
 */

import { h } from "../shell/dom.js";
import { setLabel } from "../shell/i18n.js";

/** @import { Text } from "../shell/types.d.ts" */

let listCount = 0;

export class ReasonList {
  element = h("ol", { class: "reasons", role: "listbox", tabindex: "0" });
  #id = `reasons${++listCount}`;
  #note;
  #active = 0;

  /**
   * @param {string[]} reasons
   * @param {Text} headline gives language and direction
   * @param {HTMLTextAreaElement} note is filled with the chosen one
   */
  constructor(reasons, { language, direction }, note) {
    this.#note = note;
    setLabel(this.element, "reasons");
    this.element.append(
      ...reasons.map((reason, index) =>
        h(
          "li",
          { id: `${this.#id}-${index}`, role: "option", "data-key": String(index + 1) },
          h("bdi", { lang: language, dir: direction }, reason),
        ),
      ),
    );
    this.#activate(0);
    this.element.addEventListener("keydown", (event) => this.#handleKey(event));
    this.element.addEventListener("click", (event) => {
      const option = event.target instanceof Element ? event.target.closest("li") : null;
      if (option) this.#choose([...this.element.children].indexOf(option));
    });
  }

  /** @param {KeyboardEvent} event */
  #handleKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const count = this.element.childElementCount;
    // By position: an Arabic keyboard types other digits.
    const digit = Number(/^(?:Digit|Numpad)([1-9])$/u.exec(event.code)?.[1] ?? 0);
    if (digit && digit <= count) this.#choose(digit - 1);
    else if (event.key === "Enter" || event.key === " ") this.#choose(this.#active);
    else if (event.key === "ArrowDown") this.#activate((this.#active + 1) % count);
    else if (event.key === "ArrowUp") this.#activate((this.#active + count - 1) % count);
    else if ([...event.key].length === 1) this.#write(this.#note.value + event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} index */
  #activate(index) {
    this.#active = index;
    for (const [position, option] of [...this.element.children].entries())
      option.setAttribute("aria-selected", String(position === index));
    this.element.setAttribute("aria-activedescendant", `${this.#id}-${index}`);
  }

  /** @param {number} index */
  #choose(index) {
    this.#activate(index);
    this.#write(this.element.children[index]?.textContent ?? "");
  }

  /** Puts `text` into the note, where it can be changed. @param {string} text */
  #write(text) {
    this.#note.value = text;
    this.#note.focus();
    this.#note.setSelectionRange(this.#note.value.length, this.#note.value.length);
    this.#note.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** The buttons of a row's acts: one stop of the Tab key, with the arrow keys between them (ARIA: toolbar). */

import { h } from "../shell/dom.js";
import { setLabel, showText } from "../shell/i18n.js";
import { ACT_LETTERS } from "./acts.js";

export class ActToolbar {
  element = h("div", { class: "acts", role: "toolbar" });

  /** @param {(act: string) => void} onAct */
  constructor(onAct) {
    this.element.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (button) onAct(button.dataset.act ?? "");
    });
    this.element.addEventListener("keydown", (event) => this.#moveFocus(event));
  }

  /**
   * @param {string[]} acts
   * @param {string} headline names the toolbar
   * @returns {string | undefined} the act whose button had the focus, which was lost with it
   */
  show(acts, headline) {
    const active = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    const focusedAct = active && this.element.contains(active) ? active.dataset.act : undefined;
    this.element.hidden = acts.length === 0;
    setLabel(this.element, "item.acts", { text: headline });
    this.element.replaceChildren(...acts.map((act, index) => actButton(act, index === 0)));
    return focusedAct;
  }

  /** The button of `act`, or else the first one. @param {string} act */
  button(act) {
    const buttons = this.#buttons();
    return buttons.find((button) => button.dataset.act === act) ?? buttons[0];
  }

  /** @returns {HTMLButtonElement[]} */
  #buttons() {
    return [...this.element.querySelectorAll("button")];
  }

  /** @param {KeyboardEvent} event */
  #moveFocus(event) {
    const rtl = getComputedStyle(this.element).direction === "rtl";
    const step = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1, Home: -100, End: 100 }[event.key];
    if (step === undefined) return;
    const buttons = this.#buttons();
    const index = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const next = buttons[Math.min(buttons.length - 1, Math.max(0, index + step))];
    if (!next) return;
    event.preventDefault();
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  }
}

/**
 * @param {string} act
 * @param {boolean} isFirst
 */
function actButton(act, isFirst) {
  const button = h("button", {
    type: "button",
    class: "quiet",
    "data-act": act,
    "data-key": ACT_LETTERS[act],
    "aria-keyshortcuts": ACT_LETTERS[act],
    tabindex: isFirst ? "0" : "-1",
  });
  showText(button, `act.${act}`);
  return button;
}

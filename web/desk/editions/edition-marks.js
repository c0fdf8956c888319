/** What a row says about other editions: that its original has changed, and the way to its translations. */

import { h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";

/** @import { Item } from "../shell/types.d.ts" */

/** The act that answers a change of the original with the same one. @type {Record<string, string>} */
const SAME_ACT = { correction: "correction", hold: "hold", withdraw: "withdraw" };

export class EditionMarks {
  element = h("div", { class: "edition-marks", hidden: true });
  /** The way to the other editions of an item whose original has not changed: a part of the line about the item. */
  offer = h("span", { class: "edition-offer" });
  #shown = "";

  /**
   * @param {Item} item
   * @param {boolean} hasSiblings
   * @param {string[]} acts those that the person may do
   */
  show({ stale, version }, hasSiblings, acts) {
    const key = JSON.stringify([stale, version, hasSiblings, acts]);
    if (key === this.#shown) return;
    this.#shown = key;
    const hadFocus = [this.element, this.offer].some((place) => place.contains(document.activeElement));
    const offers = stale ? ["correction", SAME_ACT[stale.act] ?? ""].filter((act) => acts.includes(act)) : [];
    const buttons = [...new Set(offers)].map((act) => button(act, `act.${act}`));
    if (stale && acts.length) buttons.push(button("settled", "stale.settled"));
    if (hasSiblings) buttons.push(button("siblings", "siblings"));
    this.element.replaceChildren(...(stale ? [...staleParts(stale), ...buttons] : []));
    this.element.classList.toggle("stale", Boolean(stale));
    this.element.hidden = !stale;
    this.offer.replaceChildren(...(stale ? [] : buttons));
    if (hadFocus) buttons[0]?.focus();
  }
}

/** @param {NonNullable<Item["stale"]>} stale */
function staleParts({ act, note }) {
  const mark = h("b");
  showText(mark, `stale.${act}`);
  return note ? [mark, h("bdi", { lang: note.language, dir: note.direction }, note.value)] : [mark];
}

/** @param {string} name @param {string} key */
function button(name, key) {
  const element = h("button", { type: "button", class: "quiet", "data-editions": name });
  showText(element, key);
  return element;
}

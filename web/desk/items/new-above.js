/**
 * Holds new lines back while the list is being read, so that nothing moves under the eyes; a bar says how many wait.
 *
 * The list counts as being read while it is scrolled, while the pointer or the focus is in it, and while rows are
 * selected. At its top and left alone it shows new lines at once.
 */

import { $ } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";

/** @import { Item } from "../shell/types.d.ts" */

/** How far the list may be scrolled and still count as being at its top, in CSS pixels. */
const TOP = 8;
/** After the pointer or the focus left, before new lines come in, in milliseconds. */
const LEFT_MS = 400;

export class NewAbove {
  #pane;
  #list;
  #bar = $("new-above");
  #onShow;
  #hasSelection;
  /** The uris of the rows that are shown. @type {Set<string>} */
  #shown = new Set();
  /** Lines that are shown at once: the person's own, and those they asked for. @type {Set<string>} */
  #wanted = new Set();
  #isForced = true;

  /**
   * @param {HTMLElement} pane what scrolls
   * @param {HTMLElement} list
   * @param {() => boolean} hasSelection
   * @param {() => void} onShow called when the lines that wait may be shown
   */
  constructor(pane, list, hasSelection, onShow) {
    this.#pane = pane;
    this.#list = list;
    this.#hasSelection = hasSelection;
    this.#onShow = onShow;
    this.#bar.addEventListener("click", () => this.showAll());
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#bar.hidden || this.isReading || onShow(), LEFT_MS);
    };
    for (const type of ["pointerleave", "focusout"]) list.addEventListener(type, later);
    for (const target of [pane, window]) target.addEventListener("scroll", later, { passive: true });
  }

  /** Whether the list is being read now. */
  get isReading() {
    const list = this.#list;
    const hovered = matchMedia("(hover: hover)").matches && list.matches(":hover");
    const isScrolled = this.#pane.scrollTop > TOP || list.getBoundingClientRect().bottom < 0;
    return isScrolled || hovered || list.contains(document.activeElement) || this.#hasSelection();
  }

  /** Shows every line from the next rendering on, for example after a change of the filter. */
  release() {
    this.#isForced = true;
  }

  /** Shows this line at once when it comes. @param {string} uri */
  want(uri) {
    this.#wanted.add(uri);
  }

  /** Shows what waits, and scrolls to it. */
  showAll() {
    this.release();
    this.#onShow();
    this.#pane.scrollTop = 0;
    if (this.#list.getBoundingClientRect().top < 0) this.#list.scrollIntoView({ block: "start" });
  }

  /**
   * The items to show now; the bar counts the others.
   * @param {Item[]} items
   * @returns {Item[]}
   */
  filter(items) {
    const isOpen = this.#isForced || !this.isReading;
    this.#isForced = false;
    const kept = items.filter(({ uri }) => isOpen || this.#shown.has(uri) || this.#wanted.has(uri));
    this.#shown = new Set(kept.map(({ uri }) => uri));
    const count = items.length - kept.length;
    this.#bar.hidden = count === 0;
    showText(this.#bar, count ? "new.above" : "", { count });
    return kept;
  }
}

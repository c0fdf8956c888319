/**
 * Shows a text as a whole where the layout has cut it: a button in the row opens the text in the top layer, where it pushes
 * nothing. Escape, a click elsewhere and a button close it.
 */

import { el, fill } from "./view.js";

/** @import { Frame } from "./frame.js" */

/** @param {Element} node */
const isClipped = (node) =>
  node.scrollHeight > node.clientHeight + 1 || node.scrollWidth > node.clientWidth + 1;

/**
 * @param {Frame} frame @param {{ all: string, dismiss: string }} words
 * @param {() => number} end where the room for rows ends, in pixels from its start
 */
export function wholeTexts(frame, words, end) {
  const { root, rows } = frame;
  const text = el("div", "");
  /** @type {HTMLDivElement} */
  let box;
  const onclick = () => box.hidePopover();
  const close = el("button", "close", { type: "button", onclick }, words.dismiss);
  box = el("div", "whole", { popover: "auto", role: "dialog", ariaLabel: words.all }, text, close);
  root.append(box);
  let hadFocus = false;
  box.onbeforetoggle = () => {
    hadFocus = box.matches(":focus-within");
  };
  // The browser gives the focus back to the element, and not to the button in it.
  box.ontoggle = ({ newState }) => {
    if (newState === "closed" && hadFocus)
      /** @type {HTMLElement | null | undefined} */ (rows.get(uri)?.li.querySelector(".all"))?.focus();
  };
  /** The item whose text is open. */
  let uri = "";
  const draw = () => {
    const copies = rows.get(uri)?.li.querySelectorAll(".meta, .text, .note") ?? [];
    fill(text, ...[...copies].map((node) => node.cloneNode(true)));
    for (const node of text.querySelectorAll(".all")) node.remove();
    return copies.length > 0;
  };
  /** Puts the box there if it is in the window as a whole. @param {DOMRect} start */
  const place = (start) => {
    // A page may zoom what the box is in, and with it every length of the box.
    const zoom = /** @type {{ currentCSSZoom?: number }} */ (box).currentCSSZoom ?? 1;
    const { innerWidth, innerHeight } = /** @type {Window} */ (root.ownerDocument.defaultView);
    /** @param {"left" | "top" | "width" | "maxBlockSize"} name @param {number} pixels in the window */
    const set = (name, pixels) => {
      box.style[name] = `${Math.max(0, pixels) / zoom}px`;
    };
    box.style.insetInlineStart = "auto";
    set("width", Math.min(root.getBoundingClientRect().width, 640 * zoom, innerWidth));
    set("maxBlockSize", 0.9 * innerHeight);
    const { width, height } = box.getBoundingClientRect();
    set("left", Math.min(start.left, innerWidth - width));
    set("top", Math.min(start.top, innerHeight - height));
  };
  /** @param {string} of */
  const open = (of) => {
    uri = of;
    if (!draw()) return;
    box.showPopover();
    place((rows.get(uri)?.li ?? root).getBoundingClientRect());
    close.focus();
  };

  /** Adds the buttons; to be called when rows or sizes have changed. */
  return () => {
    const isOpen = box.matches(":popover-open");
    if (isOpen)
      if (draw()) place(box.getBoundingClientRect());
      else box.hidePopover();
    const limit = end();
    for (const [key, { li }] of rows) {
      if (!li.checkVisibility({ visibilityProperty: true })) continue;
      const isCut =
        li.offsetTop + li.offsetHeight > limit + 2 ||
        [...li.querySelectorAll(".text, .note")].some(isClipped);
      const old = li.querySelector(".all");
      if (isCut && !old)
        li.firstElementChild?.append(
          el("button", "all", { type: "button", onclick: () => open(key) }, words.all),
        );
      if (!isCut && old && !isOpen) old.remove();
    }
  };
}

/** The controls of the layout `line`: the next and the previous item, a count, and a line that moves on by itself. */

import { el } from "./view.js";

/** @import { Frame } from "./frame.js" */

const ADVANCE_SECONDS = 6;

/** The English words of this part; the other languages have them in their own file. */
export const english = { previous: "Previous", next: "Next" };

export const css = `
.count { font-size: .8125em; min-inline-size: 3.2em; color: var(--_soft); font-variant-numeric: tabular-nums }
.turn::before { content: ""; display: inline-block; inline-size: .5em; block-size: .5em; border: solid currentColor; border-width: 2px 2px 0 0; rotate: 45deg }
.back::before, [dir=rtl] .turn::before { scale: -1 }
[dir=rtl] .back::before { scale: 1 }
.line .notice:has(+ .why) { display: none }
@container (max-width: 735px) { .line .body:has(.why, .notice) .text { -webkit-line-clamp: 2 } }
@container (max-width: 352px) { .count, .back { display: none } }
`;

/** @param {Frame} frame */
export function extend(frame) {
  const { root, line } = frame;
  if (!line) return {};
  const words = { ...english, ...frame.words };
  let shown = "";
  let idleSeconds = 0;

  /** @param {number} by */
  const step = (by) => {
    const { uris } = line;
    line.show(uris.at((uris.indexOf(line.shown) + by) % (uris.length || 1)) ?? "");
    update();
  };
  /** @param {string} part @param {string} title @param {number} by */
  const button = (part, title, by) =>
    el("button", part, { type: "button", title, ariaLabel: title, onclick: () => step(by) });
  const count = el("span", "count");
  const buttons = [button("turn back", words.previous, -1), button("turn", words.next, 1)];
  const update = () => {
    const { length } = line.uris;
    if (line.shown !== shown) idleSeconds = 0;
    shown = line.shown;
    count.textContent = length ? `${line.uris.indexOf(shown) + 1}/${length}` : "";
    for (const each of buttons) each.hidden = length < 2;
  };
  const check = () => {
    line.isInUse = root.matches(":hover, :focus-within");
    idleSeconds = 0;
  };
  // In a microtask, because the focus is still inside while `focusout` fires.
  for (const type of ["mouseenter", "mouseleave", "focusin", "focusout"])
    root.addEventListener(type, () => queueMicrotask(check));
  frame.tools.append(count, ...buttons);

  return {
    render: update,
    showFirst: update,

    /** Once a second. The line moves only where a reader can pause it (WCAG 2.2.2). */
    tick() {
      const { defaultView, hidden } = root.ownerDocument;
      if (frame.isPaused || line.isInUse || hidden) return;
      if (line.unseen) line.show(line.unseen);
      else if (
        frame.hasControls &&
        !defaultView?.matchMedia("(prefers-reduced-motion: reduce)").matches &&
        ++idleSeconds >= ADVANCE_SECONDS
      )
        step(1);
      line.unseen = "";
      update();
    },
  };
}

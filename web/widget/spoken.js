/** Lets the tickers of a page say each thing to a screen reader once: a front page may have several of one edition. */

/** @import { Frame } from "./frame.js" */

const KEPT = 500;
/** A message about the connection may come again; the other tickers of the page say it at the same time. */
const SAME_MS = 10_000;

/** When each was said, by its version or by its words, the oldest first. @type {Map<string, number>} */
const spoken = new Map();

/** @param {Frame} frame */
export function sayOnce(frame) {
  const say = frame.say.bind(frame);
  frame.say = (announcement) => {
    // A page may hide a ticker that is for other screens.
    if (!frame.root.checkVisibility({ visibilityProperty: true })) return;
    const { id, text } = announcement;
    const key = id || text.map((child) => (child instanceof Node ? child.textContent : child) || "").join("");
    const before = spoken.get(key) ?? 0;
    const now = Date.now();
    if (before && (id || now - before < SAME_MS)) return;
    spoken.delete(key);
    spoken.set(key, now);
    for (const old of spoken.keys()) if (spoken.size > KEPT) spoken.delete(old);
    say(announcement);
  };
}

/**
 * The layout `crawl`: the items move along one row, for screens and broadcasts. The real list stays for screen readers
 * and the keyboard; what moves is a copy.
 *
 * 1. The speed is in pixels a second (attribute `speed`), and does not depend on the items or the frame rate.
 * 2. The row has no gap and no end: copies are added at one edge and removed at the other.
 * 3. A new item is the next to come in. A withdrawn one loses its text at once and leaves its space, so nothing jumps.
 * 4. A reader who prefers reduced motion gets steps: the next item every few seconds.
 * 5. It stands while it is paused, and while the pointer or the focus is in it. Escape hides the controls that the
 *    pointer shows over it (WCAG 1.4.13).
 */

import { moveFrom } from "./move.js";
import { el } from "./view.js";

/** @import { Frame, Rendered } from "./frame.js" */
/**
 * @typedef {{ uri: string, version: number | undefined, li: Element, node: HTMLElement, size: number }} Piece `li` is the
 *   row that it copies
 */

const SPEED = 80;
const FASTEST = 1000;
const STEP_MS = 4000;
/** A page that was in the background goes on where it stood. */
const LONGEST_FRAME_MS = 100;

export const css = `
:host { --_paper: var(--ticker-paper, transparent); --_solid: var(--ticker-paper, light-dark(#fff, #15181d)); --_ground: var(--_solid) }
.crawl { display: grid; grid-template-columns: auto minmax(0, 1fr); align-items: center; position: relative }
.crawl .head { border: 0; padding: 0; flex-wrap: nowrap }
.crawl .tools { position: absolute; z-index: 2; inset: 0; padding-inline-start: 10em; gap: 0; flex-wrap: nowrap; justify-content: end; pointer-events: none; opacity: 0 }
.crawl .tools > * { flex: none; block-size: 100%; pointer-events: auto; background-color: var(--_ground) }
.crawl .tools > div { flex: 1; order: -2; display: flex; min-inline-size: 0; overflow: hidden; white-space: nowrap; pointer-events: none; background: none }
.crawl .tools p { pointer-events: auto; min-inline-size: 0 }
.crawl .tools p span { overflow: hidden; text-overflow: ellipsis }
.crawl .tools .fresh { order: -1; background-color: var(--_fill) }
.crawl .state { inline-size: 10em; padding-inline: .6em; line-height: 2.95 }
.crawl:is(:hover:not(.bare), :focus-within) .tools, .crawl .tools:has(.stale, .offline) { opacity: 1 }
.crawl :is(.why, .notice) { background: var(--_ground); border: 0 }
.crawl .body { overflow: hidden; position: relative; block-size: 2.4em }
.crawl .list { position: static; max-block-size: none; overflow: visible }
.crawl li { position: absolute; inset: 0; border: 0; padding: .5em; clip-path: inset(50%); white-space: nowrap; display: flex; gap: .7em }
.crawl li:focus-within { clip-path: none; z-index: 1; background: var(--_ground) }
.crawl :is(.text, .note, .u1 .text) { font-size: 1em; line-height: inherit; margin: 0; border: 0; padding: 0 }
.track { display: flex; inline-size: max-content; line-height: 2.4; white-space: nowrap; will-change: transform; text-shadow: 0 1px 2px light-dark(#fff, #000), 0 0 .3em light-dark(#fff, #000) }
.piece { display: flex; gap: .7em; padding-inline-end: .9em; flex: none }
.track .piece, .track .piece * { line-height: inherit }
.piece::before { content: ""; align-self: center; inline-size: 2px; block-size: 1.2em; margin-inline-end: .2em; background: currentColor; opacity: .6 }
.piece:empty::before { visibility: hidden }
[data-urgency="2"] .mark::before { rotate: none; clip-path: polygon(50% 0, 100% 100%, 0 100%) }
[data-urgency="3"] .mark::before { border-radius: 50% }
.crawl .empty { padding: .5em .8em }
@container (max-width: 480px) { .crawl .tools { padding-inline-start: 0 } .crawl .state { inline-size: 6.5em } .crawl .tools:has(p) .state, .crawl .notice:has(+ .why) { display: none } }
@media (forced-colors: active) { .piece::before { background: CanvasText } }
@media print {
  .crawl .track { display: none }
  .crawl .body { overflow: visible }
  .crawl li { position: static; clip-path: none; white-space: normal; flex-wrap: wrap }
}
`;

/** @param {Frame} frame */
export function extend(frame) {
  const { root, list, rows } = frame;
  const body = /** @type {HTMLElement} */ (list.parentElement);
  const { host } = frame.shadow;
  const view = /** @type {Window} */ (root.ownerDocument.defaultView);
  const track = el("div", "track", { ariaHidden: "true" });
  list.after(track);
  /** On the row, in their order. @type {Piece[]} */
  const pieces = [];
  /** @type {string[]} */
  let uris = [];
  /** Of each item of the list, also of those that have no row. @type {Map<string, number>} */
  let versions = new Map();
  /** New ones, which come in before the others go on. @type {string[]} */
  let fresh = [];
  /** The last that came in by its turn. */
  let last = "";
  /** From the edge where reading starts to the first piece, in pixels. */
  let offset = 0;
  let stood = 0;
  let before = 0;
  /** Whether the layout has changed since the last frame. */
  let isStill = false;

  const speed = () => Math.min(FASTEST, Math.max(1, Number(host.getAttribute("speed")) || SPEED));
  /** In pixels of its own: a page may scale or turn the row. @param {Element} node */
  const sizeOf = (node) => parseFloat(view.getComputedStyle(node).inlineSize) || 0;
  const isReduced = () => view.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const next = () => {
    const first = fresh.shift();
    if (first) return first;
    last = uris[(uris.indexOf(last) + 1) % uris.length] ?? "";
    return last;
  };
  /** @param {Piece} piece */
  const draw = (piece) => {
    const copies = [...piece.li.querySelectorAll(".mark, .text, .note")].map((node) => node.cloneNode(true));
    piece.node.replaceChildren(...copies);
    piece.node.dataset.urgency = piece.li.className.match(/\d/)?.[0] ?? "";
    // The list has the same links for the keyboard.
    for (const link of piece.node.querySelectorAll("a")) link.tabIndex = -1;
    piece.size = sizeOf(piece.node);
  };
  const add = () => {
    const uri = next();
    const li = rows.get(uri)?.li;
    if (!li) return false;
    const node = el("div", "piece");
    const piece = { uri, version: versions.get(uri), li, node, size: 0 };
    track.append(node);
    pieces.push(piece);
    draw(piece);
    return piece.size > 0;
  };
  const drop = () => {
    const piece = pieces.shift();
    piece?.node.remove();
    offset += piece?.size ?? 0;
  };
  /** Fills the row as far as it shows, and moves it. */
  const place = () => {
    let end = offset + pieces.reduce((sum, piece) => sum + piece.size, 0);
    const width = body.clientWidth;
    while (end < width && add()) end += pieces.at(-1)?.size ?? 0;
    const sign = root.dir === "rtl" ? -1 : 1;
    track.style.transform = `translateX(${sign * offset}px)`;
  };
  /** @param {number} now */
  const move = (now) => {
    if (!root.isConnected) return;
    view.requestAnimationFrame(move);
    // Where the page hides it, nothing has a size.
    if (!body.clientWidth) return;
    const elapsed = Math.min(LONGEST_FRAME_MS, now - before);
    const first = pieces[0];
    // A frame that changes the layout has no step, and the next one makes up for it: together they would be a shift.
    const isGliding = pieces.some(({ node }) => node.style.translate);
    if (first && offset + first.size <= 0 && !isGliding) drop();
    else if (!isStill) {
      before = now;
      if (!frame.isPaused && !root.matches(":hover, :focus-within") && first) {
        if (isReduced()) {
          offset = 0;
          stood += elapsed;
          if (stood >= Math.max(STEP_MS, (first.size / speed()) * 1000)) {
            stood = 0;
            drop();
          }
        } else offset -= (speed() * elapsed) / 1000;
      }
    }
    isStill = false;
    place();
  };
  before = performance.now();
  view.requestAnimationFrame(move);
  // With another typeface or size, and where the page shows it again, the pieces have another size.
  new ResizeObserver(() => {
    if (body.clientWidth) for (const piece of pieces) piece.size = sizeOf(piece.node);
  }).observe(track);
  /** @param {KeyboardEvent} event */
  const onEscape = ({ code }) => {
    if (code === "Escape") root.classList.add("bare");
    if (!root.isConnected) view.removeEventListener("keydown", onEscape);
  };
  root.addEventListener("mouseenter", () => view.addEventListener("keydown", onEscape));
  root.addEventListener("mouseleave", () => {
    view.removeEventListener("keydown", onEscape);
    root.classList.remove("bare");
  });

  return {
    /** @param {Rendered} given `all` is missing where the widget is of an older release */
    render({ items, added, all = items }) {
      versions = new Map(all.map((item) => [item.uri, item.version]));
      uris = items.map((item) => item.uri);
      fresh = [...fresh, ...added.map((item) => item.uri)].filter((uri) => uris.includes(uri));
      const before = pieces.map(({ node }) => node.getBoundingClientRect());
      isStill = true;
      for (const piece of pieces) {
        const li = rows.get(piece.uri)?.li;
        // An item that newer ones push out of the rows was not withdrawn, and its copy stays.
        if (!li && piece.version === versions.get(piece.uri)) continue;
        piece.version = versions.get(piece.uri);
        if (!li) {
          piece.node.style.inlineSize = `${piece.size}px`;
          piece.node.replaceChildren();
        } else if (li !== piece.li) {
          piece.li = li;
          draw(piece);
        }
      }
      for (const [index, { node }] of pieces.entries()) moveFrom(node, before[index]);
    },
  };
}

/**
 * What a reader can do with every ticker: pause it, show the items that wait, show older ones, dismiss the notice. A part
 * that is loaded after the list, with the style that a list does not need at once. Without it, no item waits for the
 * reader.
 */

import { keepFocus } from "./focus.js";
import { languageOf } from "./language.js";
import { furtherDown } from "./scroller.js";
import { sayOnce } from "./spoken.js";
import { messages, english as statusWords } from "./status.js";
import { steady } from "./steady.js";
import { tombstonesOf } from "./tombstones.js";
import { el } from "./view.js";
import { wholeTexts } from "./whole.js";

/** @import { BreakingTicker } from "./element.js" */
/** @import { Frame, Rendered } from "./frame.js" */
/** @typedef {{ isPaused: boolean, known: Set<string> | undefined, held: Set<string>, extra: number }} Reader */

/** How many older items a reader gets at once. */
const MORE = 10;
/** The most that a ticker sends. */
const MOST = 100;

/**
 * What the reader of each ticker has chosen, which outlives a change of its language or layout: `known` are the uris that
 * were in the list before, `held` those that wait, `extra` counts older items. @type {WeakMap<ShadowRoot, Reader>}
 */
const readers = new WeakMap();

const PAUSE_KEY = "breaking-ticker paused ";
/** Tickers that differ in one of these are paused each on its own. */
const SETTINGS = ["src", "edition", "section", "place", "story", "urgency"];

/** Keeps a pause while the tab is open, so through a reload; a sandboxed frame has no storage. @param {Element} host */
function pauseMemory(host) {
  const key = PAUSE_KEY + JSON.stringify(SETTINGS.map((name) => host.getAttribute(name)));
  return {
    isPaused() {
      try {
        return sessionStorage.getItem(key) === "1";
      } catch {
        return false;
      }
    },
    /** @param {boolean} isPaused */
    set(isPaused) {
      try {
        if (isPaused) sessionStorage.setItem(key, "1");
        else sessionStorage.removeItem(key);
      } catch {}
    },
  };
}

/** The English words of this part; the other languages have them in their own file. */
export const english = {
  ...statusWords,
  pause: "Pause",
  resume: "Resume",
  more: "{n} more",
  all: "Read all",
};

export const css = `
:host {
  --_under: var(--_solid, var(--_paper));
  --_ground: rgb(from color-mix(in srgb, var(--_under) 99.9%, lch(from var(--_ink) clamp(8, (49.4 - l) * infinity, 100) 0 0)) r g b / 1);
  --_warn: lch(from var(--_ground) clamp(39, (49.4 - l) * infinity, 76) 55 72);
  --_good: lch(from var(--_ground) clamp(39, (49.4 - l) * infinity, 71) 40 157);
  --_ring: lch(from var(--_ground) clamp(34, (49.4 - l) * infinity, 74) 48 272);
}
button { font: inherit; font-size: .8125em; font-weight: 600; color: inherit; background: none; border: 1px solid transparent; border-radius: 3px; min-block-size: 2.3em; min-inline-size: 2.3em; padding-inline: .6em; cursor: pointer }
button:hover { border-color: currentColor }
:focus-visible, .root:is(.line, .card) li:has(.link:focus-visible) { outline: 3px solid; outline-color: var(--_ring); outline-offset: 1px }
.root:is(.line, .card) li:has(.link:focus-visible) { outline-offset: -3px }
a:hover { text-decoration-color: currentColor }
.label { clip-path: polygon(0 0, 100% 0, calc(100% - .6em) 100%, 0 100%) }
[dir=rtl] .label { clip-path: polygon(0 0, 100% 0, 100% 100%, .6em 100%) }
.label { max-inline-size: 12em; overflow-wrap: anywhere }
.meta { font-variant-numeric: tabular-nums }
a { text-decoration-color: var(--_rule) }
.u2 .mark::before { rotate: none; clip-path: polygon(50% 0, 100% 100%, 0 100%) }
.u3 .mark::before { border-radius: 50% }
.note b { color: var(--_warn) }
.state.live { color: var(--_good) }
.state.live::before { background: currentColor }
.state.stale { color: var(--_warn) }
.state.offline { color: var(--_accent) }
.state.offline::before { border-radius: 0 }
.body { position: relative }
.cut { visibility: hidden }
.more { position: absolute; inset-block-end: .15em; inset-inline-start: .5em; border-color: var(--_rule) }
.body:has(.why, .notice) ol { padding-block-end: 3.5em }
.body:has(.why, .notice) li * { scroll-margin-block-end: 5em }
.messages { position: absolute; inset: 0; z-index: 2; display: flex; flex-direction: column; justify-content: end; pointer-events: none }
[class=root] .messages { inset-block-end: 2.2em }
.messages div { position: sticky; inset-block-end: 0; pointer-events: auto; background: var(--_ground) }
.messages .docked { position: static }
.notice, .why { font-size: .875em; padding: .3em .9em; border-block-start: 1px solid var(--_rule); color: var(--_warn); display: flex; align-items: center; gap: .5em; justify-content: space-between }
:is(.notice, .why) button { flex: none }
@container (max-width: 352px) { .fresh.fresh { min-inline-size: 5.5em; padding-inline: .3em } }
@container (min-width: 480px) { .since { display: none } }
li { position: relative }
.all { position: absolute; inset-block-start: 0; inset-inline-end: 0; text-decoration: underline }
.whole { max-inline-size: 100vw; max-block-size: 90vh; overflow: auto; margin: 0; padding: 1em; border: 2px solid; color: inherit; background: var(--_ground); overflow-wrap: anywhere }
.whole.whole :is(.text, .note) { display: block; overflow: visible; white-space: normal }
.close { position: sticky; inset-block-end: 0; margin-block-start: .6em; border-color: var(--_rule); background: inherit }
.new { z-index: 1; background: var(--_paper) }
@media not (prefers-reduced-motion: reduce) { .new { animation: in 2s } }
@keyframes in { from { background: color-mix(in srgb, var(--_fill) 16%, var(--_paper)) } }
.fresh { min-inline-size: 6.5em; text-align: start; background: var(--_fill); color: var(--_on); border-color: var(--_fill) }
.icon::before { content: ""; display: inline-block; inline-size: .2em; block-size: .85em; border: solid currentColor; border-width: 0 .24em; vertical-align: -.1em }
.icon.on::before { border-color: transparent currentColor; border-width: .42em 0 .42em .68em; inline-size: 0; block-size: 0 }
@media (forced-colors: active) { .fresh { border: 1px solid } .mark::before, .state.live::before { background: CanvasText } .label { border: 1px solid; clip-path: none } li { border-inline-start-color: Canvas } .u1 { border-inline-start: 4px solid Highlight } .u2 { border-inline-start: 4px dashed CanvasText } .u3 { border-inline-start: 4px dotted CanvasText } }
@media print {
  button, .messages button { display: none }
  .box .body { block-size: auto !important; overflow: visible }
  .box ol { max-block-size: none; overflow: visible !important }
  .cut { visibility: visible }
  .box :is(.text, .note) { display: block; overflow: visible; white-space: normal }
}
@media print, (hover: none) { time::before { content: attr(data-at) " · " } }
.root:has(:focus-visible) time::before { content: attr(data-at) " · " }
`;

/** @param {Frame} frame */
export function extend(frame) {
  const { options, root, list } = frame;
  options.show = Math.min(MOST, Math.max(1, options.show));
  const words = { ...english, ...frame.words };
  const host = /** @type {BreakingTicker} */ (frame.shadow.host);
  let language = languageOf(host);
  const memory = pauseMemory(host);
  /** @type {Reader} */
  const reader = readers.get(frame.shadow) ?? {
    isPaused: memory.isPaused(),
    known: undefined,
    held: new Set(),
    extra: 0,
  };
  readers.set(frame.shadow, reader);
  const tombstones = tombstonesOf(frame);
  sayOnce(frame);
  frame.isPaused = reader.isPaused;
  const pause = el("button", "pause icon", {
    type: "button",
    onclick: () => {
      frame.isPaused = reader.isPaused = !frame.isPaused;
      memory.set(frame.isPaused);
      label();
      if (!frame.isPaused) showAll();
    },
  });
  const fresh = el("button", "fresh", { type: "button", hidden: true, onclick: () => showAll() });
  const more = el("button", "more", {
    type: "button",
    hidden: true,
    onclick: () => {
      reader.extra += MORE;
      box.reset();
      options.renderAgain();
    },
  });
  /** How many older items have no row. */
  let rest = 0;
  const countMore = () => count(more, words.more, options.layout ? 0 : rest + box.hidden());
  const box = steady(frame, countMore, () => showWhole());
  const showWhole = options.layout === "crawl" ? () => {} : wholeTexts(frame, words, box.end);
  const showAll = () => {
    reader.held.clear();
    options.renderAgain();
    frame.showFirst();
  };
  const label = () => {
    pause.classList.toggle("on", frame.isPaused);
    pause.title = pause.ariaLabel = words[frame.isPaused ? "resume" : "pause"];
  };
  label();
  frame.state.after(fresh);
  frame.tools.append(pause);
  list.after(more);
  frame.hasControls = true;
  const restoreFocus = keepFocus(frame, pause);
  const isFurtherDown = furtherDown(frame);
  // A new item must not move what the reader is looking at, nor come while no reader looks.
  const isHolding = () =>
    frame.isPaused ||
    (!options.layout && (root.ownerDocument.hidden || list.scrollTop > 0 || isFurtherDown()));
  /** @param {HTMLElement} button @param {string} word @param {number} count */
  const count = (button, word, count) => {
    button.hidden = !count;
    button.textContent = word.replace("{n}", `${count}`);
  };
  /** What has the focus, and the item of its row. @type {Element | null} */
  let focused = null;
  let focusedUri = "";
  let first = "";
  frame.select = ({ items, hasList, now }) => {
    box.before();
    focused = frame.shadow.activeElement;
    focusedUri = [...frame.rows].find(([, { li }]) => li.contains(focused))?.[0] ?? "";
    const uris = items.map((item) => item.uri);
    // The items that wait are of another edition.
    if (!hasList) {
      reader.known = undefined;
      reader.held.clear();
      tombstones.clear();
      box.reset();
    }
    const { held, known, extra } = reader;
    // Those that have left the list while they waited: a pause may last for days.
    for (const uri of held) if (!uris.includes(uri)) held.delete(uri);
    if (known && isHolding()) for (const uri of uris) if (!known.has(uri)) held.add(uri);
    if (hasList) reader.known = new Set(uris);
    const free = items.filter((item) => !held.has(item.uri));
    const all = tombstones.merge(free, now);
    const shown = all.slice(0, options.show + extra);
    count(fresh, words.fresh, items.length - free.length);
    rest = all.length - shown.length;
    // Only the newest row of a card is large, and a row that takes or leaves its place is made again.
    if (options.layout === "card" && shown[0]?.uri !== first)
      for (const uri of [first, shown[0]?.uri ?? ""]) {
        frame.rows.get(uri)?.li.remove();
        frame.rows.delete(uri);
      }
    first = shown[0]?.uri ?? "";
    return shown;
  };
  return {
    tick() {
      // A pause stops this clock too (WCAG 2.2.1).
      if (!frame.isPaused && tombstones.expire()) options.renderAgain();
      if (language === languageOf(host)) return;
      language = languageOf(host);
      // The page's language has changed; the element loads the words for it when it gets words of the page.
      const { words: own } = host;
      host.words = own;
    },
    setStatus: messages(frame, words, box.check, () => pause.focus()),
    /** @param {Rendered} view */
    render({ added, hasList }) {
      box.after(hasList);
      countMore();
      showWhole();
      // An old item that a correction or a release brings is not highlighted as new.
      for (const { uri, version } of added) if (version < 2) frame.rows.get(uri)?.li.classList.add("new");
      // The focus would go to the page's start with a row that goes or a button that hides.
      if (focused && !focused.checkVisibility({ visibilityProperty: true }))
        (frame.rows.get(focusedUri)?.li.querySelector("a") ?? pause).focus();
      restoreFocus();
      for (const time of list.querySelectorAll("time")) {
        if (time.title) continue;
        const moment = new Date(time.dateTime);
        /** @param {Intl.DateTimeFormatOptions} [date] */
        const written = (date) => moment.toLocaleString(words.lang, { timeStyle: "short", ...date });
        time.title = written({ dateStyle: "medium" });
        // A pointer that cannot hover, the keyboard and paper have no title.
        time.dataset.at = moment.toDateString() === new Date().toDateString() ? written() : time.title;
      }
      // Other layouts than the list may cut a text.
      if (!options.layout) return;
      for (const node of list.querySelectorAll(".text, .note"))
        node.setAttribute("title", node.textContent.trim());
    },
  };
}

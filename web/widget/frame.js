/** The visible part of a ticker: heading, controls, list, announcements. It knows neither connection nor store. */

import { sheet } from "./style.js";
import { ago } from "./time.js";
import { el, fill, line, note, row } from "./view.js";

/** @import { Change, Item, State } from "../client/types.d.ts" */
/** @import { Words } from "./strings.js" */
/** @import { Child } from "./view.js" */
/** @typedef {{ li: HTMLLIElement, key: string }} Row `key` changes when the row must be made again */
/** @typedef {{ uri: string, text: Child[] }} Announcement for screen readers; `uri` is empty for none */
/**
 * @typedef {{ words: Words, dir: string, isLine: boolean, label: string, isPaused: boolean,
 *   showAll: () => void }} FrameOptions
 */

const ADVANCE_SECONDS = 6;
const ANNOUNCE_SECONDS = 4;

/** A button with a drawn icon and an accessible name. @param {string} part @param {string} title @param {() => void} onclick */
const icon = (part, title, onclick) =>
  el("button", part, { type: "button", title, ariaLabel: title, onclick });

export class Frame {
  isPaused;
  #options;
  #words;
  #root;
  #list = el("ol", "list", { role: "list" });
  #slot = el("slot", "");
  #state = el("span", "state");
  #why = el("p", "why");
  #count = el("span", "count");
  #polite = el("div", "sr", { role: "status" });
  #assertive = el("div", "sr", { role: "alert" });
  #notice;
  #empty;
  #pause = icon("pause icon", "", () => this.#togglePause());
  #fresh;
  #stepButtons;
  /** By uri. @type {Map<string, Row>} */
  #rows = new Map();
  /** The uri that a line shows; empty for the first. */
  #shown = "";
  /** The newest uri, if it came while the reader was busy with the line. */
  #unseen = "";
  /** Whether the pointer or the focus is inside the line. */
  #isInUse = false;
  #idleSeconds = 0;
  /** @type {Announcement[]} */
  #announcements = [];
  #quietSeconds = 0;

  /** @param {ShadowRoot} root @param {FrameOptions} options */
  constructor(root, options) {
    const { words, isLine, dir, isPaused, showAll } = options;
    this.#options = options;
    this.#words = words;
    this.isPaused = isPaused;
    this.#fresh = el("button", "fresh", { type: "button", hidden: true, onclick: showAll });
    this.#stepButtons = [
      icon("turn back", words.previous, () => this.#step(-1)),
      icon("turn", words.next, () => this.#step(1)),
    ];
    const dismiss = () => {
      this.#notice.hidden = true;
      this.#pause.focus();
    };
    this.#notice = el(
      "p",
      "notice",
      { role: "status", hidden: true },
      words.missed,
      el("button", "dismiss", { type: "button", onclick: dismiss }, words.dismiss),
    );
    this.#empty = el("p", "empty", { hidden: true }, words.empty);
    this.#root = el(
      "section",
      isLine ? "root line" : "root",
      { dir, lang: words.lang, ariaLabel: options.label },
      el(
        "div",
        "head",
        {},
        el("strong", "label", {}, words.breaking),
        el(
          "div",
          "tools",
          {},
          this.#state,
          this.#fresh,
          isLine && [this.#count, ...this.#stepButtons],
          this.#pause,
        ),
      ),
      this.#why,
      this.#notice,
      el("div", "body", {}, this.#list, this.#empty, this.#slot),
      this.#polite,
      this.#assertive,
    );
    if (isLine) this.#watchUse();
    this.#labelPause();
    root.adoptedStyleSheets = [sheet];
    root.replaceChildren(this.#root);
  }

  /** Shows that items may be missing, until the reader dismisses it. */
  showGap() {
    this.#notice.hidden = false;
  }

  /** @param {State} state @param {string} reason */
  setState(state, reason) {
    const words = this.#words;
    const offline = state === "offline" ? words[reason ? "refused" : "away"] : "";
    const why = state === "stale" ? words.behind : offline;
    this.#state.textContent = words[state];
    this.#why.textContent = why;
    this.#why.hidden = !why;
    this.#why.title = reason;
    if (why) this.#announcements.push({ uri: "", text: [why] });
  }

  /**
   * Announces a change to screen readers: a flash at once, others together after a pause.
   * @param {Item} item @param {Change} change
   */
  announce(item, change) {
    const words = this.#words;
    /** @type {Announcement} */
    const announcement =
      change === "removed"
        ? { uri: "", text: [words.withdraw] }
        : { uri: item.uri, text: [...note(item, words), " ", ...line(item, words)] };
    if (change === "added" && item.urgency === 1) this.#speak(this.#assertive, announcement, words.u1);
    else this.#announcements.push(announcement);
  }

  /** @param {HTMLElement} region @param {Announcement} announcement @param {string | false} prefix */
  #speak(region, { uri, text }, prefix) {
    region.dataset.uri = uri;
    fill(region, prefix && `${prefix}: `, text);
  }

  /** Drops announcements of items that have left the list; a screen reader would still find them. @param {Set<string>} uris */
  #dropAnnouncements(uris) {
    this.#announcements = this.#announcements.filter(({ uri }) => !uri || uris.has(uri));
    for (const region of [this.#polite, this.#assertive])
      if (region.dataset.uri && !uris.has(region.dataset.uri)) fill(region);
  }

  showFirst() {
    this.#shown = "";
    this.#list.scrollTop = 0;
    this.#update();
  }

  /**
   * @param {Item[]} items in the order to show @param {number} now
   * @param {{ added: Item[], hidden: number, hasList: boolean }} list `added` is highlighted; `hasList` is false
   *   until the first message
   */
  render(items, now, { added, hidden, hasList }) {
    const words = this.#words;
    const root = /** @type {ShadowRoot} */ (this.#root.getRootNode());
    const focusedElement = root.activeElement;
    const uris = new Set(items.map((item) => item.uri));
    const shownIndex = this.#uris().indexOf(this.#shown);
    for (const [uri, { li }] of this.#rows) {
      if (uris.has(uri)) continue;
      this.#rows.delete(uri);
      if (li.contains(focusedElement)) this.#pause.focus();
      li.remove();
    }
    /** @type {Map<string, Row>} */
    const rows = new Map();
    items.forEach((item, index) => {
      const key = `${item.version} ${item.versionCreated} ${Date.parse(item.pinnedUntil ?? "") > now}`;
      let entry = this.#rows.get(item.uri);
      if (entry?.key !== key) {
        const li = row(item, words, now);
        entry?.li.replaceWith(li);
        if (entry?.li.contains(focusedElement)) li.querySelector("a")?.focus();
        entry = { li, key };
      }
      rows.set(item.uri, entry);
      const time = entry.li.querySelector("time");
      const age = ago(Date.parse(item.firstCreated), now, words.lang);
      if (time && time.textContent !== age) time.textContent = age;
      if (this.#list.children[index] !== entry.li)
        this.#list.insertBefore(entry.li, this.#list.children[index] ?? null);
    });
    this.#rows = rows;
    this.#dropAnnouncements(uris);
    // A line whose item was removed continues with the next one.
    if (this.#shown && !uris.has(this.#shown)) this.#shown = items[shownIndex]?.uri ?? "";
    for (const { uri } of added) rows.get(uri)?.li.classList.add("new");
    const newest = added.at(-1)?.uri;
    if (newest && uris.has(newest)) {
      if (this.#isInUse) this.#unseen = newest;
      else this.#show(newest);
    }
    this.#update();
    // Before the first message the slot shows the list that the server rendered.
    this.#slot.hidden = hasList;
    this.#empty.hidden = !hasList || items.length > 0;
    this.#fresh.hidden = !hidden;
    this.#fresh.textContent = words.fresh.replace("{n}", `${hidden}`);
  }

  /** To be called once a second: advances the line and speaks the announcements. */
  tick() {
    const last = this.#announcements.at(-1);
    if (++this.#quietSeconds >= ANNOUNCE_SECONDS && last) {
      const { length } = this.#announcements;
      this.#speak(this.#polite, last, length > 1 && this.#words.fresh.replace("{n}", `${length}`));
      this.#announcements = [];
      this.#quietSeconds = 0;
    }
    if (!this.#options.isLine || this.isPaused || this.#isInUse || document.hidden) return;
    if (this.#unseen && this.#rows.has(this.#unseen)) {
      this.#show(this.#unseen);
      this.#update();
    } else if (
      !matchMedia("(prefers-reduced-motion: reduce)").matches &&
      ++this.#idleSeconds >= ADVANCE_SECONDS
    )
      this.#step(1);
    this.#unseen = "";
  }

  #watchUse() {
    const check = () => {
      this.#isInUse = this.#root.matches(":hover, :focus-within");
      this.#idleSeconds = 0;
    };
    // In a microtask, because the focus is still inside while `focusout` fires.
    for (const type of ["mouseenter", "mouseleave", "focusin", "focusout"])
      this.#root.addEventListener(type, () => queueMicrotask(check));
  }

  #uris() {
    return [...this.#rows.keys()];
  }

  #togglePause() {
    this.isPaused = !this.isPaused;
    this.#labelPause();
    if (!this.isPaused) this.#options.showAll();
  }

  #labelPause() {
    this.#pause.classList.toggle("on", this.isPaused);
    this.#pause.title = this.#pause.ariaLabel = this.#words[this.isPaused ? "resume" : "pause"];
  }

  /** @param {number} by */
  #step(by) {
    const uris = this.#uris();
    this.#show(uris.at((uris.indexOf(this.#shown) + by) % (uris.length || 1)) ?? "");
    this.#update();
  }

  /** @param {string} uri */
  #show(uri) {
    this.#shown = uri;
    this.#idleSeconds = 0;
  }

  /** Hides all items of a line but the shown one. */
  #update() {
    if (!this.#options.isLine) return;
    const uris = this.#uris();
    const index = Math.max(0, uris.indexOf(this.#shown));
    this.#shown = uris[index] ?? "";
    for (const [uri, { li }] of this.#rows) li.hidden = uri !== this.#shown;
    this.#count.textContent = uris.length ? `${index + 1}/${uris.length}` : "";
    for (const button of this.#stepButtons) button.hidden = uris.length < 2;
  }
}

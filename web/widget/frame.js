/** The frame of one ticker: heading, controls, list, announcements. It shows what it is told and asks nothing. */

import { sheet } from "./style.js";
import { ago } from "./time.js";
import { el, fill, line, note, row } from "./view.js";

/** @import { Change, Item, State } from "./types.d.ts" */
/** @import { Words } from "./strings.js" */
/** @import { Child } from "./view.js" */
/** @typedef {{ li: HTMLLIElement, made: string }} Row */
/** @typedef {{ uri: string, said: Child[] }} News what is to be read out, and of which item, if of one */
/**
 * @typedef {{ words: Words, dir: string, line: boolean, label: string, paused: boolean,
 *   release: () => void }} FrameOptions
 */

const ADVANCE_SECONDS = 6;
const ANNOUNCE_SECONDS = 4;

/** A button that is drawn, and tells its name. @param {string} part @param {string} title @param {() => void} onclick */
const icon = (part, title, onclick) =>
  el("button", part, { type: "button", title, ariaLabel: title, onclick });

export class Frame {
  paused;
  #o;
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
  #pause = icon("pause icon", "", () => this.#toggle());
  #fresh;
  #turns;
  /** Rows by uri, with what they were made of. @type {Map<string, Row>} */
  #rows = new Map();
  /** The uri that a line shows; empty for the first. */
  #at = "";
  #unseen = "";
  #engaged = false;
  #idle = 0;
  /** @type {News[]} */
  #news = [];
  #quiet = 0;

  /** @param {ShadowRoot} root @param {FrameOptions} options */
  constructor(root, options) {
    const { words, line, dir, paused, release } = options;
    this.#o = options;
    this.#words = words;
    this.paused = paused;
    this.#fresh = el("button", "fresh", { type: "button", hidden: true, onclick: release });
    this.#turns = [
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
      line ? "root line" : "root",
      { dir, lang: words.lang, ariaLabel: options.label },
      el(
        "div",
        "head",
        {},
        el("strong", "label", {}, words.breaking),
        el("div", "tools", {}, this.#state, this.#fresh, line && [this.#count, ...this.#turns], this.#pause),
      ),
      this.#why,
      this.#notice,
      el("div", "body", {}, this.#list, this.#empty, this.#slot),
      this.#polite,
      this.#assertive,
    );
    if (line) this.#listen();
    this.#label();
    root.adoptedStyleSheets = [sheet];
    root.replaceChildren(this.#root);
  }

  /** Says that items may be lacking, until the reader dismisses it. */
  missed() {
    this.#notice.hidden = false;
  }

  /** @param {State} state @param {string} reason */
  state(state, reason) {
    const words = this.#words;
    const away = state === "offline" ? words[reason ? "refused" : "away"] : "";
    const why = state === "stale" ? words.behind : away;
    this.#state.textContent = words[state];
    this.#why.textContent = why;
    this.#why.hidden = !why;
    this.#why.title = reason;
    if (why) this.#news.push({ uri: "", said: [why] });
  }

  /**
   * Puts a change in line for those who listen: at once for a flash, otherwise together with others.
   * @param {Item} item @param {Change} change
   */
  announce(item, change) {
    const words = this.#words;
    /** @type {News} */
    const news =
      change === "removed"
        ? { uri: "", said: [words.withdraw] }
        : { uri: item.uri, said: [...note(item, words), " ", ...line(item, words)] };
    if (change === "added" && item.urgency === 1) this.#say(this.#assertive, news, words.u1);
    else this.#news.push(news);
  }

  /** @param {HTMLElement} region @param {News} news @param {string | false} before */
  #say(region, { uri, said }, before) {
    region.dataset.uri = uri;
    fill(region, before && `${before}: `, said);
  }

  /** Who goes through the page with a screen reader must not find a line there that was taken off. @param {Set<string>} uris */
  #hush(uris) {
    this.#news = this.#news.filter(({ uri }) => !uri || uris.has(uri));
    for (const region of [this.#polite, this.#assertive])
      if (region.dataset.uri && !uris.has(region.dataset.uri)) fill(region);
  }

  /** Goes to the first item. */
  top() {
    this.#at = "";
    this.#list.scrollTop = 0;
    this.#choose();
  }

  /**
   * @param {Item[]} items in the order to show @param {number} now
   * @param {{ added: Item[], fresh: number, listed: boolean }} news
   */
  render(items, now, { added, fresh, listed }) {
    const words = this.#words;
    const root = /** @type {ShadowRoot} */ (this.#root.getRootNode());
    const focused = root.activeElement;
    const uris = new Set(items.map((item) => item.uri));
    const place = this.#uris().indexOf(this.#at);
    for (const [uri, { li }] of this.#rows) {
      if (uris.has(uri)) continue;
      this.#rows.delete(uri);
      if (li.contains(focused)) this.#pause.focus();
      li.remove();
    }
    /** @type {Map<string, Row>} */
    const rows = new Map();
    items.forEach((item, at) => {
      const made = `${item.version} ${item.versionCreated} ${Date.parse(item.pinnedUntil ?? "") > now}`;
      let entry = this.#rows.get(item.uri);
      if (entry?.made !== made) {
        const li = row(item, words, now);
        entry?.li.replaceWith(li);
        if (entry?.li.contains(focused)) li.querySelector("a")?.focus();
        entry = { li, made };
      }
      rows.set(item.uri, entry);
      const time = entry.li.querySelector("time");
      const age = ago(Date.parse(item.firstCreated), now, words.lang);
      if (time && time.textContent !== age) time.textContent = age;
      if (this.#list.children[at] !== entry.li)
        this.#list.insertBefore(entry.li, this.#list.children[at] ?? null);
    });
    this.#rows = rows;
    this.#hush(uris);
    // A line whose item was taken off goes on with the one that stood after it.
    if (this.#at && !uris.has(this.#at)) this.#at = items[place]?.uri ?? "";
    for (const { uri } of added) rows.get(uri)?.li.classList.add("new");
    const newest = added.at(-1)?.uri;
    if (newest && uris.has(newest)) {
      if (this.#engaged) this.#unseen = newest;
      else this.#show(newest);
    }
    this.#choose();
    // Until there is a list, what the server rendered inside the element is the best there is.
    this.#slot.hidden = listed;
    this.#empty.hidden = !listed || items.length > 0;
    this.#fresh.hidden = !fresh;
    this.#fresh.textContent = words.fresh.replace("{n}", `${fresh}`);
  }

  /** Once a second: the line moves on, the announcements are read out. */
  tick() {
    const last = this.#news.at(-1);
    if (++this.#quiet >= ANNOUNCE_SECONDS && last) {
      const { length } = this.#news;
      this.#say(this.#polite, last, length > 1 && this.#words.fresh.replace("{n}", `${length}`));
      this.#news = [];
      this.#quiet = 0;
    }
    if (!this.#o.line || this.paused || this.#engaged || document.hidden) return;
    if (this.#unseen && this.#rows.has(this.#unseen)) {
      this.#show(this.#unseen);
      this.#choose();
    } else if (!matchMedia("(prefers-reduced-motion: reduce)").matches && ++this.#idle >= ADVANCE_SECONDS)
      this.#step(1);
    this.#unseen = "";
  }

  #listen() {
    const engage = () => {
      this.#engaged = this.#root.matches(":hover, :focus-within");
      this.#idle = 0;
    };
    // Later, for while `focusout` fires, focus is still inside.
    for (const type of ["mouseenter", "mouseleave", "focusin", "focusout"])
      this.#root.addEventListener(type, () => queueMicrotask(engage));
  }

  #uris() {
    return [...this.#rows.keys()];
  }

  #toggle() {
    this.paused = !this.paused;
    this.#label();
    if (!this.paused) this.#o.release();
  }

  #label() {
    this.#pause.classList.toggle("on", this.paused);
    this.#pause.title = this.#pause.ariaLabel = this.#words[this.paused ? "resume" : "pause"];
  }

  /** @param {number} by */
  #step(by) {
    const uris = this.#uris();
    this.#show(uris.at((uris.indexOf(this.#at) + by) % (uris.length || 1)) ?? "");
    this.#choose();
  }

  /** @param {string} uri */
  #show(uri) {
    this.#at = uri;
    this.#idle = 0;
  }

  /** In a line, all but one item are hidden. */
  #choose() {
    if (!this.#o.line) return;
    const uris = this.#uris();
    const at = Math.max(0, uris.indexOf(this.#at));
    this.#at = uris[at] ?? "";
    for (const [uri, { li }] of this.#rows) li.hidden = uri !== this.#at;
    this.#count.textContent = uris.length ? `${at + 1}/${uris.length}` : "";
    for (const turn of this.#turns) turn.hidden = uris.length < 2;
  }
}

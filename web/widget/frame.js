/** The frame of one ticker: heading, controls, list, announcements. It shows what it is told and asks nothing. */

import { sheet } from "./style.js";
import { ago } from "./time.js";
import { el, line, note, row } from "./view.js";

/** @import { Change, Item, State } from "./types.d.ts" */
/** @import { Voice } from "./view.js" */
/** @typedef {{ li: HTMLLIElement, made: string }} Row */
/**
 * @typedef {{ voice: Voice, direction: string, line: boolean, label: string, paused: boolean,
 *   release: () => void }} FrameOptions
 */

const ADVANCE_SECONDS = 6;
const ANNOUNCE_SECONDS = 4;

export class Frame {
  paused;
  #o;
  #root;
  #list = el("ol", "list", { role: "list" });
  #slot = document.createElement("slot");
  #state = el("span", "state");
  #why = el("p", "why");
  #count = el("span", "count");
  #polite = el("div", "sr", { role: "status" });
  #assertive = el("div", "sr", { role: "alert" });
  #notice;
  #empty;
  #pause;
  #fresh;
  #turns;
  /** Rows by uri, with what they were made of. @type {Map<string, Row>} */
  #rows = new Map();
  /** The uri that a line shows; empty for the first. */
  #at = "";
  #unseen = "";
  #engaged = false;
  #idle = 0;
  /** What is to be read out, and of which item. @type {{ uri: string, said: (Node | string)[] }[]} */
  #news = [];
  #quiet = 0;

  /** @param {ShadowRoot} root @param {FrameOptions} options */
  constructor(root, options) {
    this.#o = options;
    this.paused = options.paused;
    const { strings, language } = options.voice;
    this.#pause = this.#button("pause icon", "", () => this.#toggle());
    this.#fresh = this.#button("fresh", "", options.release);
    this.#turns = [
      this.#button("turn back", strings.previous, () => this.#step(-1)),
      this.#button("turn", strings.next, () => this.#step(1)),
    ];
    const dismiss = this.#button("dismiss", "", () => {
      this.#notice.hidden = true;
      this.#pause.focus();
    });
    dismiss.textContent = strings.dismiss;
    this.#notice = el("p", "notice", { role: "status" }, strings.missed, dismiss);
    this.#empty = el("p", "empty", {}, strings.empty);
    this.#notice.hidden = this.#empty.hidden = this.#fresh.hidden = true;
    const tools = el(
      "div",
      "tools",
      {},
      this.#state,
      this.#fresh,
      ...(options.line ? [this.#count, ...this.#turns] : []),
      this.#pause,
    );
    const head = el("div", "head", {}, el("strong", "label", {}, strings.breaking), tools);
    const body = el("div", "body", {}, this.#list, this.#empty, this.#slot);
    this.#root = el(
      "section",
      options.line ? "root line" : "root",
      { dir: options.direction, lang: language, "aria-label": options.label },
      head,
      this.#why,
      this.#notice,
      body,
      this.#polite,
      this.#assertive,
    );
    if (options.line) this.#listen();
    this.#label();
    root.adoptedStyleSheets = [sheet];
    root.replaceChildren(this.#root);
  }

  /** Whether what the server rendered inside the element is still the best there is. @param {boolean} shown */
  fallback(shown) {
    this.#slot.hidden = !shown;
  }

  /** Says that items may be lacking, until the reader dismisses it. */
  missed() {
    this.#notice.hidden = false;
  }

  /** @param {State} state @param {string} reason */
  state(state, reason) {
    const { strings } = this.#o.voice;
    const away = state === "offline" ? (reason ? strings.refused : strings.away) : "";
    const why = state === "stale" ? strings.behind : away;
    this.#state.textContent = strings[state];
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
    const { voice } = this.#o;
    const { uri } = item;
    if (change === "removed") {
      this.#news.push({ uri: "", said: [voice.strings.withdraw] });
      return;
    }
    const said = [...note(item, voice), " ", ...line(item, voice)];
    if (change === "added" && item.urgency === 1)
      this.#say(this.#assertive, uri, [voice.strings.u1, voice.strings.colon, ...said]);
    else this.#news.push({ uri, said });
  }

  /** @param {HTMLElement} region @param {string} uri @param {(Node | string)[]} said */
  #say(region, uri, said) {
    region.dataset.uri = uri;
    region.replaceChildren(...said);
  }

  /** Who goes through the page with a screen reader must not find a line there that was taken off. @param {Set<string>} uris */
  #hush(uris) {
    this.#news = this.#news.filter(({ uri }) => !uri || uris.has(uri));
    for (const region of [this.#polite, this.#assertive])
      if (region.dataset.uri && !uris.has(region.dataset.uri)) this.#say(region, "", []);
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
    const { voice } = this.#o;
    const root = /** @type {ShadowRoot} */ (this.#root.getRootNode());
    const focused = root.activeElement;
    const uris = new Set(items.map((item) => item.uri));
    const place = [...this.#rows.keys()].indexOf(this.#at);
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
        const li = row(item, voice, now);
        entry?.li.replaceWith(li);
        if (entry?.li.contains(focused)) li.querySelector("a")?.focus();
        entry = { li, made };
      }
      rows.set(item.uri, entry);
      const time = entry.li.querySelector("time");
      const words = ago(Date.parse(item.firstCreated), now, voice.language);
      if (time && time.textContent !== words) time.textContent = words;
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
    this.#empty.hidden = !listed || items.length > 0;
    this.#fresh.hidden = !fresh;
    this.#fresh.textContent = voice.strings.fresh.replace("{n}", `${fresh}`);
  }

  /** Once a second: the line moves on, the announcements are read out. */
  tick() {
    if (++this.#quiet >= ANNOUNCE_SECONDS && this.#news.length) {
      const { uri, said } = /** @type {{ uri: string, said: (Node | string)[] }} */ (this.#news.at(-1));
      const { strings } = this.#o.voice;
      const many =
        this.#news.length > 1 ? [strings.fresh.replace("{n}", `${this.#news.length}`), strings.colon] : [];
      this.#say(this.#polite, uri, [...many, ...said]);
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
    for (const type of ["mouseenter", "mouseleave", "focusin"]) this.#root.addEventListener(type, engage);
    // While it fires, focus is still inside.
    this.#root.addEventListener("focusout", () => queueMicrotask(engage));
  }

  #toggle() {
    this.paused = !this.paused;
    this.#label();
    if (!this.paused) this.#o.release();
  }

  #label() {
    const { strings } = this.#o.voice;
    const name = this.paused ? strings.resume : strings.pause;
    this.#pause.classList.toggle("on", this.paused);
    this.#pause.title = name;
    this.#pause.ariaLabel = name;
  }

  /** @param {number} by */
  #step(by) {
    const uris = [...this.#rows.keys()];
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
    const uris = [...this.#rows.keys()];
    const at = Math.max(0, uris.indexOf(this.#at));
    this.#at = uris[at] ?? "";
    for (const [uri, { li }] of this.#rows) li.hidden = uri !== this.#at;
    this.#count.textContent = uris.length ? `${at + 1}/${uris.length}` : "";
    for (const turn of this.#turns) turn.hidden = uris.length < 2;
  }

  /** @param {string} part @param {string} name @param {() => void} run */
  #button(part, name, run) {
    const button = el("button", part, { type: "button" });
    if (name) {
      button.ariaLabel = name;
      button.title = name;
    }
    button.addEventListener("click", run);
    return button;
  }
}

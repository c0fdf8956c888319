/** The visible part of a ticker: heading, list, announcements. It knows neither connection nor store. */

import { adopt } from "./style.js";
import { ago } from "./time.js";
import { el, fill, line, note, row } from "./view.js";

/** @import { Change, Item, State } from "../client/types.d.ts" */
/** @import { Words } from "./strings.js" */
/** @import { Child } from "./view.js" */
/** @typedef {{ li: HTMLLIElement, key: string }} Row `key` changes when the row must be made again */
/** @typedef {{ id: string, text: Child[] }} Announcement for screen readers; `id` is empty where it names no item */
/**
 * @typedef {{ words: Words, dir: string, layout: string, label: string, name: string, show: number,
 *   renderAgain: () => void }} FrameOptions `layout` is empty for the list, and `show` is how many rows show
 */
/**
 * @typedef {{ items: Item[], now: number, added: Item[], hasList: boolean | undefined }} View `items` in the order to
 *   show, `added` those that a message has added; `hasList` is undefined until the first message, and false until the first
 *   after the page has changed the address or the filters
 */
/** @typedef {View & { all: Item[] }} Rendered `items` are the rows, `all` also those that have none */
/**
 * @typedef {{ render?: (view: Rendered) => void, tick?: () => void, showFirst?: () => void }} Extension
 *   what a part does after each rendering, once a second, and when the reader wants the newest item
 */

/** @typedef {{ uris: string[], shown: string, isInUse: boolean, unseen: string, show: (uri: string) => void }} Line */

const ANNOUNCE_SECONDS = 4;

/** @param {Item} item */
const versionId = ({ uri, version }) => `${uri} ${version}`;

export class Frame {
  options;
  words;
  /** What the layout `line` shows, for its steps. @type {Line | undefined} */
  line;
  /** Whether the reader has paused the ticker. */
  isPaused = false;
  /** Whether the reader has a button for that. */
  hasControls = false;
  root;
  notice;
  tools;
  list = el("ol", "list", { role: "list" });
  state = el("span", "state");
  /** By uri. @type {Map<string, Row>} */
  rows = new Map();
  #slot = el("slot", "");
  #why = el("p", "why");
  #polite = el("div", "sr", { role: "status" });
  #assertive = el("div", "sr", { role: "alert" });
  #empty;
  shadow;
  /** @type {Extension[]} */
  #extensions = [];
  /** @type {Announcement[]} */
  #announcements = [];
  #quietSeconds = 0;

  /** @param {ShadowRoot} shadow @param {FrameOptions} options */
  constructor(shadow, options) {
    const { words } = options;
    this.options = options;
    this.words = words;
    this.shadow = shadow;
    this.tools = el("div", "tools", {}, this.state);
    this.notice = el("p", "notice", { role: "status", hidden: true }, words.missed);
    this.#empty = el("p", "empty", { hidden: true }, words.empty);
    this.root = el(
      "section",
      `root ${options.layout}`.trim(),
      { dir: options.dir, lang: words.lang, ariaLabel: options.name },
      el("div", "head", {}, el("strong", "label", {}, options.label), this.tools),
      this.#why,
      this.notice,
      el("div", "body", {}, this.list, this.#empty, this.#slot),
      this.#polite,
      this.#assertive,
    );
    shadow.adoptedStyleSheets = [];
    adopt(shadow);
    shadow.replaceChildren(el("div", "box", {}, this.root));
  }

  /**
   * Adds what the module of a part brings: its style, and what it does later.
   * @param {{ css?: string, extend?: (frame: Frame) => Extension }} part empty if it could not be loaded
   */
  extend({ css, extend }) {
    if (css) adopt(this.shadow, css);
    if (extend) this.#extensions.push(extend(this));
  }

  /** The rows to show; the controls hold items back and show more. @param {View} view */
  select = (view) => view.items.slice(0, this.options.show);

  /** Shows that items may be missing, until the reader dismisses it. */
  showGap() {
    this.notice.hidden = false;
  }

  /** @param {State} state @param {string} reason */
  setState(state, reason) {
    const words = this.words;
    const offline = state === "offline" ? words[reason ? "refused" : "away"] : "";
    const why = state === "stale" ? words.behind : offline;
    this.state.textContent = words[state];
    this.state.className = `state ${state}`;
    this.#why.textContent = why;
    this.#why.hidden = !why;
    this.#why.title = reason;
    if (why) this.#announcements.push({ id: "", text: [why] });
  }

  /**
   * Announces a change to screen readers: a flash at once, others together after a pause.
   * @param {Item} item @param {Change} change
   */
  announce(item, change) {
    const words = this.words;
    /** @type {Announcement} */
    const announcement =
      change === "removed"
        ? { id: "", text: [words.withdraw] }
        : { id: versionId(item), text: [...note(item, words), " ", ...line(item, words)] };
    if (change === "added" && item.urgency === 1) this.#speak(this.#assertive, announcement, words.u1);
    else this.#announcements.push(announcement);
  }

  /** @param {HTMLElement} region @param {Announcement} announcement @param {string | false} prefix */
  #speak(region, { id, text }, prefix) {
    region.dataset.id = id;
    fill(region, prefix && `${prefix}: `, text);
  }

  /** Drops announcements of versions that are not shown; a screen reader would still find them. @param {string[]} ids */
  #dropAnnouncements(ids) {
    this.#announcements = this.#announcements.filter(({ id }) => !id || ids.includes(id));
    for (const region of [this.#polite, this.#assertive])
      if (region.dataset.id && !ids.includes(region.dataset.id)) fill(region);
  }

  /** Shows the newest item. */
  showFirst() {
    this.list.scrollTop = 0;
    for (const extension of this.#extensions) extension.showFirst?.();
  }

  /** @param {View} view */
  render(view) {
    const { now, hasList } = view;
    const items = this.select(view);
    const { list, rows, words } = this;
    const uris = new Set(items.map((item) => item.uri));
    for (const [uri, { li }] of rows) {
      if (uris.has(uri)) continue;
      rows.delete(uri);
      li.remove();
    }
    items.forEach((item, index) => {
      const key = `${item.version} ${item.versionCreated} ${Date.parse(item.pinnedUntil ?? "") > now}`;
      let entry = rows.get(item.uri);
      if (entry?.key !== key) {
        const li = row(item, words, now);
        entry?.li.replaceWith(li);
        entry = { li, key };
        rows.set(item.uri, entry);
      }
      const time = entry.li.querySelector("time");
      const age = ago(Date.parse(item.firstCreated), now, words.lang);
      if (time && time.textContent !== age) time.textContent = age;
      if (list.children[index] !== entry.li) list.insertBefore(entry.li, list.children[index] ?? null);
    });
    this.#dropAnnouncements(items.map(versionId));
    const added = view.added.filter((item) => uris.has(item.uri));
    for (const item of added) this.announce(item, "added");
    // Before the first message the slot shows the list that the server rendered.
    this.#slot.hidden = hasList != null;
    this.#empty.hidden = !hasList || view.items.length > 0;
    for (const extension of this.#extensions) extension.render?.({ ...view, items, added, all: view.items });
  }

  /** To be called once a second: speaks the announcements, and moves what moves. */
  tick() {
    const last = this.#announcements.at(-1);
    if (++this.#quietSeconds >= ANNOUNCE_SECONDS && last) {
      const { length } = this.#announcements;
      this.#speak(this.#polite, last, length > 1 && this.words.fresh.replace("{n}", `${length}`));
      this.#announcements = [];
      this.#quietSeconds = 0;
    }
    for (const extension of this.#extensions) extension.tick?.();
  }
}

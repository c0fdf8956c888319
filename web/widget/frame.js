/** The visible part of a ticker: heading, list, announcements. It knows neither connection nor store. */

import { adopt } from "./style.js";
import { ago } from "./time.js";
import { el, fill, line, note, row } from "./view.js";

/** @import { Change, Item, State } from "../client/types.d.ts" */
/** @import { Words } from "./strings.js" */
/** @import { Child } from "./view.js" */
/** @typedef {{ li: HTMLLIElement, key: string }} Row `key` changes when the row must be made again */
/**
 * @typedef {{ text: Child[], id?: string, isLoud?: boolean, isNew?: boolean }} Announcement for screen readers; `id` is of
 *   the version that it is about, `isLoud` interrupts, and those that are `isNew` are counted
 */
/**
 * @typedef {{ words: Words, dir: string, layout: string, label: string | null, name: string, show: number,
 *   renderAgain: () => void }} FrameOptions `layout` is empty for the list, `label` null for the
 *   widget's own word, and `show` is how many rows show
 */
/**
 * @typedef {{ items: Item[], now: number, added: Item[], hasList: boolean | undefined }} View `items` in the order to
 *   show, `added` those that a message has added; `hasList` is undefined until the first message, and false until the first
 *   after the page has changed the address or the filters
 */
/** @typedef {View & { all: Item[] }} Rendered `items` are the rows, `all` also those that have none */
/**
 * @typedef {{ render?: (view: Rendered) => void, tick?: () => void, showFirst?: () => void,
 *   setStatus?: (status: Status) => void }} Extension what a part does after each rendering, once a second, when the
 *   reader wants the newest item, and when the state changes
 */

/**
 * @typedef {{ state: State, reason: string, asOf: number, hasGap: boolean, dismiss: () => void, retry: () => void }} Status
 *   `asOf` is when the list was last known to be current, `hasGap` that items may be missing
 */
/** @typedef {{ uris: string[], shown: string, isInUse: boolean, unseen: string, show: (uri: string) => void }} Line */

const ANNOUNCE_SECONDS = 4;
/** Spoken by then; a screen reader would find the words of a withdrawn line again. */
const FORGET_SECONDS = 10;

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
  tools;
  list = el("ol", "list", { role: "list" });
  state = el("span", "state");
  /** By uri. @type {Map<string, Row>} */
  rows = new Map();
  #slot = el("slot", "");
  /** For what is not loud, and for what is. */
  #regions = [el("div", "sr", { role: "status" }), el("div", "sr", { role: "alert" })];
  #empty;
  shadow;
  /** @type {Extension[]} */
  #extensions = [];
  /** @type {Announcement[]} */
  #announcements = [];
  #quietSeconds = 0;
  /** Whether the last was loud. */
  #wasLoud = false;
  /** @type {Status | undefined} */
  #status;

  /** @param {ShadowRoot} shadow @param {FrameOptions} options */
  constructor(shadow, options) {
    const { words } = options;
    this.options = options;
    this.words = words;
    this.shadow = shadow;
    this.tools = el("div", "tools", {}, this.state);
    this.#empty = el("p", "empty", { hidden: true }, words.empty);
    /** @param {string} word */
    const label = (word) => el("span", "", {}, options.label ?? word);
    this.root = el(
      "section",
      `root ${options.layout}`.trim(),
      { dir: options.dir, lang: words.lang, ariaLabel: options.name },
      el(
        "div",
        "head",
        {},
        el("strong", "label", {}, label(words.breaking), label(words.latest)),
        this.tools,
      ),
      el("div", "body", {}, this.list, this.#empty, this.#slot),
      this.#regions,
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
    if (!extend) return;
    const extension = extend(this);
    this.#extensions.push(extension);
    if (this.#status) extension.setStatus?.(this.#status);
  }

  /** The rows to show; the controls hold items back and show more. @param {View} view */
  select = (view) => view.items.slice(0, this.options.show);

  /** @param {Status} status */
  setStatus(status) {
    this.#status = status;
    this.state.textContent = this.words[status.state];
    this.state.className = `state ${status.state}`;
    for (const extension of this.#extensions) extension.setStatus?.(status);
  }

  /**
   * Announces a change to screen readers; one that removes a row before it is rendered.
   * @param {Item} item @param {Change} change
   */
  announce(item, change) {
    const { words } = this;
    const isLoud = item.urgency === 1;
    const isNew = change === "added";
    const said = note(item, words);
    const old = this.rows.get(item.uri)?.li.querySelector(".text")?.cloneNode(true);
    const isRemoved = change === "removed";
    // A line that was not shown may go without a word.
    if (isRemoved && !old) return;
    const text = [
      isNew && isLoud && `${words.u1}: `,
      ...said,
      said[0] && (item.note ? " " : ": "),
      ...(isRemoved && old ? old.childNodes : line(item, words)),
    ];
    this.say({ isLoud, isNew, id: isRemoved ? "" : versionId(item), text });
  }

  /** Speaks at once what is loud, together after a pause what is not. @param {Announcement} announcement */
  say(announcement) {
    this.#announcements.push(announcement);
    // A flash must not cut off the one before it.
    if (announcement.isLoud && (!this.#wasLoud || this.#quietSeconds >= ANNOUNCE_SECONDS)) this.#speak(true);
  }

  /** @param {boolean} isLoud */
  #speak(isLoud) {
    const batch = this.#announcements.filter((each) => !each.isLoud !== isLoud);
    if (!batch[0]) return;
    this.#announcements = this.#announcements.filter((each) => !batch.includes(each));
    this.#quietSeconds = 0;
    this.#wasLoud = isLoud;
    const news = batch.filter((each) => each.isNew);
    const last = news.at(-1);
    const count = !isLoud && news[1] && `${this.words.fresh.replace("{n}", `${news.length}`)}: `;
    const nodes = batch
      .filter((each) => isLoud || !each.isNew || each === last)
      .map((each) => el("div", "", { id: each.id ?? "" }, each === last && count, each.text));
    const region = /** @type {any} */ (this.#regions[+isLoud]);
    if (region.ariaNotify)
      region.ariaNotify(nodes.map((node) => node.textContent).join(". "), {
        priority: isLoud ? "high" : "normal",
      });
    else fill(region, nodes);
  }

  /** Drops announcements of versions that are not shown; a screen reader would still find them. @param {string[]} ids */
  #dropAnnouncements(ids) {
    this.#announcements = this.#announcements.filter(({ id }) => !id || ids.includes(id));
    for (const region of this.#regions)
      for (const node of [...region.children]) if (node.id && !ids.includes(node.id)) node.remove();
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
      const time = /** @type {HTMLElement} */ (entry.li.querySelector("time"));
      const age = ago(Date.parse(item.firstCreated), now, words.lang);
      if (time.textContent !== age) time.textContent = age;
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
    if (++this.#quietSeconds >= ANNOUNCE_SECONDS) {
      this.#speak(true);
      if (this.#quietSeconds) this.#speak(false);
    }
    if (this.#quietSeconds > FORGET_SECONDS) for (const region of this.#regions) fill(region);
    for (const extension of this.#extensions) extension.tick?.();
  }
}

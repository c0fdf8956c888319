/** The custom element: connects its attributes, the connection, the list of items and the frame that shows them. */

import { Connection } from "../client/connection.js";
import { filter } from "../client/filter.js";
import { onReturn } from "../client/page.js";
import { Store } from "../client/store.js";
import { TRANSPORTS } from "../client/transports.js";
import { isValid } from "../client/valid.js";
import { connect } from "./connect.js";
import { Frame } from "./frame.js";
import { languageOf } from "./language.js";
import * as line from "./line.js";
import { load } from "./parts.js";
import { reflect, upgrade } from "./properties.js";
import { loadWords } from "./strings.js";
import { everySecond } from "./time.js";

/** @import { Change, ConnectionOptions, Item, Message, State } from "../client/types.d.ts" */
/** @import { Words } from "./strings.js" */

const FILTERS = ["edition", "section", "place", "story", "urgency", "backlog"];
/** The attributes of which each is a property too; `lang` and `dir` are properties of every element. */
const REFLECTED = ["src", "layout", "show", "speed", "label", "tombstone", "keep", ...FILTERS];
/** All but `line` are parts; any other layout is the list. */
const LAYOUTS = ["line", "card", "crawl"];
const SHOWN = 10;
const RELABEL_SECONDS = 10;
export class BreakingTicker extends HTMLElement {
  static observedAttributes = ["lang", "dir", "aria-label", ...REFLECTED];

  #store = new Store();
  /** The server's clock minus this machine's, in milliseconds. */
  #offset = 0;
  /** When the list was last known to be current. */
  #asOf = 0;
  /** When the list changes without a message. */
  #nextChange = 0;
  #ticks = 0;
  /** @type {State} */
  #state = "connecting";
  #reason = "";
  /** False while the list of a new address is on its way. @type {boolean | undefined} */
  #hasList;
  /** Whether items may be missing, and the reader may not know. */
  #hasGap = false;
  /** The address with the filters that the list is for. */
  #source = "";
  /** @type {Pick<Connection, "stop" | "wake"> | undefined} */
  #connection;
  /** @type {Frame | undefined} */
  #frame;
  /** @type {AbortController | undefined} */
  #lifetime;
  /** What to do when all changes of a task are known. @type {Set<() => void>} */
  #jobs = new Set();
  #tag = "";
  #builds = 0;
  /** @type {Partial<Words> | undefined} */
  #words;
  #internals = this.attachInternals();

  constructor() {
    super();
    // Until the words are loaded, the slot shows the list that the server rendered inside the element.
    this.attachShadow({ mode: "open" }).append(document.createElement("slot"));
  }

  /** What the page sees of the connection; `:state(…)` is the same for style sheets. */
  get state() {
    return this.#state;
  }

  /** The page's own words, for a language that the widget does not have or in place of the widget's words. */
  get words() {
    return this.#words;
  }

  set words(words) {
    this.#words = words;
    this.#queue(this.#build);
  }

  connectedCallback() {
    this.#lifetime = new AbortController();
    const { signal } = this.#lifetime;
    signal.addEventListener(
      "abort",
      everySecond(() => this.#tick()),
    );
    onReturn(() => this.#connection?.wake(), signal);
    upgrade(this, [...REFLECTED, "words"]);
    this.#queue(this.#build);
    this.#queue(this.#join);
  }

  disconnectedCallback() {
    this.#lifetime?.abort();
    this.#connection?.stop();
    this.#connection = undefined;
  }

  /** Keeps the connection and the list when the element is moved (`moveBefore`). */
  connectedMoveCallback() {
    if (languageOf(this) !== this.#tag) this.#queue(this.#build);
  }

  /** @param {string} name @param {string | null} old @param {string | null} value */
  attributeChangedCallback(name, old, value) {
    if (old !== value) this.#queue(name === "src" || FILTERS.includes(name) ? this.#join : this.#build);
  }

  /** Changes of one task are done together: frameworks set attributes one by one. @param {() => void} job */
  #queue(job) {
    if (!this.isConnected) return;
    if (!this.#jobs.size)
      queueMicrotask(() => {
        const jobs = this.isConnected ? [...this.#jobs] : [];
        this.#jobs.clear();
        for (const run of jobs) run();
      });
    this.#jobs.add(job);
  }

  #now() {
    return Date.now() + this.#offset;
  }

  #build = async () => {
    const build = ++this.#builds;
    const tag = languageOf(this);
    this.#tag = tag;
    const hasOwnWords = this.#words || this.querySelector("script[type='application/json']");
    const layout = LAYOUTS.find((name) => name === this.getAttribute("layout")) ?? "";
    const [loaded, part, own] = await Promise.all([
      loadWords(tag),
      layout === "line" ? line : layout && load(layout),
      hasOwnWords && load("own-words"),
    ]);
    // The element may have changed while they were loading.
    if (build !== this.#builds) return;
    const words = own?.merged?.(this, loaded, tag) ?? loaded;
    const { dir } = this;
    const label = this.getAttribute("label");
    const frame = new Frame(/** @type {ShadowRoot} */ (this.shadowRoot), {
      words,
      dir: dir && dir !== "auto" ? dir : words.dir,
      layout: part?.extend ? layout : "",
      label,
      name: this.getAttribute("aria-label") ?? label ?? words.breaking,
      show: Number(this.getAttribute("show")) || part?.shown || SHOWN,
      renderAgain: () => this.#render(),
    });
    this.#frame = frame;
    if (part) frame.extend(part);
    frame.setStatus(this.#status());
    this.#render();
    for (const later of await Promise.all([...(part?.more ?? []), "controls"].map(load))) frame.extend(later);
    if (frame === this.#frame) this.#render();
  };

  #join = async () => {
    this.#connection?.stop();
    this.#connection = undefined;
    let url;
    try {
      url = this.#address("");
    } catch (error) {
      this.#setState("offline", `${error}`);
      return;
    }
    // A list of another edition must not stay while the new one is on its way.
    if (this.#source !== url.href) {
      this.#source = url.href;
      this.#hasList &&= false;
      this.#store = new Store();
      this.#render();
    }
    this.#store.isWanted = filter(url.searchParams);
    /** @type {ConnectionOptions} */
    const options = {
      element: this,
      list: () => [this.#store.current(this.#now()), this.#now()],
      address: (cursor, wait) => this.#address(cursor, wait),
      transports: TRANSPORTS,
      onMessage: (message) => this.#merge(message),
      onState: (state, reason) => this.#setState(state, reason),
    };
    const connection = new Connection(options);
    this.#connection = connection;
    this.#setState("connecting", "");
    const status = () =>
      connection === this.#connection && /** @type {[State, string]} */ ([this.#state, this.#reason]);
    this.#connection = (await connect(connection, options, url, status)) ?? this.#connection;
  };

  /** The address of the stream with this element's filters. @param {string} cursor @param {number} [wait] */
  #address(cursor, wait) {
    const url = new URL(this.getAttribute("src") || new URL("../v1/live", import.meta.url), document.baseURI);
    for (const name of FILTERS)
      for (const value of this.getAttribute(name)?.match(/[^\s,]+/g) ?? [])
        url.searchParams.append(name, value);
    if (cursor) url.searchParams.set("cursor", cursor);
    if (wait) url.searchParams.set("wait", `${wait}`);
    return url;
  }

  /** @param {Message} message */
  #merge(message) {
    const time = Date.parse(message.time ?? "");
    if (time) this.#offset = time - Date.now();
    if (message.stale === false) this.#asOf = this.#now();
    // A share of the pages reports when an item is painted; no random number is below an absent share.
    if (this.#hasList == null && Math.random() < /** @type {number} */ (message.paint)) load("paint");
    const items = /** @type {Item[]} */ ((message.items ?? [message.item]).filter(isValid));
    /** @type {Item[]} */
    const added = [];
    if (message.type === "snapshot") {
      this.#store.replace(items, message.complete !== false);
      if (message.complete === false) {
        this.#hasGap = true;
        this.#frame?.setStatus(this.#status());
      }
    } else if (message.type === "replay" || message.type === "item") {
      // Only the last version of each item: a page's scripts must not get one that the same replay withdraws.
      for (const item of new Map(items.map((item) => [item.uri, item])).values()) {
        const change = this.#store.apply(item);
        if (!change) continue;
        if (change === "added") added.push(item);
        // An item that only left the filter was not withdrawn, so nothing is announced.
        else if (change === "changed" || item.pubStatus !== "usable") this.#frame?.announce(item, change);
        this.#emit("ticker-item", { item, change });
      }
    } else return;
    this.#hasList = true;
    this.#render(added);
  }

  /** @param {Item[]} [added] items that a message has added */
  #render(added = []) {
    const now = this.#now();
    this.#nextChange = this.#store.nextChange(now);
    this.#frame?.render({ items: this.#store.current(now), now, added, hasList: this.#hasList });
  }

  #tick() {
    if (this.#now() >= this.#nextChange || !(++this.#ticks % RELABEL_SECONDS)) this.#render();
    this.#frame?.tick();
  }

  #status() {
    return {
      state: this.#state,
      reason: this.#reason,
      asOf: this.#asOf,
      hasGap: this.#hasGap,
      dismiss: () => (this.#hasGap = false),
      retry: () => this.#connection?.wake(),
    };
  }

  /** @param {State} state @param {string} reason */
  #setState(state, reason) {
    const hasChanged = state !== this.#state;
    this.#state = state;
    this.#reason = reason;
    this.#reflectState();
    this.#frame?.setStatus(this.#status());
    if (hasChanged) this.#emit("ticker-state", { state, reason });
  }

  #reflectState() {
    const { states } = this.#internals;
    try {
      states.clear();
      states.add(this.#state);
    } catch {}
    // A framework that takes over the server's markup refuses an attribute that was not in it.
    if (this.hasAttribute("state")) this.setAttribute("state", this.#state);
  }

  /** @param {string} type @param {{ item: Item, change: Change } | { state: State, reason: string }} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, detail }));
  }
}

reflect(BreakingTicker.prototype, REFLECTED);

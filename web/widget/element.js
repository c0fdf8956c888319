/** The element: joins attributes, connection, list and frame; what a reader may do with it is here. */

import { Connection } from "./connection.js";
import { filter } from "./filter.js";
import { Frame } from "./frame.js";
import { Store } from "./store.js";
import { speak } from "./strings.js";
import { everySecond } from "./time.js";
import { events, poll, socket } from "./transports.js";

/** @import { Change, Item, Message, State } from "./types.d.ts" */

const FILTERS = ["edition", "section", "place", "urgency", "backlog"];
const RELABEL_SECONDS = 10;
const SESSION_KEY = "breaking-ticker";

/** Which transport worked in this session; a sandboxed frame may have no storage at all. */
const memory = {
  get() {
    try {
      return Number(sessionStorage[SESSION_KEY]);
    } catch {
      return 0;
    }
  },
  /** @param {number} rung */
  set(rung) {
    try {
      sessionStorage[SESSION_KEY] = rung;
    } catch {}
  },
};

/** Whether an item can be used, as it came; what is taken off comes without its words. @param {any} item */
const sound = (item) =>
  typeof item?.uri === "string" &&
  item.version > 0 &&
  (item.pubStatus !== "usable" || (item.headline?.value && item.infoSources?.flatMap));

export class BreakingTicker extends HTMLElement {
  static observedAttributes = ["src", "layout", "lang", "dir", ...FILTERS];

  #store = new Store();
  #offset = 0;
  #due = 0;
  #ticks = 0;
  /** @type {State} */
  #state = "connecting";
  #reason = "";
  #listed = false;
  /** Uris that a paused reader has not asked for yet. @type {Set<string>} */
  #held = new Set();
  /** @type {Connection | undefined} */
  #connection;
  /** @type {Frame | undefined} */
  #frame;
  /** @type {AbortController | undefined} */
  #life;
  #rejoining = false;
  #tag = "";

  constructor() {
    super();
    // What the server rendered inside is seen until the words are here.
    this.attachShadow({ mode: "open" }).append(document.createElement("slot"));
  }

  connectedCallback() {
    this.#life = new AbortController();
    const { signal } = this.#life;
    signal.addEventListener(
      "abort",
      everySecond(() => this.#tick()),
    );
    const wake = () => this.#connection?.wake();
    document.addEventListener("visibilitychange", () => document.hidden || wake(), { signal });
    addEventListener("online", wake, { signal });
    // A page with an open socket is not kept for the way back.
    addEventListener("pagehide", () => this.#connection?.stop(), { signal });
    addEventListener("pageshow", (event) => event.persisted && wake(), { signal });
    this.#build();
    this.#join();
  }

  disconnectedCallback() {
    this.#life?.abort();
    this.#connection?.stop();
    this.#connection = undefined;
  }

  /** @param {string} name @param {string | null} old @param {string | null} value */
  attributeChangedCallback(name, old, value) {
    if (!this.#connection || old === value) return;
    if (["layout", "lang", "dir"].includes(name)) this.#build();
    else if (!this.#rejoining) {
      this.#rejoining = true;
      // Several attributes set in a row make one new join.
      queueMicrotask(() => {
        this.#rejoining = false;
        if (this.#connection) this.#join();
      });
    }
  }

  #now() {
    return Date.now() + this.#offset;
  }

  async #build() {
    const tag = this.closest("[lang]")?.getAttribute("lang") || document.documentElement.lang;
    this.#tag = tag;
    const words = await speak(tag);
    // Another language may have been asked for meanwhile.
    if (tag !== this.#tag) return;
    const { dir } = this;
    this.#frame = new Frame(/** @type {ShadowRoot} */ (this.shadowRoot), {
      words,
      dir: dir && dir !== "auto" ? dir : words.dir,
      line: this.getAttribute("layout") === "line",
      label: this.getAttribute("aria-label") ?? words.breaking,
      paused: !!this.#frame?.paused,
      release: () => this.#release(),
    });
    this.#frame.state(this.#state, this.#reason);
    this.#render();
  }

  #join() {
    this.#connection?.stop();
    this.#store.wanted = filter(this.#address("").searchParams);
    this.#connection = new Connection({
      address: (cursor, wait) => this.#address(cursor, wait),
      transports: [socket, events, poll],
      memory,
      message: (message) => this.#take(message),
      state: (state, reason) => this.#tell(state, reason),
    });
    this.#tell("connecting", "");
    this.#connection.start();
  }

  /** @param {string} cursor @param {number} [wait] */
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
  #take(message) {
    const time = Date.parse(message.time ?? "");
    if (time) this.#offset = time - Date.now();
    const items = /** @type {Item[]} */ ((message.items ?? [message.item]).filter(sound));
    /** @type {Item[]} */
    const added = [];
    const uris = () => this.#store.current(this.#now()).map((item) => item.uri);
    const before = new Set(uris());
    if (message.type === "snapshot") {
      this.#store.replace(items, message.complete !== false);
      if (message.complete === false) this.#frame?.missed();
    } else if (message.type === "replay" || message.type === "item") {
      // A page's scripts must not be given a version that a later one of the same replay withdraws.
      for (const item of new Map(items.map((item) => [item.uri, item])).values()) {
        const change = this.#store.apply(item);
        if (!change) continue;
        if (change === "added") added.push(item);
        // Of one that only left the filter, "withdrawn" would be untrue.
        else if (change === "changed" || item.pubStatus !== "usable") this.#frame?.announce(item, change);
        this.#emit("ticker-item", { item, change });
      }
    } else return;
    if (this.#frame?.paused && this.#listed)
      for (const uri of uris()) if (!before.has(uri)) this.#held.add(uri);
    this.#listed = true;
    const shown = added.filter((item) => !this.#held.has(item.uri));
    for (const item of shown) this.#frame?.announce(item, "added");
    // An old item that comes by a correction or a release is no news to point at.
    this.#render(shown.filter((item) => item.version < 2));
  }

  #release() {
    this.#held.clear();
    this.#render();
    this.#frame?.top();
  }

  /** @param {Item[]} [added] those to point at as new */
  #render(added = []) {
    const now = this.#now();
    const current = this.#store.current(now);
    const shown = current.filter((item) => !this.#held.has(item.uri));
    this.#due = this.#store.due(now);
    this.#frame?.render(shown, now, { added, fresh: current.length - shown.length, listed: this.#listed });
  }

  #tick() {
    if (this.#now() >= this.#due || !(++this.#ticks % RELABEL_SECONDS)) this.#render();
    this.#frame?.tick();
  }

  /** @param {State} state @param {string} reason */
  #tell(state, reason) {
    const changed = state !== this.#state;
    this.#state = state;
    this.#reason = reason;
    this.setAttribute("state", state);
    this.#frame?.state(state, reason);
    if (changed) this.#emit("ticker-state", { state, reason });
  }

  /** @param {string} type @param {{ item: Item, change: Change } | { state: State, reason: string }} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, detail }));
  }
}

/** The custom element: connects its attributes, the connection, the list of items and the frame that shows them. */

import { Connection } from "../client/connection.js";
import { filter } from "../client/filter.js";
import { onReturn } from "../client/page.js";
import { Store } from "../client/store.js";
import { TRANSPORTS } from "../client/transports.js";
import { Frame } from "./frame.js";
import { loadWords } from "./strings.js";
import { everySecond } from "./time.js";

/** @import { Change, Item, Message, State } from "../client/types.d.ts" */

const FILTERS = ["edition", "section", "place", "urgency", "backlog"];
const RELABEL_SECONDS = 10;
const SESSION_KEY = "breaking-ticker";

/** The transport that works in this session. A sandboxed frame has no storage, and remembers nothing. */
const memory = {
  get() {
    try {
      return Number(sessionStorage[SESSION_KEY]);
    } catch {
      return 0;
    }
  },
  /** @param {number} index */
  set(index) {
    try {
      sessionStorage[SESSION_KEY] = index;
    } catch {}
  },
};

/** Whether an item from the server has what the widget needs; tombstones have no text. @param {any} item */
const isValid = (item) =>
  typeof item?.uri === "string" &&
  item.version > 0 &&
  (item.pubStatus !== "usable" || (item.headline?.value && item.infoSources?.flatMap));

export class BreakingTicker extends HTMLElement {
  static observedAttributes = ["src", "layout", "lang", "dir", ...FILTERS];

  #store = new Store();
  /** The server's clock minus this machine's, in milliseconds. */
  #offset = 0;
  /** When the list changes without a message. */
  #nextChange = 0;
  #ticks = 0;
  /** @type {State} */
  #state = "connecting";
  #reason = "";
  #hasList = false;
  /** Uris that came while the list was paused; they are shown when the reader asks for them. @type {Set<string>} */
  #hidden = new Set();
  /** @type {Connection | undefined} */
  #connection;
  /** @type {Frame | undefined} */
  #frame;
  /** @type {AbortController | undefined} */
  #lifetime;
  #isJoinQueued = false;
  #tag = "";

  constructor() {
    super();
    // Until the words are loaded, the slot shows the list that the server rendered inside the element.
    this.attachShadow({ mode: "open" }).append(document.createElement("slot"));
  }

  connectedCallback() {
    this.#lifetime = new AbortController();
    const { signal } = this.#lifetime;
    signal.addEventListener(
      "abort",
      everySecond(() => this.#tick()),
    );
    const wake = () => this.#connection?.wake();
    onReturn(wake, signal);
    // A browser keeps no page with an open socket in its back/forward cache.
    addEventListener("pagehide", () => this.#connection?.stop(), { signal });
    addEventListener("pageshow", (event) => event.persisted && wake(), { signal });
    this.#build();
    this.#join();
  }

  disconnectedCallback() {
    this.#lifetime?.abort();
    this.#connection?.stop();
    this.#connection = undefined;
  }

  /** @param {string} name @param {string | null} old @param {string | null} value */
  attributeChangedCallback(name, old, value) {
    if (!this.#connection || old === value) return;
    if (["layout", "lang", "dir"].includes(name)) this.#build();
    else if (!this.#isJoinQueued) {
      this.#isJoinQueued = true;
      // Several attributes that are set together lead to one new connection.
      queueMicrotask(() => {
        this.#isJoinQueued = false;
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
    const words = await loadWords(tag);
    // The language may have changed while the words were loading.
    if (tag !== this.#tag) return;
    const { dir } = this;
    this.#frame = new Frame(/** @type {ShadowRoot} */ (this.shadowRoot), {
      words,
      dir: dir && dir !== "auto" ? dir : words.dir,
      isLine: this.getAttribute("layout") === "line",
      label: this.getAttribute("aria-label") ?? words.breaking,
      isPaused: !!this.#frame?.isPaused,
      showAll: () => this.#showAll(),
    });
    this.#frame.setState(this.#state, this.#reason);
    this.#render();
  }

  #join() {
    this.#connection?.stop();
    this.#store.matches = filter(this.#address("").searchParams);
    this.#connection = new Connection({
      address: (cursor, wait) => this.#address(cursor, wait),
      transports: TRANSPORTS,
      memory,
      onMessage: (message) => this.#merge(message),
      onState: (state, reason) => this.#setState(state, reason),
    });
    this.#setState("connecting", "");
    this.#connection.start();
  }

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
    const items = /** @type {Item[]} */ ((message.items ?? [message.item]).filter(isValid));
    /** @type {Item[]} */
    const added = [];
    const uris = () => this.#store.current(this.#now()).map((item) => item.uri);
    const oldUris = new Set(uris());
    if (message.type === "snapshot") {
      this.#store.replace(items, message.complete !== false);
      if (message.complete === false) this.#frame?.showGap();
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
    if (this.#frame?.isPaused && this.#hasList)
      for (const uri of uris()) if (!oldUris.has(uri)) this.#hidden.add(uri);
    this.#hasList = true;
    const shown = added.filter((item) => !this.#hidden.has(item.uri));
    for (const item of shown) this.#frame?.announce(item, "added");
    // An old item that a correction or a release brings is not highlighted as new.
    this.#render(shown.filter((item) => item.version < 2));
  }

  #showAll() {
    this.#hidden.clear();
    this.#render();
    this.#frame?.showFirst();
  }

  /** @param {Item[]} [added] items to highlight as new */
  #render(added = []) {
    const now = this.#now();
    const current = this.#store.current(now);
    const shown = current.filter((item) => !this.#hidden.has(item.uri));
    this.#nextChange = this.#store.nextChange(now);
    this.#frame?.render(shown, now, {
      added,
      hidden: current.length - shown.length,
      hasList: this.#hasList,
    });
  }

  #tick() {
    if (this.#now() >= this.#nextChange || !(++this.#ticks % RELABEL_SECONDS)) this.#render();
    this.#frame?.tick();
  }

  /** @param {State} state @param {string} reason */
  #setState(state, reason) {
    const hasChanged = state !== this.#state;
    this.#state = state;
    this.#reason = reason;
    this.setAttribute("state", state);
    this.#frame?.setState(state, reason);
    if (hasChanged) this.#emit("ticker-state", { state, reason });
  }

  /** @param {string} type @param {{ item: Item, change: Change } | { state: State, reason: string }} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, detail }));
  }
}

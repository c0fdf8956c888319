/** The audience's stream, which the desk page follows too: "on air" means that the ticker has sent the item. */

import { Connection } from "../../client/connection.js";
import { onReturn } from "../../client/page.js";
import { TRANSPORTS } from "../../client/transports.js";

/** @typedef {"connecting" | "live" | "stale" | "offline"} FeedState */
/** @import { Item } from "./types.d.ts" */
/** @import { Message, State } from "../../client/types.d.ts" */

const BACKLOG = "100";
/** After a final close; a desk page stays open for days, and the ticker's settings may have been corrected. */
const FINAL_WAIT = 60_000;

export class Feed {
  #url;
  #onItems;
  #onState;
  #cursor = "";
  /** @type {Connection | undefined} */
  #connection;
  /** @type {AbortController | undefined} */
  #lifetime;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;

  /**
   * @param {string} ticker the ticker's address, http or https
   * @param {(items: Item[], complete: boolean, lost: boolean) => void} onItems items oldest first; `complete` is false
   *   if the desk's own list must be loaded too; `lost` is true if the list must start again
   * @param {(state: FeedState) => void} onState
   */
  constructor(ticker, onItems, onState) {
    this.#url = `${ticker.replace(/\/+$/u, "")}/v1/live?backlog=${BACKLOG}`;
    this.#onItems = onItems;
    this.#onState = onState;
  }

  /** Connects, with the cursor of the newest message if there was one. */
  start() {
    this.stop();
    this.#lifetime = new AbortController();
    onReturn(() => this.#connection?.wake(), this.#lifetime.signal);
    this.#connect();
  }

  /** Closes without reporting a state. */
  stop() {
    this.#lifetime?.abort();
    clearTimeout(this.#retry);
    this.#connection?.stop();
  }

  #connect() {
    this.#connection = new Connection({
      address: (cursor, wait) => this.#address(cursor, wait),
      transports: TRANSPORTS,
      onMessage: (message) => this.#read(message),
      onState: (state, reason) => this.#report(state, reason),
    });
    this.#connection.start();
  }

  /** @param {string} cursor @param {number} [wait] */
  #address(cursor, wait) {
    const url = new URL(this.#url);
    const newest = cursor || this.#cursor;
    if (newest) url.searchParams.set("cursor", newest);
    if (wait) url.searchParams.set("wait", `${wait}`);
    return url;
  }

  /** @param {Message} message */
  #read(message) {
    this.#cursor = message.cursor || this.#cursor;
    const items = /** @type {Item[]} */ (message.items ?? [message.item]);
    if (message.type === "item") this.#onItems(items, true, false);
    else if (message.type === "replay") this.#onItems(items, message.complete !== false, !message.complete);
    else if (message.type === "snapshot") this.#onItems([...items].reverse(), false, !message.complete);
  }

  /** @param {State} state @param {string} reason given if the close was final */
  #report(state, reason) {
    this.#onState(state === "catching-up" ? "offline" : state);
    if (reason) this.#retry = setTimeout(() => this.#connect(), FINAL_WAIT);
  }
}

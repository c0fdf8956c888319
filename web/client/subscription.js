/** The events of one subscription, by iteration or by listeners, in any JavaScript runtime that has `fetch`. */

import { Connection } from "./connection.js";
import { onReturn } from "./page.js";
import { stream } from "./stream.js";
import { TRANSPORTS } from "./transports.js";
import { isValid } from "./valid.js";

/** @import { CursorStore, FollowOptions, NewsEvent, NewsItem } from "./api.d.ts" */
/** @import { Message, State } from "./types.d.ts" */

/** How many messages may wait for a slow program before the connection is closed. */
const QUEUE_LIMIT = 1000;

/** Browsers have none, and go on after an error of a listener. @type {typeof setImmediate | undefined} */
const nextTask = globalThis.setImmediate;

const isBrowser = "WebSocket" in globalThis && !globalThis.process?.versions?.node;

/** The server refused the request, and will refuse it again. */
export class RefusedError extends Error {
  /** @override */
  name = "RefusedError";
}

/**
 * Instead of an EventSource. In Node.js it is the first too: a WebSocket that the program closes waits there for the
 * answer of the other side, and a dead network would keep the program from ending.
 */
const EVERYWHERE = (isBrowser ? TRANSPORTS : [stream, ...TRANSPORTS.slice(1)]).with(1, stream);

export class Subscription extends EventTarget {
  /** @type {CursorStore | undefined} */
  #cursors;
  /** @type {AbortSignal | undefined} */
  #signal;
  /** The cursor of an earlier run; the empty string stands for one that was lost. @type {string | null | undefined} */
  #stored;
  /** @type {string | undefined} */
  #saved;
  #connection;
  /** What the program has not handled yet. @type {{ events: NewsEvent[], cursor: string | undefined }[]} */
  #queue = [];
  /** The ticker's clock minus this machine's, in milliseconds. */
  #offset = 0;
  #isUsed = false;
  #isClosed = false;
  #isFull = false;
  /** @type {RefusedError | undefined} */
  #error;
  #continue = () => {};

  /** @param {URL} live the address of the stream with its filters @param {FollowOptions} options */
  constructor(live, options) {
    super();
    this.#cursors = options.cursors;
    this.#signal = options.signal;
    let index = 0;
    this.#connection = new Connection({
      address: (newest, wait) => this.#address(live, newest, wait),
      transports: EVERYWHERE,
      get preferred() {
        return index;
      },
      set preferred(value) {
        // Not the long poll: one failure at the start must not last as long as the program.
        index = Math.min(value, 1);
      },
      onMessage: (message) => this.#read(message),
      onState: (state, reason) => this.#report(state, reason),
    });
  }

  /** Connects, and yields events until `close`, the signal or a final refusal. */
  async *[Symbol.asyncIterator]() {
    if (this.#isUsed) throw new TypeError("A subscription can be used once: call follow() again.");
    this.#isUsed = true;
    const lifetime = new AbortController();
    const { signal } = lifetime;
    try {
      this.#signal?.addEventListener("abort", () => this.close(), { signal });
      if (this.#signal?.aborted) this.close();
      else if (this.#cursors) this.#stored = await this.#cursors.load();
      if (typeof document === "object") onReturn(() => this.wake(), signal);
      this.#report("connecting", "");
      if (!this.#isClosed) this.#connection.start();
      while (!this.#isClosed) {
        const next = this.#queue.shift();
        if (next) {
          for (const event of next.events) {
            yield event;
            if (this.#isClosed) return;
          }
          await this.#save(next.cursor);
        } else if (this.#error) throw this.#error;
        else {
          if (this.#isFull) this.#connection.start();
          this.#isFull = false;
          /** @type {Promise<void>} */
          const change = new Promise((resolve) => {
            this.#continue = resolve;
          });
          await change;
        }
      }
    } finally {
      lifetime.abort();
      this.close();
    }
  }

  /** Connects, and dispatches every event to listeners; the promise ends with the subscription. */
  async start() {
    try {
      for await (const event of this) {
        this.dispatchEvent(new CustomEvent(event.type, { detail: event }));
        // A listener that throws ends a program of Node.js, but only in the next task: its event must not be saved before.
        if (this.#cursors && nextTask) await new Promise((resolve) => nextTask(resolve));
      }
    } catch (error) {
      // The last `state` event has told it.
      if (!(error instanceof RefusedError)) throw error;
    }
  }

  /** Ends the subscription. Events that the program has not handled come again in the next run. */
  close() {
    this.#isClosed = true;
    this.#connection.stop();
    this.#continue();
  }

  /** Reconnects within a second if the connection is lost: call it when the host knows that the network is back. */
  wake() {
    if (!this.#isClosed && !this.#isFull) this.#connection.wake();
  }

  /** The time by the ticker's clock, in milliseconds since 1970; this machine's before the first message. */
  now() {
    return Date.now() + this.#offset;
  }

  /** @param {URL} live @param {string} newest @param {number} [wait] */
  #address(live, newest, wait) {
    const url = new URL(live);
    const cursor = newest || this.#stored;
    if (typeof cursor === "string") url.searchParams.set("cursor", cursor);
    if (wait) url.searchParams.set("wait", `${wait}`);
    return url;
  }

  /** @param {Message} message */
  #read(message) {
    const { type } = message;
    const cursor = typeof message.cursor === "string" ? message.cursor : "";
    const time = Date.parse(message.time ?? "");
    if (time) this.#offset = time - Date.now();
    const isList = type === "snapshot" || type === "replay";
    /** @type {unknown[]} */
    const all = isList ? (message.items ?? []) : type === "item" ? [message.item] : [];
    const items = /** @type {NewsItem[]} */ (all.filter(isValid));
    /** @type {NewsEvent[]} */
    const events = all
      .filter((item) => !isValid(item))
      .map((data) => ({ type: "skipped", data, items: /** @type {[]} */ ([]) }));
    const isComplete = message.complete !== false;
    if (type === "snapshot" && !isComplete) events.push({ type: "gap", items: [] });
    const [item] = items;
    if (type === "snapshot") events.push({ type, items, cursor, isComplete });
    else if (type === "replay") events.push({ type, items, cursor });
    else if (item) events.push({ type: "item", item, items: [item], cursor });
    this.#put(events, cursor);
  }

  /** @param {State} state @param {string} reason given if the server has ended it for good */
  #report(state, reason) {
    if (reason) this.#error = new RefusedError(reason);
    this.#put([{ type: "state", state, reason, items: [] }], undefined);
  }

  /** @param {NewsEvent[]} events @param {string | undefined} cursor */
  #put(events, cursor) {
    this.#queue.push({ events, cursor });
    if (this.#queue.length >= QUEUE_LIMIT) {
      // When the program has caught up, a replay brings the newest version of each item.
      this.#isFull = true;
      this.#connection.stop();
    }
    this.#continue();
  }

  /** @param {string | undefined} cursor */
  async #save(cursor) {
    if (!cursor || cursor === this.#saved) return;
    await this.#cursors?.save(cursor);
    this.#saved = cursor;
  }
}

/**
 * Tells a page which lists of the desk have changed (docs/protocol.md, Events of the desk).
 *
 * Of all tabs of one browser, one asks the desk and tells the others: a browser opens six connections to a server at
 * most. The pages of another desk under a path of the same origin, such as a rehearsal, do so among themselves. Without
 * Web Locks (an insecure address) each tab asks without waiting.
 */

import { isDeskError, RefusedError } from "./errors.js";

const WAIT_SECONDS = 8;
const PAUSE_MS = 2000;

/** @typedef {(topics: string[]) => void} Listener */

/** The name that the pages of this desk share: they are in one folder. */
const sharedName = () => `flashwire.desk-events.${new URL(".", location.href).pathname}`;

export class DeskEvents {
  #api;
  #onUnauthorized;
  /** @type {Set<Listener>} */
  #listeners = new Set();
  /** @type {AbortController | null} */
  #running = null;

  /**
   * @param {import("./api.js").DeskApi} api
   * @param {() => void} onUnauthorized
   */
  constructor(api, onUnauthorized) {
    this.#api = api;
    this.#onUnauthorized = onUnauthorized;
  }

  /**
   * Calls `listener` with the topics that have changed; with every topic after the start and after a gap.
   * @param {Listener} listener
   */
  subscribe(listener) {
    this.#listeners.add(listener);
  }

  start() {
    this.stop();
    this.#running = new AbortController();
    const { signal } = this.#running;
    const name = sharedName();
    const channel = new BroadcastChannel(name);
    channel.addEventListener("message", ({ data }) => this.#tell(data), { signal });
    signal.addEventListener("abort", () => channel.close());
    const ask = () => this.#ask(signal, (topics) => channel.postMessage(topics));
    if (!navigator.locks) return void ask();
    navigator.locks.request(name, { signal }, ask).catch((error) => {
      if (error?.name !== "AbortError") throw error;
    });
  }

  stop() {
    this.#running?.abort();
    this.#running = null;
  }

  /**
   * @param {AbortSignal} signal
   * @param {Listener} tellOthers
   */
  async #ask(signal, tellOthers) {
    const wait = navigator.locks ? WAIT_SECONDS : 0;
    let seen = "";
    while (!signal.aborted) {
      const { pause, answer } = await this.#request(seen, wait, signal);
      if (signal.aborted) return;
      if (answer) {
        seen = answer.seen;
        if (answer.topics.length) {
          this.#tell(answer.topics);
          tellOthers(answer.topics);
        }
      }
      if (pause) await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /**
   * @param {string} seen
   * @param {number} wait
   * @param {AbortSignal} signal
   */
  async #request(seen, wait, signal) {
    try {
      const answer = await this.#api.events(seen, wait, signal);
      return { answer, pause: wait ? 0 : PAUSE_MS };
    } catch (error) {
      if (!signal.aborted && !isDeskError(error)) throw error;
      if (error instanceof RefusedError && error.status === 401) this.#onUnauthorized();
      return { pause: PAUSE_MS };
    }
  }

  /** @param {string[]} topics */
  #tell(topics) {
    for (const listener of this.#listeners) listener(topics);
  }
}

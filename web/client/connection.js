/**
 * A live connection to a ticker as a state machine: which transport to use, when to come back, which state to report.
 * It knows no DOM; clock, random numbers and transports are arguments.
 *
 * 1. A transport works once its first snapshot or replay has come: a captive portal answers 200 too.
 * 2. The next transport follows after silence or two failures (a fallback: one); after the last the first is tried again.
 * 3. A fallback that works is remembered for a time, unless the first transport has worked on this page.
 * 4. Each return sends the cursor of the newest message. `backoff` decides the wait.
 * 5. A wait that the server names (bye, Retry-After) also holds when the page comes to the front.
 */

import { backoff } from "./backoff.js";

/** @import { ConnectionOptions, Loss, Message, State, Transport } from "./types.d.ts" */

const FIRST_MESSAGE = 2500;
const FIRST_POLL = 10_000;
const POLL_INDEX = 2;
const SILENT_HEARTBEATS = 2.5;

/** @type {NonNullable<ConnectionOptions["clock"]>} */
const browserClock = {
  now: Date.now,
  set: (run, wait) => setTimeout(run, wait),
  clear: (timer) => clearTimeout(/** @type {number} */ (timer)),
};

export class Connection {
  #options;
  #clock;
  #backoff;
  /** @type {State} */
  #state = "connecting";
  /** Of the newest message. */
  cursor = "";
  heartbeat = 15;
  /** Of the transport in use. */
  #index = 0;
  /** Of the transport in use, since it last worked. */
  #failures = 0;
  /** How often all transports have failed, one after the other. */
  #rounds = 0;
  #firstHasWorked = false;
  #hasWorked = false;
  #isUp = false;
  #isFinal = false;
  #attempt = 0;
  #heardAt = 0;
  /** @type {unknown} */
  #timer;
  /** @type {(() => void) | undefined} */
  #closeTransport;

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.#options = options;
    this.#clock = options.clock ?? browserClock;
    this.#backoff = backoff(options.random ?? Math.random, this.#clock.now);
    this.#index = this.#preferred();
  }

  /** Opens the connection; also after `stop`. Does nothing once the server has ended it for good. */
  start() {
    if (!this.#isFinal) this.#open();
  }

  /** Closes without reporting a state. The cursor stays for the next `start`. */
  stop() {
    this.#close();
  }

  /** Comes back within a second if the connection is lost or silent: the page is in front, or the network back. */
  wake() {
    if (this.#isFinal) return;
    if (this.#closeTransport && this.#silenceLeft() > 0) return;
    this.#close();
    this.#report(this.#hasWorked ? "catching-up" : "connecting");
    this.#openAfter(this.#backoff.wake());
  }

  #preferred() {
    return this.#options.preferred || 0;
  }

  /** How much longer the transport may be silent, in milliseconds. */
  #silenceLeft() {
    const first = this.#index < POLL_INDEX ? FIRST_MESSAGE : FIRST_POLL;
    const limit = this.#isUp ? SILENT_HEARTBEATS * 1000 * Math.max(1, this.heartbeat) : first;
    return this.#heardAt + limit - this.#clock.now();
  }

  #open() {
    this.#close();
    this.#heardAt = this.#clock.now();
    const attempt = this.#attempt;
    // A transport that was closed may still call back.
    /** @template T @param {(value: T) => void} act @returns {(value: T) => void} */
    const ifCurrent = (act) => (value) => {
      if (attempt === this.#attempt) act(value);
    };
    const on = {
      message: ifCurrent((/** @type {string} */ text) => this.#read(text)),
      loss: ifCurrent((/** @type {Loss} */ loss) => this.#lose(loss)),
    };
    this.#watch();
    try {
      const transport = /** @type {Transport} */ (this.#options.transports[this.#index]);
      this.#closeTransport = transport(
        (wait) => this.#options.address(this.cursor, wait),
        on,
        () => this.heartbeat,
      );
    } catch {
      this.#lose({});
    }
  }

  /** Ends a silent connection. It compares times, because the timers of a hidden page run late. */
  #watch() {
    this.#setTimer(this.#silenceLeft(), () =>
      this.#silenceLeft() > 0 ? this.#watch() : this.#lose({ silent: true }),
    );
  }

  /** @param {string} text */
  #read(text) {
    /** @type {Message} */
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    const isList = message?.type === "snapshot" || message?.type === "replay";
    if (isList ? !Array.isArray(message.items) : !message?.type || !(this.#isUp || message.type === "bye"))
      return;
    this.#heardAt = this.#clock.now();
    this.#backoff.heard(!this.#isUp);
    if (!this.#isUp && isList) {
      this.#isUp = this.#hasWorked = true;
      this.#failures = this.#rounds = 0;
      if (!this.#index) this.#firstHasWorked = true;
      // Not again while it is remembered, or the memory would never end.
      if (this.#index !== this.#preferred() && !this.#firstHasWorked) this.#options.preferred = this.#index;
    }
    if (typeof message.cursor === "string") this.cursor = message.cursor;
    this.heartbeat = Number(message.heartbeat) || this.heartbeat;
    if (message.type === "bye") {
      this.#backoff.postpone(message.reconnect);
      // The server closes the connection; if it does not, the client does when its wait is over.
      this.#setTimer(this.#backoff.rest(), () => this.#lose({}));
    } else {
      this.#watch();
      this.#options.onMessage(message);
      if (isList || "stale" in message) this.#report(message.stale ? "stale" : "live");
    }
  }

  /** @param {Loss} loss */
  #lose(loss) {
    const wasUp = this.#isUp;
    this.#close();
    if (loss.final) {
      this.#isFinal = true;
      this.#report("offline", loss.reason || "refused");
    } else if (wasUp) {
      this.#index = this.#preferred();
      this.#report("catching-up");
      this.#openAfter(this.#backoff.next(loss.retryAfter));
    } else {
      const isOut = loss.silent || ++this.#failures > 1 || this.#index > 0;
      if (isOut) {
        this.#failures = 0;
        this.#index++;
      }
      if (this.#index >= this.#options.transports.length) {
        this.#index = this.#preferred();
        this.#rounds++;
      }
      const isFirstVisit = !this.#hasWorked && !this.#rounds;
      if (!isFirstVisit) this.#report("offline");
      // Only a page's first visit changes transport at once, and not before a wait that a refusal has named: clients
      // that return may be thousands.
      const isAtOnce = isOut && isFirstVisit && !loss.retryAfter;
      this.#openAfter(isAtOnce ? this.#backoff.rest() : this.#backoff.next(loss.retryAfter));
    }
  }

  /** @param {number} wait */
  #openAfter(wait) {
    this.#setTimer(wait, () => this.#open());
  }

  #close() {
    this.#isUp = false;
    this.#attempt++;
    this.#clock.clear(this.#timer);
    this.#closeTransport?.();
    this.#closeTransport = undefined;
  }

  /** Sets the only timer, for whatever comes next. @param {number} wait @param {() => void} run */
  #setTimer(wait, run) {
    this.#clock.clear(this.#timer);
    this.#timer = this.#clock.set(run, wait);
  }

  /** @param {State} state @param {string} [reason] */
  #report(state, reason = "") {
    // A refusal for good has a reason, also where the connection was offline before.
    if (state === this.#state && !reason) return;
    this.#state = state;
    this.#options.onState(state, reason);
  }
}

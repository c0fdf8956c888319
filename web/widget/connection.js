/**
 * The way to a node as a state machine: which transport, when to come back, what the reader is told. It
 * knows no DOM; clock, randomness and transports are given.
 *
 * 1. A transport is up with its first snapshot or replay, never before: a portal answers 200 too.
 * 2. One that stays silent, or fails twice (a fallback: once), is left for the next; the last leads back up.
 * 3. What worked below the top is remembered for the session, unless the top has worked on this page.
 * 4. Each return brings the cursor. The wait is drawn anew; forgiven after 30 stable seconds and a message.
 * 5. A server's own wait (bye, Retry-After) is kept, also when the page comes back to the front.
 */

import { backoff } from "./backoff.js";

/** @import { ConnectionOptions, Loss, Message, State } from "./types.d.ts" */

const FIRST_MESSAGE = 2500;
const FIRST_POLL = 10_000;
const STABLE = 30_000;
const SILENT_HEARTBEATS = 2.5;

/** @type {NonNullable<ConnectionOptions["clock"]>} */
const browserClock = {
  now: Date.now,
  set: (run, wait) => setTimeout(run, wait),
  clear: (timer) => clearTimeout(/** @type {number} */ (timer)),
};

export class Connection {
  #o;
  #clock;
  #tries = 0;
  /** @type {State} */
  #state = "connecting";
  #cursor = "";
  #heartbeat = 15;
  #rung = 0;
  #failures = 0;
  #round = 0;
  #topWorked = false;
  #everUp = false;
  #up = false;
  #over = false;
  #turn = 0;
  #openedAt = 0;
  #heardAt = 0;
  #notBefore = 0;
  /** @type {unknown} */
  #timer;
  /** @type {(() => void) | undefined} */
  #close;

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.#o = { clock: browserClock, random: Math.random, ...options };
    this.#clock = this.#o.clock;
    this.#rung = this.#best();
  }

  /** Opens, or opens again after `stop`. */
  start() {
    if (!this.#over) this.#open();
  }

  /** Closes without a word; the cursor is kept for the next `start`. */
  stop() {
    this.#shut();
  }

  /** The page is in front again, or the network back: comes back within a second, if it is away. */
  wake() {
    if (this.#over) return;
    if (this.#close && this.#clock.now() - this.#heardAt < this.#patience()) return;
    this.#shut();
    this.#say(this.#everUp ? "catching-up" : "connecting");
    this.#wait(this.#o.random() * 1000);
  }

  #best() {
    return Math.min(this.#o.memory?.get() || 0, this.#o.transports.length - 1);
  }

  #patience() {
    if (this.#up) return SILENT_HEARTBEATS * 1000 * Math.max(1, this.#heartbeat);
    return this.#rung < 2 ? FIRST_MESSAGE : FIRST_POLL;
  }

  #open() {
    this.#shut();
    this.#heardAt = this.#clock.now();
    const turn = this.#turn;
    // Whatever an earlier transport still says is no longer meant for us.
    /** @template T @param {(value: T) => void} act @returns {(value: T) => void} */
    const mine = (act) => (value) => {
      if (turn === this.#turn) act(value);
    };
    const on = {
      message: mine((/** @type {string} */ text) => this.#message(text)),
      lost: mine((/** @type {Loss} */ loss) => this.#lost(loss)),
    };
    this.#watch();
    try {
      const transport = /** @type {import("./types.d.ts").Transport} */ (this.#o.transports[this.#rung]);
      this.#close = transport(
        (wait) => this.#o.address(this.#cursor, wait),
        on,
        () => this.#heartbeat,
      );
    } catch {
      this.#lost({});
    }
  }

  // By timestamps: a hidden page's timers run late, and a message may have come meanwhile.
  #watch() {
    const left = this.#heardAt + this.#patience() - this.#clock.now();
    this.#arm(left, () =>
      this.#clock.now() - this.#heardAt < this.#patience() ? this.#watch() : this.#lost({ silent: true }),
    );
  }

  /** @param {string} text */
  #message(text) {
    /** @type {Message} */
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    const list = message?.type === "snapshot" || message?.type === "replay";
    if (list ? !Array.isArray(message.items) : !message?.type || !(this.#up || message.type === "bye"))
      return;
    const now = this.#clock.now();
    this.#heardAt = now;
    if (list && !this.#up) {
      this.#up = this.#everUp = true;
      this.#openedAt = now;
      this.#failures = this.#round = 0;
      if (!this.#rung) this.#topWorked = true;
      if (this.#rung === this.#best() || !this.#topWorked) this.#o.memory?.set(this.#rung);
    } else if (now - this.#openedAt >= STABLE) this.#tries = 0;
    if (typeof message.cursor === "string") this.#cursor = message.cursor;
    if (Number(message.heartbeat) > 0) this.#heartbeat = Number(message.heartbeat);
    if (message.type === "bye") {
      const wait = 1000 * Math.max(0, Number(message.reconnect) || 0);
      this.#notBefore = now + wait;
      // The server hangs up; one that forgets to is left when its own time has come.
      this.#arm(wait, () => this.#lost({}));
    } else {
      this.#watch();
      this.#o.message(message);
      if (list || "stale" in message) this.#say(message.stale ? "stale" : "live");
    }
  }

  /** @param {Loss} loss */
  #lost(loss) {
    const wasUp = this.#up;
    this.#shut();
    if (loss.final) {
      this.#over = true;
      this.#say("offline", loss.reason || "refused");
      return;
    }
    if (loss.retry) this.#notBefore = this.#clock.now() + loss.retry * 1000 + this.#o.random() * 1000;
    if (wasUp) {
      this.#rung = this.#best();
      this.#say("catching-up");
      // After a bye the server has spread its clients itself.
      this.#wait(this.#notBefore > this.#clock.now() ? 0 : this.#next());
      return;
    }
    const down = loss.silent || ++this.#failures > 1 || this.#rung > 0;
    if (down) {
      this.#failures = 0;
      this.#rung++;
    }
    if (this.#rung >= this.#o.transports.length) {
      this.#rung = this.#best();
      this.#round++;
    }
    if (this.#everUp || this.#round) this.#say("offline");
    // Only a page's first visit hurries down: those who return may be thousands.
    this.#wait(down && !this.#everUp && !this.#round ? 0 : this.#next());
  }

  /** @param {number} wait */
  #wait(wait) {
    this.#arm(Math.max(wait, this.#notBefore - this.#clock.now()), () => this.#open());
  }

  #next() {
    return backoff(this.#o.random, this.#tries++);
  }

  #shut() {
    this.#up = false;
    this.#turn++;
    this.#clock.clear(this.#timer);
    this.#close?.();
    this.#close = undefined;
  }

  /** One timer, for whatever is next. @param {number} wait @param {() => void} run */
  #arm(wait, run) {
    this.#clock.clear(this.#timer);
    this.#timer = this.#clock.set(run, wait);
  }

  /** @param {State} state @param {string} [reason] */
  #say(state, reason = "") {
    if (state === this.#state) return;
    this.#state = state;
    this.#o.state(state, reason);
  }
}

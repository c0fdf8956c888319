/**
 * What the composer and the form of an act share: one request at a time, under one key until it is done.
 *
 * 1. A check before sending (what is missing, a question to the editor) runs once at a time.
 * 2. The request is stored before it is sent and forgotten when its outcome is known, so that a page opened later can
 *    ask again. Until then the form only repeats it.
 * 3. If the session has ended, the form keeps what was typed and its key, and the editor signs in.
 */

import { failureOf } from "./outcomes.js";
import { RepeatedRequest } from "./repeated-request.js";

/** @import { Item, Session, Written } from "./types.d.ts" */

/**
 * @typedef {object} Sending
 * @property {() => Promise<Written>} post sends the request; the same one each time
 * @property {number} sent when it was first sent, by `Date.now()`
 * @property {boolean} [resumed] an earlier page sent it, and its outcome is unknown
 * @property {() => void} [store] stores the request; called before it is sent
 * @property {() => void} [forget] called once the outcome is known
 */
/** @typedef {{kind: "done"} & import("./repeated-request.js").Done} Done */
/** @typedef {Done | import("./outcomes.js").Failure} Outcome */

export class Attempt {
  #session;
  #onUnknown;
  #isChecking = false;
  /** @type {RepeatedRequest | null} */
  #request = null;

  /**
   * @param {Session} session
   * @param {(repeating: boolean) => void} onUnknown called while the outcome is unknown; `repeating`: the page goes on
   *   asking by itself
   */
  constructor(session, onUnknown) {
    this.#session = session;
    this.#onUnknown = onUnknown;
  }

  /** Whether a request was sent and its outcome is not known. */
  get isPending() {
    return this.#request !== null;
  }

  /** Whether the first answer was lost or said nothing. */
  get isUnknown() {
    return this.#request?.isUnknown ?? false;
  }

  /** Whether a check before sending is running. */
  get isChecking() {
    return this.#isChecking;
  }

  /**
   * Runs `check` and returns its result; null if a check is running already.
   * @template Result
   * @param {() => Result | null | Promise<Result | null>} check
   * @returns {Promise<Result | null>}
   */
  async prepare(check) {
    if (this.#isChecking) return null;
    this.#isChecking = true;
    try {
      return await check();
    } finally {
      this.#isChecking = false;
    }
  }

  /**
   * Sends a request and waits until its outcome is known. An unknown outcome is never returned as a failure.
   * @param {Sending} sending
   * @returns {Promise<Outcome>}
   */
  async send({ post, sent, resumed = false, store = () => {}, forget = () => {} }) {
    store();
    const { isOwner, keyMs, onExpired, onOutcome } = this.#session;
    const onUnknown = this.#onUnknown;
    this.#request = new RepeatedRequest({ post, sent, resumed, isOwner, keyMs, onUnknown, onExpired });
    /** @type {Outcome} */
    let outcome;
    try {
      outcome = { kind: "done", ...(await this.#request.outcome) };
    } catch (error) {
      outcome = failureOf(error);
    } finally {
      this.#request = null;
      forget();
    }
    if (outcome.kind === "signed-out") onExpired();
    onOutcome?.();
    return outcome;
  }

  /** Sends the request again now, because a person asks for the outcome. */
  repeatNow() {
    this.#request?.repeatNow();
  }

  /** Sends the request again now, unless its first sending is too long ago. */
  repeatIfRecent() {
    this.#request?.repeatIfRecent();
  }

  /** The ticker or the desk's list shows `item`, which the request produced. @param {Item} item */
  confirm(item) {
    this.#request?.confirm(item);
  }

  /** Drops the request without learning its outcome; `send` stays open. */
  stop() {
    this.#request?.stop();
    this.#request = null;
  }
}

/**
 * One request that changes what readers see, repeated under its key until its outcome is known.
 *
 * 1. Without a readable answer the outcome is unknown, and only the same request under the same key may be sent again:
 *    the desk answers a repeat as it answered the first one (docs/protocol.md, Publishing).
 * 2. Repeats stop after `REPEAT_MS`, or before the desk forgets the key, so that a line never goes on air by itself
 *    long after Publish. From then on a person asks again, or the ticker shows the outcome.
 */

import { isDeskError, RefusedError } from "./errors.js";
import { isRefusal, wasDoneBefore } from "./outcomes.js";

/** @import { Item, Sibling, Warning, Written } from "./types.d.ts" */

/** How long after the first request the page repeats it by itself, in milliseconds. */
export const REPEAT_MS = 300_000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;

/**
 * @typedef {object} Options
 * @property {() => Promise<Written>} post sends the request; the same one each time
 * @property {() => Promise<boolean>} isOwner whether the session still belongs to the person who sent the first request
 * @property {number} sent when the first request was sent, by `Date.now()`
 * @property {number} [keyMs] how long the desk surely knows the key
 * @property {boolean} [resumed] an earlier page sent the first request, and its outcome is unknown
 * @property {(repeating: boolean) => void} onUnknown called whenever the outcome is still unknown
 * @property {() => void} onExpired called when the session has ended; no request follows until `repeatNow`
 */
/** @typedef {{item: Item, warnings: Warning[], siblings: Sibling[], wasUnknown: boolean, due?: string}} Done `due`: it leaves only then */

export class RepeatedRequest {
  #options;
  #isUnknown;
  #isSending = false;
  #isOver = false;
  #failures = 0;
  /** The item that the ticker showed before the answer came. @type {Item | null} */
  #shownItem = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {(done: Done) => void} */
  #resolve = () => {};
  /** @type {(error: unknown) => void} */
  #reject = () => {};
  /** Rejects with a `RefusedError` if the request is refused, or was done and its answer is unreadable. @type {Promise<Done>} */
  outcome;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    this.#isUnknown = options.resumed ?? false;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (!this.#isUnknown) this.#send();
    else if (this.#mayRepeat()) this.repeatNow();
    else options.onUnknown(false);
  }

  /** Whether the outcome is unknown; false while the first request is being answered, and after the end. */
  get isUnknown() {
    return this.#isUnknown && !this.#isOver;
  }

  /** Sends the request again now, unless its first sending is too long ago. */
  repeatIfRecent() {
    if (this.#mayRepeat()) this.repeatNow();
  }

  /** Sends the request again now, because a person asks for the outcome. */
  repeatNow() {
    if (this.#isOver || this.#isSending || !this.#isUnknown) return;
    clearTimeout(this.#timer);
    this.#options.onUnknown(this.#mayRepeat());
    this.#send();
  }

  /** The ticker or the desk's list shows `item`, which this request produced. @param {Item} item */
  confirm(item) {
    this.#shownItem = item;
    // The desk's answer, which usually follows, also has the warnings.
    if (this.#isUnknown) this.#finish(item);
  }

  /** Sends nothing any more; `outcome` stays open. */
  stop() {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  /**
   * @param {Item} item
   * @param {Warning[]} [warnings]
   * @param {Sibling[]} [siblings]
   * @param {string} [due]
   */
  #finish(item, warnings = [], siblings = [], due = "") {
    this.stop();
    this.#resolve({ item, warnings, siblings, wasUnknown: this.#isUnknown, ...(due ? { due } : {}) });
  }

  #mayRepeat() {
    return Date.now() - this.#options.sent < Math.min(REPEAT_MS, this.#options.keyMs ?? REPEAT_MS);
  }

  async #send() {
    this.#isSending = true;
    try {
      // A key belongs to a person: under another person's session the same request would be a new one.
      if (this.#isUnknown && !(await this.#options.isOwner())) return this.#expire();
      const { item, warnings = [], siblings = [], due } = await this.#options.post();
      if (!this.#isOver) this.#finish(item, warnings, siblings, due);
    } catch (error) {
      if (!this.#isOver) this.#handleError(error);
    } finally {
      this.#isSending = false;
    }
  }

  /** @param {unknown} error */
  #handleError(error) {
    if (!isDeskError(error) || this.#isSettledBy(error)) {
      this.stop();
      this.#reject(error);
      return;
    }
    if (this.#shownItem) return this.#finish(this.#shownItem);
    this.#isUnknown = true;
    if (error instanceof RefusedError && error.status === 401) return this.#expire();
    this.#options.onUnknown(this.#mayRepeat());
    if (this.#mayRepeat()) this.#timer = setTimeout(() => this.repeatNow(), this.#waitAfter(error));
  }

  /** @param {unknown} error */
  #isSettledBy(error) {
    // The ticker has shown the item, so only the desk's decision counts, and not a proxy's error.
    if (this.#shownItem) return isRefusal(error, true);
    if (wasDoneBefore(error)) return true;
    // A desk that has forgotten the key meets the item that it wrote itself, and reports a conflict.
    const isForgotten =
      this.#isUnknown && Date.now() - this.#options.sent > (this.#options.keyMs ?? Infinity);
    return !isForgotten && isRefusal(error, this.#isUnknown);
  }

  /** Backoff with jitter, or the wait that the desk asks for if that is longer. @param {unknown} error */
  #waitAfter(error) {
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures++);
    const wait = error instanceof RefusedError ? error.wait : 0;
    return Math.max(longest * (0.5 + Math.random() / 2), wait);
  }

  #expire() {
    if (this.#isOver) return;
    this.#options.onUnknown(false);
    this.#options.onExpired();
  }
}

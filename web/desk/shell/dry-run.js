/** Asks the desk, once typing pauses, whether it would accept what is typed. */

import { RefusedError } from "./errors.js";

/** How long typing must pause, in milliseconds. */
const PAUSE_MS = 600;

export class DryRun {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #controller = new AbortController();
  /** @type {(signal: AbortSignal) => Promise<void>} */
  #send = async () => {};

  /** Cancels the request that is planned or being answered. */
  stop() {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }

  /**
   * Plans a request in place of an earlier one.
   * @param {(signal: AbortSignal) => Promise<void>} send `signal` is aborted once the answer is of no use
   */
  plan(send) {
    this.stop();
    this.#controller = new AbortController();
    this.#send = send;
    this.#sendAfter(PAUSE_MS);
  }

  /** Plans the request again if `error` asks to wait; returns whether it does. @param {unknown} error */
  repeatsAfter(error) {
    if (!isWait(error)) return false;
    this.#sendAfter(error.wait);
    return true;
  }

  /** @param {number} wait in milliseconds */
  #sendAfter(wait) {
    const { signal } = this.#controller;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(signal), wait);
  }
}

/**
 * What `send` returns, after one repeat if the desk asks to wait.
 * @template Answer
 * @param {() => Promise<Answer>} send
 */
export async function withOneRepeat(send) {
  try {
    return await send();
  } catch (error) {
    if (!isWait(error)) throw error;
    await new Promise((resolve) => setTimeout(resolve, error.wait));
    return send();
  }
}

/** @param {unknown} error @returns {error is RefusedError} */
const isWait = (error) => error instanceof RefusedError && error.status === 429;

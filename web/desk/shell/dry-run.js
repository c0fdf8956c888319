/** Asks the desk, once typing pauses, whether it would accept what is typed. */

/** How long typing must pause, in milliseconds. */
const PAUSE_MS = 600;

export class DryRun {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #controller = new AbortController();

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
    const { signal } = this.#controller;
    this.#timer = setTimeout(() => send(signal), PAUSE_MS);
  }
}

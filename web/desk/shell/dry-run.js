/** Asks the desk, once typing pauses, what it would say to what is typed; it knows nothing of the page. */

/** How long typing must pause, in milliseconds. */
const PAUSE = 600;

export class Check {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pause;
  #asking = new AbortController();

  /** Drops the question that is planned or on its way. */
  stop() {
    clearTimeout(this.#pause);
    this.#asking.abort();
  }

  /**
   * Plans a question in place of the one before.
   * @param {(signal: AbortSignal) => Promise<void>} ask `signal` is aborted as soon as the answer is of no use
   */
  soon(ask) {
    this.stop();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    this.#pause = setTimeout(() => ask(signal), PAUSE);
  }
}

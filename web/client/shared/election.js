/** Which page of a browser leads, by a lock: it ends with its page, however that ends. */

export class Election {
  #name;
  #onLead;
  #onLoss;
  /** Ends the request for the lock, or gives it back. */
  #release = () => {};

  /**
   * @param {string} name
   * @param {() => void} onLead this page leads; also where it may have no lock, as in a sandboxed frame
   * @param {() => void} onLoss another page has taken the lock
   */
  constructor(name, onLead, onLoss) {
    this.#name = name;
    this.#onLead = onLead;
    this.#onLoss = onLoss;
  }

  /**
   * The channel to the browser's other pages, or undefined where there is none: a page without TLS has no locks, and a
   * browser that denies a page its storage may deny it the channel.
   * @param {string} name
   */
  static channel(name) {
    if (!("locks" in navigator)) return;
    try {
      return new BroadcastChannel(name);
    } catch {}
  }

  /** Asks for the lock. @param {boolean} steals from the page that has it, and not in turn */
  stand(steals) {
    this.#release();
    const abort = new AbortController();
    const { signal } = abort;
    /** @type {() => void} */
    let giveBack = () => {};
    this.#release = () => {
      abort.abort();
      giveBack();
    };
    /** @returns {Promise<void> | undefined} */
    const hold = () => {
      if (signal.aborted) return;
      this.#onLead();
      return new Promise((resolve) => {
        giveBack = resolve;
      });
    };
    /** An extension of the browser may have put something else in place of the locks, which throws at once. */
    const request = async () =>
      navigator.locks.request(this.#name, steals ? { steal: true } : { signal }, hold);
    request().catch(({ name }) => {
      if (signal.aborted) return;
      if (name === "AbortError") this.#onLoss();
      else this.#onLead();
    });
  }

  /** Gives the lock back, or wants it no longer. */
  withdraw() {
    this.#release();
  }
}

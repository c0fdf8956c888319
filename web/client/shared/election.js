/** Which page of a browser leads, by a lock: it ends with its page, however that ends. */

export class Election {
  #name;
  #onLead;
  #onLoss;
  /** Ends the request for the lock, or gives it back. */
  #release = () => {};

  /** @param {string} name @param {() => void} onLead @param {() => void} onLoss another page has taken the lock */
  constructor(name, onLead, onLoss) {
    this.#name = name;
    this.#onLead = onLead;
    this.#onLoss = onLoss;
  }

  /** Whether this page can share with others: a page without TLS has no locks. */
  static isPossible() {
    return "locks" in navigator && "BroadcastChannel" in globalThis;
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
    navigator.locks
      .request(this.#name, steals ? { steal: true } : { signal }, hold)
      .catch(() => signal.aborted || this.#onLoss());
  }

  /** Gives the lock back, or wants it no longer. */
  withdraw() {
    this.#release();
  }
}

/** Full jitter: a delay drawn anew each time from zero to a bound that doubles (AWS, 2015). */

const BASE = 1000;
const CAP = 60_000;

export class Backoff {
  #tries = 0;
  #random;

  /** @param {() => number} random from 0 to 1, exclusive */
  constructor(random) {
    this.#random = random;
  }

  /** The next delay in milliseconds. */
  next() {
    return this.#random() * Math.min(CAP, BASE * 2 ** this.#tries++);
  }

  /** Starts from the smallest bound again; for a connection that has proved stable. */
  forgive() {
    this.#tries = 0;
  }
}

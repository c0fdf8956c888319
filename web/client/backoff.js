/**
 * When a client opens its next connection: after a random wait that grows with each try, or when the server says.
 *
 * `tests/reconnect_examples.json` states the rule; the Python client runs the same file. It is full jitter
 * (AWS, 2015): each wait is a new random part of a bound that doubles. All waits are in milliseconds.
 */

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 60_000;
/** A node that hangs up after its first message must not be met at full speed. */
const MIN_UPTIME = 30_000;
/** Clients that were refused together, or wake together, do not return together. */
const SPREAD = 1000;
/** Also keeps a wait below what a browser's timer can count, 2 ** 31 ms. */
const LONGEST_SERVER_WAIT = 300_000;

/**
 * @param {() => number} random from 0 (inclusive) to 1 (exclusive)
 * @param {() => number} now milliseconds
 */
export function backoff(random, now) {
  let tries = 0;
  let openedAt = 0;
  let notBefore = 0;
  /** @param {number} wait */
  const atLeast = (wait) => Math.max(wait, notBefore - now());
  return {
    /** A message came. After the minimum uptime it resets the waits. @param {boolean} isFirst of its connection */
    heard(isFirst) {
      if (isFirst) openedAt = now();
      else if (now() - openedAt >= MIN_UPTIME) tries = 0;
    },

    /** The server named a wait; no connection opens before its end. @param {number} [seconds] */
    postpone(seconds) {
      notBefore = now() + Math.min(LONGEST_SERVER_WAIT, Math.max(0, Number(seconds) * 1000) || 0);
    },

    /** The wait if nothing has failed: the rest of the server's. */
    rest: () => atLeast(0),

    /** The wait of a page that came to the front. */
    wake: () => atLeast(random() * SPREAD),

    /**
     * The wait after a connection that ended or failed. After a bye it is exactly the server's.
     * @param {number} [retryAfter] seconds that a refusal named
     */
    next(retryAfter = 0) {
      // The server has spread its clients itself.
      if (notBefore > now()) return atLeast(0);
      const wait = random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** tries++);
      if (retryAfter > 0) {
        this.postpone(retryAfter);
        notBefore += random() * SPREAD;
      }
      return atLeast(wait);
    },
  };
}

/** Full jitter: a delay drawn anew each time from zero to a bound that doubles (AWS, 2015). */

const BASE = 1000;
const CAP = 60_000;

/**
 * The next delay in milliseconds.
 * @param {() => number} random from 0 to 1, exclusive
 * @param {number} tries made before it
 */
export const backoff = (random, tries) => random() * Math.min(CAP, BASE * 2 ** tries);

/** Relative times in words, and the timer that all tickers of a page share. */

const UNITS = /** @type {const} */ ([
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
]);

/**
 * How long ago in words; "now" for a time in the future, because clocks differ.
 * @param {number} then
 * @param {number} now both in milliseconds since 1970 on the server's clock
 * @param {string} language
 */
export function ago(then, now, language) {
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  const age = Math.max(0, now - then);
  for (const [unit, size] of UNITS) if (age >= size) return format.format(-Math.floor(age / size), unit);
  return format.format(0, "second");
}

/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {ReturnType<typeof setInterval> | undefined} */
let timer;

/**
 * Calls `listener` each second until the returned function is called.
 * @param {() => void} listener
 */
export function everySecond(listener) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const call of listeners) call();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (!listeners.size) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

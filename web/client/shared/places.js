/**
 * How many HTTP connections to a host tickers may hold. Over HTTP/1.1 a browser opens six, for all its tabs, and a seventh
 * request waits until one ends: tickers with many filters would stop each other, and every other request to the host.
 */

import { refusal } from "../refusal.js";

/** @import { Loss, Transport } from "../types.d.ts" */

/** The others are for the page, and for requests that end. */
const PLACES = 3;
/** In milliseconds, between two requests of a ticker that has no place. */
const INTERVAL = 5000;

/** What this page holds where it may have no locks, by host. @type {Map<string, number>} */
const counts = new Map();

/** @typedef {() => void} Release */

/** @param {string} host @returns {Release | undefined} */
function countPlace(host) {
  const count = counts.get(host) ?? 0;
  if (count >= PLACES) return;
  counts.set(host, count + 1);
  let isHeld = true;
  return () => {
    if (isHeld) counts.set(host, (counts.get(host) ?? 1) - 1);
    isHeld = false;
  };
}

/**
 * Locks count for all tabs, and end with their page.
 * @param {string} name @returns {Promise<Release | undefined>} undefined if another holds it; rejects where there are none
 */
const lock = (name) =>
  new Promise((resolve, reject) => {
    navigator.locks
      .request(
        name,
        { ifAvailable: true },
        (held) => held && new Promise((release) => resolve(() => release(0))),
      )
      // Where the lock was taken, the promise has its answer already.
      .then(() => resolve(undefined), reject);
  });

/** @param {string} host @returns {Promise<Release | undefined>} undefined if all are taken */
async function takePlace(host) {
  try {
    for (let place = 0; place < PLACES; place++) {
      const release = await lock(`breaking-ticker place ${host} ${place}`);
      if (release) return release;
    }
  } catch {
    return countPlace(host);
  }
}

/**
 * Whether the browser sends all requests to a host through one connection. It tells a page of another origin only of files
 * that allow it, as the widget's do.
 * @param {string} host
 */
const isMultiplexed = (host) =>
  /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType("resource")).some(
    ({ name, nextHopProtocol }) => /^h[23]/.test(nextHopProtocol) && new URL(name).host === host,
  );

/**
 * A transport that holds an HTTP connection only while there is a place for it. Until then it asks now and then.
 * @param {string} host @param {Transport} transport @returns {Transport}
 */
export const inPlace = (host, transport) => (address, on, heartbeat) => {
  if (isMultiplexed(host)) return transport(address, on, heartbeat);
  const abort = new AbortController();
  const { signal } = abort;
  /** @type {Release} */
  let release = () => {};
  let close = () => {};
  /** @returns {Promise<Loss | undefined>} why it is lost, if it is */
  const ask = async () => {
    const response = await fetch(address(), {
      signal,
      headers: { accept: "application/json" },
      credentials: "omit",
      cache: "no-store",
    });
    if (!response.ok) return refusal(response);
    const text = await response.text();
    // Throws for the page of a portal.
    JSON.parse(text);
    on.message(text);
  };
  const run = async () => {
    while (!signal.aborted) {
      const place = await takePlace(host);
      if (place) {
        release = place;
        if (signal.aborted) release();
        else close = transport(address, on, heartbeat);
        return;
      }
      const loss = await ask();
      if (loss) return on.loss(loss);
      // Not all at the same time.
      await new Promise((resolve) => setTimeout(resolve, INTERVAL * (0.75 + Math.random() / 2)));
    }
  };
  run().catch(() => on.loss({}));
  return () => {
    abort.abort();
    close();
    release();
  };
};

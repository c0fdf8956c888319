/** The JavaScript client of a Flashwire ticker, for browsers, workers and Node.js. `api.d.ts` describes it. */

import { Subscription } from "./subscription.js";

export { storageCursors } from "./cursors.js";
export { Store } from "./store.js";
export { RefusedError } from "./subscription.js";

/** @import { FollowOptions, Subscription as PublicSubscription } from "./api.d.ts" */

const FILTERS = /** @type {const} */ (["edition", "section", "place", "role", "source", "language", "story"]);
const NUMBERS = /** @type {const} */ (["urgency", "backlog", "heartbeat"]);

/**
 * The events of the ticker at `address`. Nothing is opened before the first iteration, or `start`.
 * @param {string | URL} address @param {FollowOptions} [options]
 * @returns {PublicSubscription}
 */
export function follow(address, options = {}) {
  const live = liveAddress(address);
  for (const name of FILTERS)
    for (const value of [options[name] ?? []].flat()) live.searchParams.append(name, value);
  for (const name of NUMBERS)
    if (options[name] !== undefined) live.searchParams.set(name, `${options[name]}`);
  return /** @type {PublicSubscription} */ (new Subscription(live, options));
}

/**
 * The address of the stream: the ticker's with `/v1/live`, over http or https.
 * @param {string | URL} address http, https, ws or wss; with or without `/v1/live`
 */
function liveAddress(address) {
  const url = new URL(address, globalThis.location?.href);
  if (!/^(https?|wss?):$/.test(url.protocol)) throw new TypeError(`${url} is not the address of a ticker.`);
  url.protocol = url.protocol.replace("ws", "http");
  url.pathname = url.pathname.replace(/(\/v1\/live)?\/*$/, "/v1/live");
  return url;
}

/**
 * What a browser remembers of a ticker's host: which transport works, and whether a page should load the sharing before it
 * connects. A sandboxed frame has no storage, and remembers nothing.
 */

/** The widget reads it by this name before it connects. */
const KEY = "breaking-ticker";
/** The network may be another one by then, or a captive portal may let everything pass. */
const LIFETIME = 600_000;

/** @import { ConnectionOptions } from "../types.d.ts" */

/** @param {(storage: Storage) => void} act */
function withStorage(act) {
  try {
    act(localStorage);
  } catch {}
}

/** The index of the transport that has worked where the first did not; 0 is none. @param {string} host */
function rememberedTransport(host) {
  let transport = 0;
  withStorage((storage) => {
    const [index, end] = storage[`${KEY} ${host}`].split(" ");
    if (end > Date.now()) transport = +index;
  });
  return transport;
}

/** @param {string} host @param {number} index */
const rememberTransport = (host, index) =>
  withStorage((storage) => {
    storage[`${KEY} ${host}`] = `${index} ${Date.now() + LIFETIME}`;
    storage[KEY] = 1;
  });

/** Other pages load the sharing first from now on, or no longer. @param {boolean} isShared @param {string} host */
export const announceSharing = (isShared, host) =>
  withStorage((storage) => {
    if (isShared) storage[KEY] = 1;
    else if (!rememberedTransport(host)) delete storage[KEY];
  });

/**
 * Keeps the transport that works for the other pages of the browser too.
 * @param {string} host @param {ConnectionOptions} options which is changed @returns {ConnectionOptions}
 */
export function remembering(host, options) {
  const { preferred } = options;
  if (preferred) rememberTransport(host, preferred);
  return Object.defineProperty(options, "preferred", {
    get: () => Math.min(rememberedTransport(host), options.transports.length - 1),
    set: (index) => rememberTransport(host, index),
  });
}

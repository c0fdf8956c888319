/** When a page should look after its connection. */

/**
 * Calls `wake` when the page comes to the front or the network returns, until `signal` aborts.
 * @param {() => void} wake @param {AbortSignal} signal
 */
export function onReturn(wake, signal) {
  document.addEventListener("visibilitychange", () => document.hidden || wake(), { signal });
  addEventListener("online", wake, { signal });
}

/** The connections that are open now, as the nodes reported them to the desk last. */

/** @typedef {{nodes: number, silent: number, connections: number | null, editions: Record<string, number | null>}} Audience */

/** @type {Audience | null} */
let audience = null;
/** @type {Set<() => void>} */
const listeners = new Set();

/** Keeps what the desk has answered. @param {Audience | null} next null: the desk does not answer */
export function setAudience(next) {
  if (JSON.stringify(next) === JSON.stringify(audience)) return;
  audience = next;
  for (const listener of listeners) listener();
}

/** The connections that follow the edition now; null if that is unknown. @param {string} edition */
export function connectionsOf(edition) {
  return audience?.editions[edition] ?? null;
}

/** Calls `listener` after each change, until the returned function is called. @param {() => void} listener */
export function onAudience(listener) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Which of the sentences about a number of connections fits. @param {number | null} count */
export function formOf(count) {
  return count === null ? "unknown" : count === 1 ? "one" : "many";
}

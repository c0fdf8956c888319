/** Which endings are final: the client must not come back until its request is corrected (docs/protocol.md). */

/** As in `ticker/contract/closes.py`; clients go by the range, because further codes may come. */
const FIRST_FINAL = 4500;
const LAST_FINAL = 4999;
/** Refusals of one moment: too slow, too early, too many. */
const TEMPORARY = [408, 425, 429];

/** @param {number} code of a WebSocket's close */
export const isFinalClose = (code) => code >= FIRST_FINAL && code <= LAST_FINAL;

/**
 * Without a problem body the refusal may come from a portal or a proxy on the way, which says nothing about the node.
 * @param {number} status @param {boolean} isProblem whether the body is `application/problem+json`
 */
export const isFinalStatus = (status, isProblem) => isProblem && status < 500 && !TEMPORARY.includes(status);

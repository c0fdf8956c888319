/** What an HTTP answer that is no stream and no list means for the connection. */

import { isFinalStatus } from "./closes.js";

/** @import { Loss } from "./types.d.ts" */

/**
 * @param {Response} response its body must be unread
 * @returns {Promise<Loss>}
 */
export async function refusal(response) {
  const text = await response.text();
  const isProblem = !!response.headers.get("content-type")?.includes("problem+json");
  const final = isFinalStatus(response.status, isProblem);
  return { final, retryAfter: secondsOf(response.headers), reason: final ? detailOf(text) : "" };
}

/**
 * The wait that `Retry-After` names: seconds, or a date by the clock of its sender (RFC 9110, 10.2.3).
 * @param {Headers} headers
 */
function secondsOf(headers) {
  const value = headers.get("retry-after") ?? "";
  const now = Date.parse(headers.get("date") ?? "") || Date.now();
  return Number(value) || Math.max(0, Date.parse(value) - now) / 1000 || 0;
}

/** The sentence of a problem, empty if a proxy has cut it off. @param {string} text */
function detailOf(text) {
  try {
    return JSON.parse(text).detail;
  } catch {
    return "";
  }
}

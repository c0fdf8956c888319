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
  const retryAfter = Number(response.headers.get("retry-after"));
  return { final, retryAfter, reason: final ? JSON.parse(text).detail : "" };
}

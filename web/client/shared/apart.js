/** A list apart from the stream: for a cursor that no page knows, and for a page that joins one without a list. */

const LIMIT = 10_000;

/** @import { Message } from "../types.d.ts" */

/**
 * One answer of the node, or undefined if there is none.
 * @param {URL} address @param {string} cursor @returns {Promise<Message | undefined>}
 */
export async function fetchList(address, cursor) {
  const url = new URL(address);
  if (cursor) url.searchParams.set("cursor", cursor);
  try {
    const response = await fetch(url, {
      headers: { accept: "application/json" },
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(LIMIT),
    });
    const message = await response.json();
    if (response.ok && Array.isArray(message.items)) return message;
  } catch {}
}

/** What must be true before a line leaves: it was confirmed as it is, and there is a connection. */

import { isDeskError, RefusedError } from "../shell/errors.js";
import { handOverFailure } from "../waiting/hand-over.js";
import { publishBody } from "./line.js";
import { confirmPublishing, confirmSecondSending } from "./questions.js";

/** @import { Draft, Item, Session, Site } from "../shell/types.d.ts" */

/**
 * @typedef {object} Page what the composer needs of the page
 * @property {Session} session
 * @property {(item: Item, sent: number | undefined) => void} onPublished
 * @property {() => string | null} newestKnown `firstCreated` of the newest item on the page, "" if there is none, null
 *   before a list has come
 * @property {(kind: import("../waiting/hand-over.js").HandOver, body: any, key: string,
 *   opened?: {id: string, version: number}) => Promise<unknown>} handOver gives a line to other people; throws as the API does
 * @property {(id: string) => void} onOpened called when another draft of the desk is in the field; empty: none
 * @property {(uri: string) => Promise<Item | undefined>} currentVersion the newest version that the desk has now
 * @property {(uri: string) => void} openWithdrawal opens the form that withdraws an item
 */

/**
 * Asks, and returns "yes" if `draft` may be sent; otherwise why not: the key of a message, the edition to go to
 * instead, or nothing to say.
 * @param {Draft} draft
 * @param {Site} site
 * @param {import("../shell/api.js").DeskApi} api
 * @param {import("./line-advice.js").LineAdvice} lineAdvice
 * @param {number} left how many lines wait behind it
 * @returns {Promise<{maySend: boolean, message?: string, edition?: string}>}
 */
export async function askBeforeSending(draft, site, api, lineAdvice, left) {
  if (draft.isDoubtful && !(await confirmSecondSending())) return { maySend: false };
  const body = JSON.stringify(publishBody(draft, site));
  const advice = lineAdvice.asking();
  const answer = await confirmPublishing(draft, site, lineAdvice.confirmation, advice, left);
  if (answer === "other")
    return { maySend: false, edition: advice.find(({ edition }) => edition)?.edition ?? "" };
  // A question that was never shown has agreed to nothing.
  if (answer === "unasked") return { maySend: false, message: "outcome.unasked" };
  // What was confirmed is what leaves.
  if (answer !== "yes" || body !== JSON.stringify(publishBody(draft, site))) return { maySend: false };
  // A line is not written to a dead connection, which could still deliver it later.
  const isReachable = () =>
    api.isReady().then(
      () => true,
      () => false,
    );
  if (navigator.onLine || (await isReachable())) return { maySend: true };
  return { maySend: false, message: "outcome.offline" };
}

/**
 * Gives `draft` to other people; returns the sentence that says why that failed, or null.
 * @param {Page["handOver"]} handOver
 * @param {import("../waiting/hand-over.js").HandOver} kind
 * @param {Draft} draft
 * @param {Site} site
 * @returns {Promise<[string, import("../shell/i18n.js").Params] | null>}
 */
export async function handOverDraft(handOver, kind, draft, site) {
  try {
    await handOver(kind, publishBody(draft, site), draft.key, draft.opened);
    return null;
  } catch (error) {
    if (!isDeskError(error)) throw error;
    // The draft is gone from the desk: the next attempt makes a new one.
    if (error instanceof RefusedError && error.status === 404) delete draft.opened;
    return handOverFailure(error, "plain");
  }
}

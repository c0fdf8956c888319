/** Hands a line of the composer to other people: a reporter submits it, an editor asks a second person to approve it. */

import { errorText } from "../shell/error-text.js";
import { showText } from "../shell/i18n.js";
import { isRefusal } from "../shell/outcomes.js";

/** @typedef {"submit" | "ask"} HandOver */

/**
 * The key makes a repeat safe: the same draft is submitted, or asked about, once.
 * @param {import("./waiting-api.js").WaitingApi} api
 * @param {HandOver} kind
 * @param {Record<string, any> & {edition: string}} body the publication
 * @param {string} key
 * @param {{id: string, version: number}} [opened] the draft of the desk that the line changes
 */
export async function handOver(api, kind, body, key, opened) {
  if (kind === "ask") return api.ask(body, key);
  const { edition, draftId, translationOf = null, ...line } = body;
  // The note of the editor who returned it is answered.
  if (opened)
    return api.changeDraft(opened, { edition, line, translationOf, note: null, state: "submitted" });
  return api.addDraft({ edition, line, state: "submitted" }, key);
}

/**
 * Why a line was not handed over, as a sentence and its parameters: without an answer that is not known, and the same
 * key asks once.
 * @param {import("../shell/errors.js").RefusedError | import("../shell/errors.js").LostError} error
 * @param {string} refused the sentence about a refusal, with `detail` or `value`
 * @returns {[string, import("../shell/i18n.js").Params]}
 */
export function handOverFailure(error, refused) {
  if (!isRefusal(error, false)) return ["waiting.handed.unknown", {}];
  const detail = errorText(error);
  return [refused, { detail, value: detail }];
}

/**
 * Says on the button what it does: a reporter's does not publish.
 * @param {HTMLElement} label
 * @param {boolean} mayPublish
 * @param {boolean} [isScheduled] it leaves later
 */
export function nameSendButton(label, mayPublish, isScheduled = false) {
  showText(label, mayPublish ? (isScheduled ? "schedule" : "publish") : "waiting.submit");
}

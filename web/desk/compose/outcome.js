/** The composer's message about what became of the line. */

import { $ } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";

/** Messages that are out of date once the editor types. */
const PASSING = ["outcome.done", "outcome.settled", "outcome.off", "outcome.refused", "outcome.fields"];

/**
 * @param {string} key
 * @param {import("../shell/i18n.js").Params} [params]
 * @param {string} [retry] the text of the button that sends the line again; without it there is no button
 */
export function showOutcome(key, params = {}, retry = "") {
  $("withdraw-line").hidden = true;
  $("retry").hidden = !retry;
  if (retry) showText($("retry"), retry);
  showText($("outcome"), key, params);
  $("outcome").dataset.kind = key;
}

/** Shows a message if there is none. @param {string} key */
export function showOutcomeIfNone(key) {
  if (!$("outcome").dataset.t) showText($("outcome"), key);
}

/** The key of the message that is shown, or an empty string. @returns {string} */
export function shownOutcome() {
  return $("outcome").dataset.t ?? "";
}

/** Removes a message that typing makes out of date. */
export function clearPassingOutcome() {
  if (PASSING.includes(shownOutcome())) showOutcome("");
}

/** The composer's message about the line in the field, and about the line before it. */

import { $ } from "../shell/dom.js";
import { errorText } from "../shell/error-text.js";
import { showText } from "../shell/i18n.js";

/** Messages that are out of date once the editor types. */
const PASSING = [
  "outcome.done",
  "outcome.scheduled",
  "outcome.refused",
  "outcome.fields",
  "outcome.unasked",
  "reporter",
  "line.nosource",
  "newsource.known",
  "newsource.who",
];

/**
 * @param {string} key
 * @param {import("../shell/i18n.js").Params} [params]
 */
export function showOutcome(key, params = {}) {
  showText($("outcome"), key, params);
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

/** Says what became of the line that was sent. @param {import("../shell/attempt.js").Done} done */
export function showDone({ wasUnknown, due }) {
  if (due) return showOutcome("outcome.scheduled", { time: { moment: due } });
  if (shownOutcome() === "outcome.sending") showOutcome(wasUnknown ? "" : "outcome.done");
}

/**
 * Says why the line in the field was not published.
 * @param {import("../shell/outcomes.js").Failure} failure
 * @param {(error: import("../shell/errors.js").RefusedError) => boolean} showErrors shows them in their fields; true if
 *   every error has one
 */
export function showFailure({ kind, error }, showErrors) {
  // An earlier wording was published under this key.
  if (kind === "key-reused") return showOutcome("outcome.changed");
  if (kind !== "signed-out")
    return showErrors(error)
      ? showOutcome("outcome.fields")
      : showOutcome("outcome.refused", { detail: errorText(error) });
  showOutcome("outcome.found");
}

/** What the composer asks the editor before it publishes or deletes a line. */

import { askConfirmation } from "../shell/confirm.js";
import { confirmLeaving } from "../shell/leaving.js";
import { lineParts } from "./preview.js";
import { dueOf } from "./times.js";

/** @import { Advice } from "./advice.js" */
/** @import { Draft, Site } from "../shell/types.d.ts" */
/** @import { Confirmation } from "../shell/leaving.js" */

/**
 * Asks before a line is published.
 * @param {Draft} draft
 * @param {Site} site
 * @param {Promise<Confirmation | null>} answer what the desk says about it
 * @param {Advice[]} advice what should be looked at first
 * @param {number} left how many lines wait behind it
 */
export function confirmPublishing(draft, site, answer, advice, left) {
  const { edition, urgency } = draft;
  const language = site.editions[edition]?.language ?? edition;
  const line = { parts: lineParts(draft, site), language, direction: draft.direction };
  const notices = advice.map(({ message }) => message);
  const other = advice.find((entry) => entry.edition)?.edition;
  const way = other ? { other: "advice.to", params: { other: site.editions[other]?.name ?? other } } : {};
  return confirmLeaving(
    { act: "publish", due: dueOf(draft), edition, urgency, line, answer, notices, left, ...way },
    site,
  );
}

/** Asks before a line is sent again whose first outcome cannot be learned any more. */
export function confirmSecondSending() {
  return askConfirmation({ title: "twice.title", words: "twice.words", yes: "twice.yes" });
}

/** Asks before the line is deleted. @param {boolean} isUnknown it was sent and its outcome is unknown */
export function confirmClear(isUnknown) {
  return askConfirmation(
    isUnknown
      ? { title: "clear.title", words: "clear.words", yes: "clear.yes" }
      : { title: "discard.title", words: "discard.words", yes: "discard.yes" },
  );
}

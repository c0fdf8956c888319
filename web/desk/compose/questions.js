/** What the composer asks the editor before it publishes or deletes a line. */

import { askConfirmation } from "../shell/confirm.js";
import { lineParts } from "./preview.js";

/** @import { Draft, Site } from "../shell/types.d.ts" */

/** Asks before a flash, naming its edition. @param {Draft} draft @param {Site} site */
export function confirmFlash(draft, site) {
  const { name = "", language = draft.edition } = site.editions[draft.edition] ?? {};
  return askConfirmation({
    title: "confirm.title",
    words: "confirm.words",
    yes: "confirm.yes",
    params: { urgency: { t: "urgency.1" }, edition: name },
    line: { parts: lineParts(draft, site), language, direction: draft.direction },
  });
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

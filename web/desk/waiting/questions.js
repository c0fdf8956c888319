/** What the panel asks before a line leaves by its buttons. */

import { dueOf } from "../compose/times.js";
import { itemLineParts } from "../items/item-line.js";
import { askConfirmation } from "../shell/confirm.js";
import { confirmLeaving } from "../shell/leaving.js";
import { lineText } from "./line-view.js";

/** @import { Site } from "../shell/types.d.ts" */
/** @import { ServerDraft, Waiting } from "./waiting-api.js" */

/** Whether a submission may be published as it is. @param {ServerDraft} draft @param {Site} site */
export async function isDraftConfirmed(draft, site) {
  const { edition, line } = draft;
  const { language = "", direction = "auto" } = site.editions[edition] ?? {};
  const text = lineText({ key: "", kind: "submitted", waiting: null, draft });
  const due = dueOf({ publishAt: line.publishAt ?? "", embargoedUntil: line.embargoedUntil ?? "" });
  const leaving = {
    ...(due ? { due } : {}),
    act: "publish",
    edition,
    urgency: Number(line.urgency ?? 4),
    line: { parts: [text], language, direction: line.direction ?? direction },
  };
  return (await confirmLeaving(leaving, site)) === "yes";
}

/** Whether a line that did not leave at its time may be published now. @param {Waiting} waiting @param {Site} site */
export async function isWaitingConfirmed({ item, siblings, act }, site) {
  const { edition, urgency, headline } = item;
  const { language, direction } = headline;
  const line = { parts: itemLineParts(item), language, direction };
  return (await confirmLeaving({ act, edition, urgency, others: siblings, line }, site)) === "yes";
}

/** Whether a line that waits is canceled. @param {Waiting} waiting */
export function isCancelConfirmed({ item: { headline } }) {
  const line = { parts: [headline.value], language: headline.language, direction: headline.direction };
  const question = { title: "waiting.confirm.title", words: "waiting.confirm.words" };
  return askConfirmation({ ...question, yes: "waiting.confirm.yes", line });
}

/**
 * The one question before an act, and what its form says about the words before. What takes a line off the screens
 * asks only if it cannot be undone; every other act puts words on them, and asks with one more key, as the composer does.
 */

import { editionAdvice, OWN_ADVICE } from "../compose/advice.js";
import { h } from "../shell/dom.js";
import { isDeskError } from "../shell/errors.js";
import { confirmLeaving } from "../shell/leaving.js";
import { destinationOf } from "./act-destination.js";
import { diffLine, lineText } from "./diff-view.js";
import { itemLineParts } from "./item-line.js";

/** @import { ActPlan } from "./act-destination.js" */
/** @import { Site, Warning } from "../shell/types.d.ts" */

/**
 * Asks once, with all that readers get; true if the act may be sent.
 * @param {ActPlan} plan
 * @param {Site} site
 * @param {import("../shell/api.js").DeskApi} api
 * @returns {Promise<boolean>}
 */
export async function isActConfirmed(plan, site, api) {
  const { base, body } = plan;
  if (body.act === "hold") return true;
  const own = ownNotices(plan, site);
  const controller = new AbortController();
  // A withdrawal waits for nothing: it needs no second person, and has no words to be advised about.
  const check = body.act === "withdraw" ? null : checked(plan, api, controller.signal);
  const { targets, ...destination } = destinationOf(plan);
  const [{ edition = "", urgency = 0 } = {}, ...others] = targets;
  const { language, direction } = base.headline;
  const answer = await confirmLeaving(
    {
      act: body.act,
      edition,
      urgency,
      others,
      ...destination,
      line: { parts: lineParts(plan), language, direction },
      notices: own,
      ...(check && {
        answer: check.then((known) => known?.confirmation ?? null),
        laterNotices: check.then((known) => [...own, ...askingMessages(known?.warnings)]),
      }),
    },
    site,
  );
  controller.abort();
  return answer === "yes";
}

/** What the page says itself of the words that an act changes. @param {ActPlan} plan @param {Site} site */
export function ownNotices({ base, body }, site) {
  if (body.headline === undefined) return [];
  return editionAdvice(body.headline, base.edition, site).map(({ message }) => message);
}

/** The desk's warnings that the page does not give itself. @param {Warning[]} warnings */
export const furtherWarnings = (warnings) => warnings.filter(({ code }) => !OWN_ADVICE.has(code ?? ""));

/** @param {Warning[]} [warnings] */
const askingMessages = (warnings = []) =>
  furtherWarnings(warnings)
    .filter(({ ask }) => ask)
    .map(({ message }) => message);

/** @param {ActPlan} plan @param {import("../shell/api.js").DeskApi} api @param {AbortSignal} signal */
async function checked({ base, body }, api, signal) {
  try {
    return await api.checkAct(base.uri, base.version, body, signal);
  } catch (error) {
    if (signal.aborted) return null;
    // The act itself says what is wrong.
    if (!isDeskError(error)) throw error;
    return null;
  }
}

/** What readers get: the line with what changes in it, the other fields that change, and the note. @param {ActPlan} plan */
function lineParts({ base, body, line, changes }) {
  const before = lineText(base);
  const { language, direction } = base.headline;
  const words = line === before ? itemLineParts(base) : [diffLine(before, line, base.headline)];
  const fields = changes.length ? [h("p", { class: "hint fields" }, ...changes.slice(1))] : [];
  const note = body.note ? [h("p", { class: "note", lang: language, dir: direction }, body.note)] : [];
  return [...words, ...fields, ...note];
}

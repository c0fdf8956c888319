/**
 * The one confirmation of what reaches readers, whichever act publishes it: it shows exactly what goes where.
 *
 * 1. Every version that puts words on screens is confirmed once, and so is a withdrawal, which is the last one. A hold
 *    takes words away until it is released: its form shows what goes where, and its key is the confirmation.
 * 2. A flash, and a version that is more urgent than the one before it, is marked as dangerous.
 */

import { onAudience } from "./audience.js";
import { askQuestion, showFacts, showNotices } from "./confirm.js";
import { destinationFacts } from "./destination.js";

/** @import { Site } from "./types.d.ts" */
/** @import { Answer, Question } from "./confirm.js" */
/** @import { Destination } from "./destination.js" */

/**
 * @typedef {object} Leaving what is about to reach readers
 * @property {string} act
 * @property {string} edition
 * @property {number} urgency
 * @property {number} [wasUrgency] the urgency of the version before
 * @property {Destination["targets"]} [others] further editions that the same act reaches
 * @property {Destination["note"] | undefined} [note]
 * @property {string[]} [foreign] the editions that stay as they are, because they are not the person's
 * @property {{parts: (Node | string)[], language: string, direction: string}} line
 * @property {import("./i18n.js").Param[]} [notices] sentences about what should be looked at first
 * @property {string} [due] when it leaves, if not at once
 * @property {number} [left] how many lines wait behind it
 * @property {string} [other] the key of another way out
 * @property {import("./i18n.js").Params} [params] of `other`
 * @property {Promise<Confirmation | null>} [answer] what the desk says about it: who must approve
 * @property {Promise<import("./i18n.js").Param[]>} [laterNotices] those that the desk adds, with `notices` first
 */
/** @typedef {{needs?: string, approver?: string | null, due?: string | null}} Confirmation */

const FLASH = 1;

/** Whether `leaving` is dangerous: a flash, or more urgent than before. @param {Leaving} leaving */
function isDangerous({ urgency, wasUrgency = urgency }) {
  return urgency === FLASH || urgency < wasUrgency;
}

/**
 * Asks once; "yes" if it may go.
 * @param {Leaving} leaving
 * @param {Site} site
 * @returns {Promise<Answer>}
 */
export function confirmLeaving(leaving, site) {
  const { act, edition, line, notices = [], other = "", params = {} } = leaving;
  const name = site.editions[edition]?.name ?? edition;
  /** @type {Question} */
  const question = {
    ...wordsOf(leaving),
    other,
    prefersOther: other !== "",
    params: { ...params, act: { t: `act.${act}` }, edition: name },
    line,
    facts: facts(leaving, site, null),
    notices,
  };
  const answer = askQuestion(question);
  /** @type {Confirmation | null} */
  let confirmation = null;
  let isOpen = true;
  const show = () => isOpen && showFacts(facts(leaving, site, confirmation));
  const stop = onAudience(show);
  answer.then(() => {
    isOpen = false;
    stop();
  });
  leaving.answer?.then((known) => {
    confirmation = known;
    show();
  });
  leaving.laterNotices?.then((known) => isOpen && showNotices(known));
  return answer;
}

/** The sentences of the question. @param {Leaving} leaving */
function wordsOf(leaving) {
  const { act, urgency, wasUrgency = urgency, other, due } = leaving;
  if (act === "withdraw")
    return { title: "withdraw.title", words: "withdraw.words", yes: "withdraw.yes", isDangerous: true };
  const isFlash = urgency === FLASH;
  const makesFlash = isFlash && (act === "publish" || urgency < wasUrgency);
  return {
    title: due ? "leaving.schedule" : makesFlash ? "leaving.flash" : `leaving.${act}`,
    words: other ? "leaving.keys.other" : due ? "leaving.keys.schedule" : "leaving.keys",
    yes: due ? "schedule" : isFlash ? "leaving.yes.flash" : "leaving.yes",
    isDangerous: isDangerous(leaving),
  };
}

/**
 * @param {Leaving} leaving
 * @param {Site} site
 * @param {Confirmation | null} confirmation
 */
function facts({ edition, urgency, others = [], ...leaving }, site, confirmation) {
  const { needs = "", approver = "editor" } = confirmation ?? {};
  const needsSecond = needs === "second-person";
  const targets = [{ edition, urgency }, ...others];
  return destinationFacts({ ...leaving, targets, approver: needsSecond ? approver : null }, site);
}

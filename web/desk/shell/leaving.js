/**
 * The one confirmation of what reaches readers, whichever act publishes it: it shows exactly what goes where.
 *
 * 1. Every version that puts words on screens is confirmed once. A hold or a withdrawal takes them away and has its own
 *    question or none.
 * 2. A flash, and a version that is more urgent than the one before it, is marked as dangerous.
 */

import { connectionsOf, formOf, onAudience } from "./audience.js";
import { askQuestion, showFacts } from "./confirm.js";
import { bothTimes } from "./edition-time.js";

/** @import { Site } from "./types.d.ts" */
/** @import { Answer, Fact, Question } from "./confirm.js" */

/**
 * @typedef {object} Leaving what is about to reach readers
 * @property {string} act
 * @property {string} edition
 * @property {number} urgency
 * @property {number} [wasUrgency] the urgency of the version before
 * @property {{parts: (Node | string)[], language: string, direction: string}} line
 * @property {import("./i18n.js").Param[]} [notices] sentences about what should be looked at first
 * @property {string} [due] when it leaves, if not at once
 * @property {number} [left] how many lines wait behind it
 * @property {string} [other] the key of another way out
 * @property {import("./i18n.js").Params} [params] of `other`
 * @property {Promise<Confirmation | null>} [answer] what the desk says about it: who must approve
 */
/** @typedef {{needs?: string, approver?: string | null, due?: string | null}} Confirmation */

const FLASH = 1;

/** Whether `leaving` is dangerous: a flash, or more urgent than before. @param {Leaving} leaving */
export function isDangerous({ urgency, wasUrgency = urgency }) {
  return urgency === FLASH || urgency < wasUrgency;
}

/**
 * Asks once; "yes" if it may go.
 * @param {Leaving} leaving
 * @param {Site} site
 * @returns {Promise<Answer>}
 */
export function confirmLeaving(leaving, site) {
  const { act, edition, urgency, line, notices = [], other = "", params = {}, due = "" } = leaving;
  const name = site.editions[edition]?.name ?? edition;
  const isUrgent = urgency === FLASH;
  /** @type {Question} */
  const question = {
    title: due ? "leaving.schedule" : isUrgent ? "leaving.flash" : `leaving.${act}`,
    words: other ? "leaving.keys.other" : due ? "leaving.keys.schedule" : "leaving.keys",
    yes: due ? "schedule" : isUrgent ? "leaving.yes.flash" : "leaving.yes",
    isDangerous: isDangerous(leaving),
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
  return answer;
}

/**
 * @param {Leaving} leaving
 * @param {Site} site
 * @param {Confirmation | null} confirmation
 * @returns {Fact[]}
 */
function facts({ due = "", edition, urgency, wasUrgency = urgency, left = 0 }, site, confirmation) {
  const { name = edition, timezone } = site.editions[edition] ?? {};
  const raised = urgency < wasUrgency;
  const after = { urgency: { t: `urgency.${urgency}` }, before: { t: `urgency.${wasUrgency}` } };
  const count = connectionsOf(edition);
  /** @type {Fact[]} */
  const rows = [
    {
      name: "edition",
      key: `leaving.edition.${formOf(count)}`,
      params: { edition: name, count: count ?? 0 },
    },
    {
      name: "urgency",
      key: raised ? "leaving.raised" : "leaving.urgency",
      params: after,
      isDangerous: raised || urgency === FLASH,
    },
  ];
  if (due) rows.push({ name: "leaving.due", key: "plain", params: { value: bothTimes(due, timezone) } });
  if (confirmation?.needs === "second-person")
    rows.push({ name: "leaving.second", key: `leaving.second.${confirmation.approver ?? "editor"}` });
  if (left > 0) rows.push({ name: "queue.left", key: "queue.count", params: { count: left } });
  return rows;
}

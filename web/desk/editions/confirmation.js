/** The one confirmation before lines leave for several editions: every line, and where it goes. */

import { askQuestion, showFacts, showNotices } from "../shell/confirm.js";
import { connectionsView } from "../shell/connections-view.js";
import { h } from "../shell/dom.js";
import { editionTime } from "../shell/edition-time.js";
import { showText } from "../shell/i18n.js";

/** @import { Question } from "../shell/confirm.js" */
/** @import { Fact } from "../shell/destination.js" */
/** @import { Confirmation } from "../shell/leaving.js" */
/** @import { Written } from "../shell/types.d.ts" */
/** @import { EditionField } from "./edition-field.js" */

const FLASH = 1;
/** The question waits so long for the desk's advice, in milliseconds. */
const CHECK_MS = 800;

/**
 * Asks once; "yes" if all may go. What the desk says about them is waited for a moment.
 * @param {EditionField[]} fields
 * @param {number} urgency
 * @param {string} due when they leave, if not at once
 * @param {Promise<Written | null>} check the desk's answer to a dry run
 */
export async function confirmEditions(fields, urgency, due, check) {
  const pause = new Promise((resolve) => setTimeout(resolve, CHECK_MS));
  const answer = /** @type {Written | null | undefined} */ (await Promise.race([check, pause]));
  const isFlash = urgency === FLASH;
  /** @type {Question} */
  const question = {
    title: due ? "editions.ask.schedule" : "editions.ask",
    words: due ? "leaving.keys.schedule" : "leaving.keys",
    yes: due ? "schedule" : isFlash ? "leaving.yes.flash" : "leaving.yes",
    isDangerous: isFlash,
    line: { parts: fields.map((field) => lineOf(field, due)), language: "", direction: "" },
    facts: factsOf(urgency, due, answer?.confirmation),
    notices: noticesOf(fields, answer),
  };
  const decision = askQuestion(question);
  check.then((late) => {
    if (!late || late === answer) return;
    if (late.confirmation) showFacts(factsOf(urgency, due, late.confirmation));
    showNotices(noticesOf(fields, late));
  });
  return decision;
}

/** @param {EditionField[]} fields @param {Written | null | undefined} answer */
function noticesOf(fields, answer) {
  const warnings = (answer?.warnings ?? []).filter(({ ask }) => ask).map(({ message }) => message);
  return [...fields.map(({ doubt }) => doubt).filter((doubt) => doubt !== ""), ...warnings];
}

/**
 * @param {number} urgency
 * @param {string} due
 * @param {Confirmation | undefined} confirmation
 * @returns {Fact[]}
 */
function factsOf(urgency, due, confirmation) {
  /** @type {Fact[]} */
  const facts = [
    {
      name: "urgency",
      key: "leaving.urgency",
      params: { urgency: { t: `urgency.${urgency}` } },
      isDangerous: urgency === FLASH,
    },
  ];
  if (due) facts.push({ name: "leaving.due", key: "plain", params: { value: { moment: due } } });
  if (confirmation?.needs === "second-person")
    facts.push({ name: "leaving.second", key: `leaving.second.${confirmation.approver ?? "editor"}` });
  return facts;
}

/** @param {EditionField} field @param {string} due */
function lineOf({ id, edition, line, isEmpty }, due) {
  const { name, language, direction, timezone } = edition;
  const words = h("span", isEmpty ? { class: "hint" } : { lang: language, dir: direction });
  if (isEmpty) showText(words, "editions.empty");
  else words.textContent = line.trim();
  const count = isEmpty ? h("span", { class: "connections" }) : connectionsView(id);
  const times = due ? editionTime(due, timezone).flatMap((time) => [" ", time]) : [];
  return h(
    "span",
    { class: "leaving-edition" },
    h("span", { class: "edition" }, h("bdi", { lang: language }, name), ...times),
    words,
    count,
  );
}

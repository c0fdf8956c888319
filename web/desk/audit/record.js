/** One record of the audit in words: what was done, to what, and its details. */

import { h } from "../shell/dom.js";
import { showMessage, showText } from "../shell/i18n.js";
import { urgencyName } from "../shell/options.js";
import { words } from "./words.js";

/** @import { Param } from "../shell/i18n.js" */
/** @import { Site } from "../shell/types.d.ts" */

/**
 * @typedef {{number: number, time: string, actor: string, action: string, object: string,
 *   details: Record<string, string>}} AuditRecord
 */

const ACTS = ["publish", "update", "refile", "correction", "hold", "release", "withdraw"];
const OUTCOMES = ["done", "repeated", "refused", "unknown"];
const OTHERS = Object.keys(words.en)
  .filter((key) => key.startsWith("record.of."))
  .map((key) => key.slice("record.of.".length));
/** Every action that a record can have, those of items first. */
export const ACTIONS = [
  ...ACTS.flatMap((act) => [act, ...OUTCOMES.map((outcome) => `${act}-${outcome}`)]),
  ...OTHERS,
];

/** An action in words; the code itself if another release made the record. @param {string} action @returns {Param} */
export function actionName(action) {
  if (OTHERS.includes(action)) return { t: `record.of.${action}` };
  const [name = "", outcome = "begun"] = action.split("-");
  if (!ACTIONS.includes(action)) return action;
  return { t: `record.${outcome}`, p: { act: { t: `record.act.${name}` } } };
}

/**
 * @param {string} name
 * @param {string} value
 * @param {Site["editions"]} editions
 * @returns {Param}
 */
function detail(name, value, editions) {
  if (!(`detail.${name}` in words.en)) return `${name} ${value}`;
  /** @type {Param} */
  let shown = value;
  if (name === "edition" && value) shown = { list: value.split(" ").map((id) => editions[id]?.name ?? id) };
  else if (name === "act" && ACTS.includes(value)) shown = { t: `record.act.${value}` };
  else if (name === "urgency") {
    const [t, p] = urgencyName(Number(value));
    shown = { t, p };
  } else if (name === "due") shown = { moment: value, form: "full" };
  return { t: `detail.${name}`, p: { value: shown } };
}

/** @param {AuditRecord} record @param {Site["editions"]} editions */
export function recordRow({ number, time, actor, action, object, details }, editions) {
  const isDangerous = action.startsWith("kill") || action === "bypass" || action.endsWith("-unknown");
  const moment = h("time", { datetime: time });
  showMessage(moment, { moment: time, form: "full" });
  const what = h("td", { class: isDangerous ? "danger" : undefined, "data-action": action, title: action });
  showMessage(what, actionName(action));
  const facts = Object.entries(details).flatMap(([name, value], index) => {
    const fact = h("bdi");
    showMessage(fact, detail(name, value, editions));
    return index ? [" · ", fact] : [fact];
  });
  return h(
    "tr",
    {},
    h("td", { class: "number" }, String(number)),
    h("td", {}, moment),
    h("td", { class: "actor" }, h("bdi", {}, actor)),
    what,
    h("td", { class: "object" }, h("bdi", { dir: "ltr" }, object)),
    h("td", { class: "object" }, ...facts),
  );
}

/** The actions as the choices of a filter, with an empty one for all. */
export function actionChoices() {
  const all = h("option", { value: "" });
  showText(all, "record.all");
  const choices = ACTIONS.map((action) => {
    const choice = h("option", { value: action });
    showMessage(choice, actionName(action));
    return choice;
  });
  return [all, ...choices];
}

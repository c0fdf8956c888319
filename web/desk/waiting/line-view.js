/** How one waiting line looks: what it is, what it says, who wrote it, and until when. */

import { itemLineParts } from "../items/item-line.js";
import { connectionsView } from "../shell/connections-view.js";
import { h } from "../shell/dom.js";
import { timeFact } from "../shell/edition-time.js";
import { inAllLanguages } from "../shell/errors.js";
import { showText, showTime } from "../shell/i18n.js";
import { urgencyName } from "../shell/options.js";

/** @import { Waiting, ServerDraft } from "./waiting-api.js" */
/** @import { Item, Site } from "../shell/types.d.ts" */

/**
 * A line of either kind, as the panel shows it.
 * @typedef {object} Shown
 * @property {string} key
 * @property {"submitted" | "returned" | "draft" | "waiting" | "scheduled" | "stopped" | "refused" | "expired"} kind
 * @property {Waiting | null} waiting
 * @property {ServerDraft | null} draft
 */

/** The order of what needs a person first. */
const ORDER = ["stopped", "returned", "waiting", "submitted", "scheduled", "refused", "expired", "draft"];

/** The kinds that a button here, or their time, puts on screens. @type {Set<Shown["kind"]>} */
const LEAVING = new Set(["stopped", "waiting", "submitted", "scheduled"]);

/**
 * The lines that a person sees, what needs one first.
 * @param {{drafts: ServerDraft[], approvals: Waiting[], schedule: Waiting[]}} lists
 * @param {string} user the name of the person
 * @returns {Shown[]}
 */
export function shownLines({ drafts, approvals, schedule }, user) {
  const waiting = [...approvals, ...schedule]
    // What became of a request is for the person who made it.
    .filter(({ state, own }) => own || !["refused", "expired"].includes(state));
  // A draft that waits for approval or for its time is shown as that.
  const used = new Set(
    waiting
      .filter(({ state }) => !["refused", "expired"].includes(state))
      .map(({ request }) => request?.draftId),
  );
  /** @type {Shown[]} */
  const lines = [
    ...drafts
      // What was returned is for its author.
      .filter((draft) => !used.has(draft.id) && (!isReturned(draft) || draft.by === user))
      .map((draft) => ({
        key: `draft.${draft.id}`,
        kind: isReturned(draft) ? /** @type {const} */ ("returned") : draft.state,
        waiting: null,
        draft,
      })),
    ...waiting.map((line) => ({
      key: `line.${line.id}`,
      kind: /** @type {Shown["kind"]} */ (line.state),
      waiting: line,
      draft: null,
    })),
  ];
  return lines.sort((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind));
}

/** Whether an editor has given a draft back to its author, with what is missing. @param {ServerDraft} draft */
export function isReturned({ state, by, changedBy, note }) {
  return state === "draft" && changedBy !== by && Boolean(note);
}

/** @type {Shown["kind"][]} */
const COUNTED = ["stopped", "returned", "waiting", "submitted", "scheduled", "draft"];

/** How many lines there are of each kind that is counted. @param {Shown[]} lines */
export function countParts(lines) {
  return COUNTED.flatMap((kind) => {
    const count = lines.filter((line) => line.kind === kind).length;
    if (!count) return [];
    const element = h("span", { class: "count", "data-kind": kind });
    showText(element, `waiting.count.${kind}`, { count });
    return [element, " "];
  });
}

/**
 * The parts of a row above its buttons.
 * @param {Shown} shown
 * @param {Site} site
 * @returns {Node[]}
 */
export function lineParts(shown, site) {
  const { kind, waiting, draft } = shown;
  const badge = h("span", { class: "badge kind" });
  showText(badge, `waiting.kind.${kind}`);
  const edition = waiting ? waiting.item.edition : (draft?.edition ?? "");
  const urgency = waiting ? waiting.item.urgency : Number(draft?.line.urgency ?? 4);
  const meta = h("p", { class: "meta" }, badge, urgencyBadge(urgency), editionName(edition, site));
  meta.append(...factsOf(shown, site));
  if (LEAVING.has(kind) && edition) meta.append(connectionsView(edition));
  const line = h("p", { class: "line" }, ...wordsOf(waiting, draft, site));
  return [meta, line, ...others(waiting, site), ...remarksOf(shown)];
}

/**
 * Who wrote a line and when, what it does to an item, and its times.
 * @param {Shown} shown
 * @param {Site} site
 * @returns {Node[]}
 */
export function factsOf({ kind, waiting, draft }, site) {
  const facts = [];
  if (waiting && waiting.act !== "publish")
    facts.push(sentence("span", "badge state", `done.${waiting.act}`));
  facts.push(byline(waiting?.by ?? draft?.by ?? "", waiting?.created ?? draft?.changed ?? ""));
  if (!waiting) return facts;
  const zone = site.editions[waiting.item.edition]?.timezone;
  if (kind === "scheduled" && waiting.due) facts.push(timeFact("due", "waiting.due", waiting.due, zone));
  if (kind === "scheduled" && waiting.embargoedUntil)
    facts.push(timeFact("due", "waiting.embargo", waiting.embargoedUntil, zone));
  if (kind === "waiting" && waiting.expires)
    facts.push(timeFact("due", "waiting.expires", waiting.expires, zone));
  return facts;
}

/**
 * What people and the desk say about a line.
 * @param {Shown} shown
 * @param {"p" | "span"} [tag]
 * @returns {Node[]}
 */
export function remarksOf({ kind, waiting, draft }, tag = "p") {
  const remarks = [];
  const note = waiting?.note ?? draft?.note;
  if (note && kind === "returned")
    remarks.push(sentence(tag, "hint", "waiting.refused", { name: draft?.changedBy ?? "", reason: note }));
  else if (note) remarks.push(sentence(tag, "hint", "waiting.note", { note }));
  const problem = waiting?.problem;
  if (problem)
    remarks.push(sentence(tag, "error", "plain", { value: inAllLanguages(problem.detail, problem) }));
  if (waiting?.canceling) remarks.push(sentence(tag, "error", "waiting.canceling"));
  if (waiting?.reason && waiting.refusedBy)
    remarks.push(
      sentence(tag, "hint", "waiting.refused", { name: waiting.refusedBy, reason: waiting.reason }),
    );
  return remarks;
}

/** The lines of the other editions, which leave together with the first one. @param {Waiting | null} waiting @param {Site} site */
function others(waiting, site) {
  if (!waiting) return [];
  const { siblings, missing } = waiting;
  const lines = siblings.map((item) =>
    h(
      "p",
      { class: "line other" },
      ...[editionName(item.edition, site), " ", urgencyBadge(item.urgency), " ", lineOf(item)],
      ...[" ", connectionsView(item.edition)],
    ),
  );
  const drafts = missing.map((edition) => {
    const line = h("p", { class: "line other" }, editionName(edition, site), " ");
    const hint = h("span", { class: "hint" });
    showText(hint, "editions.empty");
    line.append(hint);
    return line;
  });
  return [...lines, ...drafts];
}

/** The whole line in its own direction: an English line in an Arabic page begins with its source. @param {Item} item */
function lineOf(item) {
  return h("bdi", { dir: item.headline.direction, lang: item.headline.language }, ...itemLineParts(item));
}

/** The text of a line, for the name of its buttons. @param {Shown} shown */
export function lineText({ waiting, draft }) {
  return waiting ? waiting.item.headline.value : String(draft?.line.text ?? draft?.line.headline ?? "");
}

/** What a line says, in its own direction. @param {Waiting | null} waiting @param {ServerDraft | null} draft @param {Site} site */
export function wordsOf(waiting, draft, site) {
  if (waiting) return [lineOf(waiting.item)];
  const edition = site.editions[draft?.edition ?? ""];
  const text = lineText({ key: "", kind: "submitted", waiting, draft });
  return [
    h(
      "bdi",
      { lang: edition?.language, dir: draft?.line.direction ?? edition?.direction ?? "auto" },
      text || "…",
    ),
  ];
}

/** @param {number} urgency */
function urgencyBadge(urgency) {
  const badge = h("span", { class: "badge urgency", "data-urgency": String(urgency) });
  showText(badge, ...urgencyName(urgency));
  return badge;
}

/** @param {string} edition @param {Site} site */
function editionName(edition, site) {
  const name = site.editions[edition]?.name;
  if (name) return h("bdi", { class: "edition" }, name);
  return sentence("p", "edition", "waiting.no-edition");
}

/** @param {string} name @param {string} time */
function byline(name, time) {
  const element = h("span", { class: "by" }, h("bdi", {}, name), " ");
  const moment = h("time");
  if (time) showTime(moment, Date.parse(time));
  element.append(moment);
  return element;
}

/**
 * @param {"p" | "span"} tag
 * @param {string} className
 * @param {string} key
 * @param {import("../shell/i18n.js").Params} [params]
 */
function sentence(tag, className, key, params) {
  const element = h(tag, { class: className });
  showText(element, key, params);
  return element;
}

/** Exactly what goes where, as facts: the editions with their connections now, the urgency, the language of the note. */

import { connectionsOf, formOf, onAudience } from "./audience.js";
import { h } from "./dom.js";
import { bothTimes } from "./edition-time.js";
import { showText } from "./i18n.js";

/** @import { Param } from "./i18n.js" */
/** @import { Site } from "./types.d.ts" */

/** @typedef {{name: string, key: string, params?: import("./i18n.js").Params, isDangerous?: boolean}} Fact a row: its name and its value */
/** @typedef {{edition: string, urgency: number, lines?: number}} Target `lines`: how many, if there may be several */
/**
 * @typedef {object} Destination
 * @property {Target[]} targets the first is the one of the form
 * @property {number} [wasUrgency] of the first target, before
 * @property {string} [due] when it leaves, if not at once
 * @property {number} [left] how many lines wait behind it
 * @property {string | null} [approver] the lowest role that must approve it
 * @property {{language: string, editions: string[]} | undefined} [note] the language that readers get the note in; `editions`: those
 *   that are written in another one
 * @property {string[]} [foreign] the editions that stay as they are, because they are not the person's
 */

const FLASH = 1;
const INTERFACE = ["en", "es", "ar"];

/**
 * @param {Destination} destination
 * @param {Site} site
 * @returns {Fact[]}
 */
export function destinationFacts(destination, site) {
  const { targets, wasUrgency, due = "", left = 0, approver = null, note, foreign = [] } = destination;
  const [first] = targets;
  const rows = targets.map((target) => editionFact(target, site, targets.length > 1));
  const raised = first !== undefined && wasUrgency !== undefined && first.urgency < wasUrgency;
  if (first && (raised || (targets.length === 1 && first.lines === undefined))) {
    const params = { urgency: { t: `urgency.${first.urgency}` }, before: { t: `urgency.${wasUrgency}` } };
    rows.push({
      name: "urgency",
      key: raised ? "leaving.raised" : "leaving.urgency",
      params,
      isDangerous: raised || first.urgency === FLASH,
    });
  }
  if (foreign.length) {
    const list = foreign.map((id) => site.editions[id]?.name ?? id);
    rows.push({ name: "leaving.foreign", key: "leaving.foreign.in", params: { editions: { list } } });
  }
  if (note) rows.push(noteFact(note, site));
  if (due) {
    const zone = site.editions[first?.edition ?? ""]?.timezone;
    rows.push({ name: "leaving.due", key: "plain", params: { value: bothTimes(due, zone) } });
  }
  if (approver) rows.push({ name: "leaving.second", key: `leaving.second.${approver}` });
  if (left > 0) rows.push({ name: "queue.left", key: "queue.count", params: { count: left } });
  return rows;
}

/**
 * @param {Target} target
 * @param {Site} site
 * @param {boolean} isOneOfMany
 * @returns {Fact}
 */
function editionFact({ edition, urgency, lines }, site, isOneOfMany) {
  const { name = edition } = site.editions[edition] ?? {};
  const count = connectionsOf(edition);
  /** @type {Param} */
  let words = name;
  if (isOneOfMany || lines !== undefined)
    words = { t: "leaving.of", p: { edition: words, urgency: { t: `urgency.${urgency}` } } };
  if (lines !== undefined) words = { t: "leaving.lines", p: { edition: words, lines } };
  return {
    name: "edition",
    key: `leaving.edition.${formOf(count)}`,
    params: { edition: words, count: count ?? 0 },
    isDangerous: isOneOfMany && urgency === FLASH,
  };
}

/** @param {NonNullable<Destination["note"]>} note @param {Site} site @returns {Fact} */
function noteFact({ language, editions }, site) {
  const list = editions.map((id) => site.editions[id]?.name ?? id);
  return {
    name: "leaving.note",
    key: list.length ? "leaving.note.also" : "leaving.note.in",
    params: { language: languageName(language), editions: { list } },
  };
}

/** The name of a language in the languages of the page. @param {string} tag @returns {Param} */
function languageName(tag) {
  try {
    const names = INTERFACE.map((own) => [own, new Intl.DisplayNames(own, { type: "language" }).of(tag)]);
    return { names: Object.fromEntries(names) };
  } catch {
    return tag;
  }
}

/** @param {HTMLElement} list a `dl` @param {Fact[]} facts */
export function fillFacts(list, facts) {
  const rows = facts.map(({ name, key, params = {}, isDangerous }) => {
    const [term, value] = [h("dt"), h("dd", { class: isDangerous ? "danger" : undefined })];
    showText(term, name);
    showText(value, key, params);
    return [term, value];
  });
  list.replaceChildren(...rows.flat());
  list.hidden = rows.length === 0;
}

/** The facts of a form, next to its button: they follow the audience as long as the form is on the page. */
export class DestinationView {
  element = h("dl", { class: "facts destination" });
  #site;
  /** @type {Destination} */
  #destination = { targets: [] };
  /** @type {(() => void) | null} */
  #stop = null;

  /** @param {Site} site */
  constructor(site) {
    this.#site = site;
  }

  /** @param {Destination} destination */
  show(destination) {
    this.#destination = destination;
    this.#render();
    this.#stop ??= onAudience(() => this.#follow());
  }

  #follow() {
    if (this.element.isConnected) return this.#render();
    this.#stop?.();
    this.#stop = null;
  }

  #render() {
    fillFacts(this.element, destinationFacts(this.#destination, this.#site));
  }
}

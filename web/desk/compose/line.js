/** From a draft to what the desk is asked to publish; it knows the site and nothing of the page. */

import { findSource, sourceName, split } from "./split.js";

/**
 * @typedef {{ticker: string, editions: Record<string, {language: string, direction: string, name: string}>,
 *   sections: Record<string, Record<string, string>>, places: Record<string, Record<string, string>>,
 *   sources: import("./split.js").Sources, roles: string[], limits?: {idempotencyHours: number}}} Site
 * @typedef {import("./draft.js").Draft} Draft
 * @typedef {import("../items/items.js").InfoSource} InfoSource
 * @typedef {import("../items/items.js").Text} Text
 */

/**
 * What a draft still lacks before it can be published, or null.
 * @param {Draft} draft
 * @param {Site} site
 * @returns {"line.empty" | "line.nosource" | "role.missing" | null}
 */
export function missing(draft, site) {
  const { source, text, id } = split(draft.line, site.sources);
  if (!text) return "line.empty";
  if (source === null) return "line.nosource";
  return id === null && !draft.role ? "role.missing" : null;
}

/**
 * The request for a draft that lacks nothing: the line as it was typed, so that a refused character is named by its
 * place in it, and everything that the editor chose.
 * @param {Draft} draft
 * @param {Site} site
 */
export function bodyOf(draft, site) {
  const { id } = split(draft.line, site.sources);
  return {
    text: draft.line,
    ...(id === null ? { role: draft.role } : {}),
    direction: draft.direction,
    edition: draft.edition,
    urgency: draft.urgency,
    ...(draft.sections.length ? { sections: draft.sections } : {}),
    ...(draft.places.length ? { places: draft.places } : {}),
    ...(draft.link.trim() ? { link: draft.link.trim() } : {}),
  };
}

/**
 * What an act changes: only what differs from the version that the editor saw.
 * @param {import("../items/items.js").Item} item
 * @param {{text: string, source: string, role: string, urgency: number, note: string}} typed
 * @param {string} act
 * @param {Site} site
 */
export function actBody(item, typed, act, site) {
  /** @type {Record<string, unknown>} */
  const body = { act };
  const first = item.infoSources[0];
  if (typed.text !== item.headline.value) body.headline = typed.text;
  if (
    item.infoSources.length === 1 &&
    first &&
    (typed.source !== first.name.value || typed.role !== first.role)
  ) {
    const known = findSource(site.sources, typed.source);
    body.infoSources = [known ? { uri: known } : { name: typed.source, role: typed.role }];
  }
  if (typed.urgency !== item.urgency) body.urgency = typed.urgency;
  if (typed.note.trim()) body.note = typed.note.trim();
  return body;
}

/**
 * Who says so: a registered source by its label in the edition's language, any other as it was typed.
 * @param {string} source
 * @param {string} language
 * @param {Site} site
 * @returns {{value: string, language: string}}
 */
export function attribution(source, language, site) {
  const id = findSource(site.sources, source);
  const known = id ? site.sources[id] : undefined;
  return known ? sourceName(known, language) : { value: source, language };
}

/**
 * One line out of what may have been pasted as several.
 * @param {string} text
 */
export function oneLine(text) {
  return text.replace(/\s*[\r\n\u2028\u2029]+\s*/gu, " ").replace(/\t/gu, " ");
}

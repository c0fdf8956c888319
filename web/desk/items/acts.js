/** The acts on a published item: who may do which, and what their requests carry (docs/protocol.md, Publishing). */

import { findSource } from "../shell/sources.js";

/** @import { ActBody, Item, Site } from "../shell/types.d.ts" */

/** The acts that need a note for the readers. */
export const NOTE_REQUIRED = new Set(["correction", "withdraw"]);

/** The acts that change the words. */
export const TEXT_ACTS = new Set(["update", "refile", "correction"]);

/** The key of each act on a row, by its position on the keyboard, which is the same in any alphabet. */
export const ACT_KEYS = {
  KeyU: ["update"],
  KeyR: ["refile"],
  KeyC: ["correction"],
  KeyH: ["hold", "release"],
  KeyW: ["withdraw"],
};

/** The letter of each act's key, which its button shows. @type {Record<string, string>} */
export const ACT_LETTERS = Object.fromEntries(
  Object.entries(ACT_KEYS).flatMap(([code, acts]) => acts.map((act) => [act, code.slice(-1)])),
);

/**
 * The acts that `role` may do on `item` now.
 * @param {Item} item
 * @param {string} role
 * @returns {string[]}
 */
export function actsFor(item, role) {
  if (item.unreadable) return role === "chief" ? ["withdraw"] : [];
  if (item.pubStatus === "canceled" || (role !== "editor" && role !== "chief")) return [];
  if (role === "editor") return ["update", "refile"];
  return ["update", "refile", "correction", item.pubStatus === "withheld" ? "release" : "hold", "withdraw"];
}

/**
 * The request of an act: only what differs from the version that the editor saw.
 * @param {Item} item
 * @param {{text: string, source: string, role: string, urgency: number, note: string}} values the form's
 * @param {string} act
 * @param {Site} site
 */
export function actBody(item, values, act, site) {
  /** @type {ActBody} */
  const body = { act };
  const [first] = item.infoSources;
  if (values.text !== item.headline.value) body.headline = values.text;
  if (
    item.infoSources.length === 1 &&
    first &&
    (values.source !== first.name.value || values.role !== first.role)
  ) {
    const uri = findSource(site.sources, values.source);
    body.infoSources = [uri ? { uri } : { name: values.source, role: values.role }];
  }
  if (values.urgency !== item.urgency) body.urgency = values.urgency;
  if (values.note.trim()) body.note = values.note.trim();
  return body;
}

/**
 * The request that checks an act while it is typed: what is not written or chosen yet hides no other warning.
 * @param {ActBody} body
 * @param {Site} site
 * @returns {ActBody}
 */
export function checkedBody(body, { roles: [anyRole = ""] }) {
  const note = body.note ?? (NOTE_REQUIRED.has(body.act) ? "…" : undefined);
  const [source] = body.infoSources ?? [];
  const named = source && !source.uri && !source.role ? { ...source, role: anyRole } : source;
  return {
    ...body,
    ...(note === undefined ? {} : { note }),
    ...(named ? { infoSources: [named] } : {}),
  };
}

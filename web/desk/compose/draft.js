/** A draft of one line, with everything chosen for it. */

import { newKey } from "../shell/storage.js";
import { TIMES } from "./times.js";

/** @import { Draft } from "../shell/types.d.ts" */

/**
 * A draft with nothing in it and its own key.
 * @param {string} edition
 * @param {string} direction
 * @returns {Draft}
 */
export function emptyDraft(edition, direction) {
  const empty = { line: "", urgency: 4, role: "", sections: [], places: [], link: "", ...emptyOptions() };
  return { ...empty, edition, direction, key: newKey(), pending: null, saved: 0 };
}

/**
 * The draft in `text` from the storage, or null if it is not one.
 * @param {string | null} text
 * @param {Draft} empty gives the fields that an older page did not store
 * @returns {Draft | null}
 */
export function parseDraft(text, empty) {
  try {
    const value = JSON.parse(text ?? "null");
    if (typeof value?.line !== "string" || typeof value.key !== "string") return null;
    return { ...empty, ...value };
  } catch {
    return null;
  }
}

/**
 * Whether a draft has nothing that a person typed.
 * @param {Draft} draft
 */
export function isEmptyDraft(draft) {
  const { line, link, story, reviewedBy } = draft;
  return [line, link, story.title, reviewedBy, ...TIMES.map((time) => draft[time])].join("") === "";
}

function emptyOptions() {
  const times = { publishAt: "", embargoedUntil: "", expires: "", pinnedUntil: "" };
  return { ...times, story: { id: "", title: "" }, digitalSourceType: "", reviewedBy: "" };
}

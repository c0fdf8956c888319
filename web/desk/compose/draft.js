/** A draft of one line, with everything chosen for it. */

import { newKey } from "../shell/storage.js";

/** @import { Draft } from "../shell/types.d.ts" */

/**
 * A draft with nothing in it and its own key.
 * @param {string} edition
 * @param {string} direction
 * @returns {Draft}
 */
export function emptyDraft(edition, direction) {
  const empty = { line: "", urgency: 4, role: "", sections: [], places: [], link: "" };
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

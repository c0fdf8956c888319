/** The times of a line: instants in the draft, and the browser's own time in the fields of the filters. */

import { isInstant, momentOf } from "../shell/zones.js";

/** @import { Draft } from "../shell/types.d.ts" */

/** The fields of a draft that are times. */
export const TIMES = /** @type {const} */ (["publishAt", "embargoedUntil", "expires", "pinnedUntil"]);

/**
 * What a field for local times shows for an instant.
 * @param {string} instant RFC 3339, or empty
 */
export function localValue(instant) {
  const date = new Date(instant);
  if (!instant || Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/**
 * The instant that a field for local times means.
 * @param {string} value empty while the field is not complete
 */
export function instantOf(value) {
  const date = new Date(value);
  return value && !Number.isNaN(date.getTime()) ? date.toISOString().replace(/\.\d+Z$/u, "Z") : "";
}

/**
 * When a line leaves: the later of its time and its embargo; empty if at once.
 * @param {Pick<Draft, "publishAt" | "embargoedUntil">} draft
 */
export function dueOf({ publishAt, embargoedUntil }) {
  const instants = [publishAt, embargoedUntil].filter(isInstant);
  return instants.sort((one, other) => momentOf(one) - momentOf(other)).at(-1) ?? "";
}

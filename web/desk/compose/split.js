/** Splits "Source: text" as publisher/core/split.py does; tests/split_examples.json tests both. */

import { findSource } from "../shell/sources.js";

/** @import { Sources } from "../shell/types.d.ts" */

/** The longest source, in code points (ticker/contract/text.py). */
export const SOURCE_LIMIT = 120;

/**
 * @typedef {{source: string | null, text: string, id: string | null}} Split
 *   `source` is null if the line names none; `id` is that of a registered source.
 */

const SEPARATOR = /[:\uff1a\ufe55\ufe13]/gu;

/**
 * The source and the text of `line`. If several colons could separate them, the longest registered source wins, else
 * the first colon.
 * @param {string} line
 * @param {Sources} sources
 * @returns {Split}
 */
export function split(line, sources) {
  /** @type {Split | null} */
  let first = null;
  /** @type {Split | null} */
  let registered = null;
  for (const { index } of line.matchAll(SEPARATOR)) {
    if (isBetweenDigits(line, index) || isInAddress(line, index)) continue;
    const source = line.slice(0, index).trim();
    const text = line.slice(index + 1).trim();
    if ([...source].length > SOURCE_LIMIT) break;
    if (!source || !text) continue;
    const candidate = { source, text, id: findSource(sources, source) };
    if (candidate.id) registered = candidate;
    first ??= candidate;
  }
  return registered ?? first ?? { source: null, text: line.trim(), id: null };
}

/**
 * As `split`, and also the source of a line without text yet ("Agency:"), so that the page names it while one types.
 * @param {string} line
 * @param {Sources} sources
 * @returns {Split}
 */
export function splitAsTyped(line, sources) {
  const parts = split(line, sources);
  if (parts.source !== null) return parts;
  const withText = split(`${line}\u2026`, sources);
  return withText.text === "\u2026" ? { ...withText, text: "" } : parts;
}

/**
 * @param {string} line
 * @param {number} index
 */
function isBetweenDigits(line, index) {
  return /\p{Nd}$/u.test(line.slice(0, index)) && /^\p{Nd}/u.test(line.slice(index + 1));
}

/**
 * @param {string} line
 * @param {number} index
 */
function isInAddress(line, index) {
  if (line.startsWith("://", index)) return true;
  const start = Math.max(line.lastIndexOf(" ", index), line.lastIndexOf("\u00a0", index)) + 1;
  return line.slice(start, index).includes("://");
}

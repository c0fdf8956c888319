/**
 * How long a line is, and whether a phone or a television shows all of it. This advises and never blocks.
 *
 * 55 is AFP's limit for television tickers and push; at 90 the Guardian's desk advises, at 120 it warns.
 */

export const TV = 55;
export const LOCK_SCREEN = 90;
export const LONGEST = 120;
export const LIMITS = [TV, LOCK_SCREEN, LONGEST];

/** @typedef {'empty' | 'good' | 'long' | 'cut'} Level */

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * The number of characters as people see them: a flag, a letter with its marks and a joined emoji count as one.
 * @param {string} text
 */
export function graphemeCount(text) {
  let count = 0;
  for (const _ of segmenter.segment(text)) count += 1;
  return count;
}

/**
 * @param {number} count characters of a text
 * @returns {Level}
 */
export function lengthLevel(count) {
  if (count === 0) return "empty";
  if (count <= LOCK_SCREEN) return "good";
  return count <= LONGEST ? "long" : "cut";
}

/**
 * The text as a channel with room for `limit` characters shows it: cut between two of them, with an ellipsis.
 * @param {string} text
 * @param {number} limit
 */
export function cutText(text, limit) {
  const characters = Array.from(segmenter.segment(text), ({ segment }) => segment);
  if (characters.length <= limit) return text;
  return `${characters
    .slice(0, limit - 1)
    .join("")
    .trimEnd()}…`;
}

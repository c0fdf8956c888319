/**
 * How long a line is, as people count, and what that means on a phone or a television; it advises and never blocks.
 *
 * 55: AFP's bound for television tickers and push. 90 and 120: where the Guardian's desk begins to advise and to warn.
 */

export const TV = 55;
export const GOOD = 90;
export const LONG = 120;

/** @typedef {'empty' | 'good' | 'long' | 'cut'} Level */

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * Characters as people see them: a flag, a letter with its marks or a joined emoji is one.
 * @param {string} text
 */
export function graphemes(text) {
  let count = 0;
  for (const _ of segmenter.segment(text)) count += 1;
  return count;
}

/**
 * What a text of `count` characters is to its readers.
 * @param {number} count
 * @returns {Level}
 */
export function level(count) {
  if (count === 0) return "empty";
  if (count <= GOOD) return "good";
  return count <= LONG ? "long" : "cut";
}

/**
 * Invisible marks in a text, as a word processor or a CMS leaves them: they are shown and removed all at once. The desk
 * refuses them (ticker/contract/text.py), and has the last word.
 *
 * Joiners that a script or an emoji needs stay: a zero width (non-)joiner between letters of the scripts that join, a
 * joiner and a variation selector in an emoji, and the tags of a flag.
 */

// What is of these kinds and is seen: the Arabic number signs and their like, and tabs and line breaks.
const SEEN = /[\t\n\r\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/u;
const INVISIBLE = /[\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}]/gu;
const JOINING =
  /\p{Script=Arabic}|\p{Script=Syriac}|\p{Script=Devanagari}|\p{Script=Bengali}|\p{Script=Malayalam}|\p{Script=Sinhala}|\p{Script=Tamil}|\p{Script=Telugu}|\p{Script=Kannada}|\p{Script=Gujarati}|\p{Script=Khmer}|\p{Script=Myanmar}/u;
const BEFORE_JOINER = /(?:\p{Extended_Pictographic}\ufe0f?|\p{Emoji_Modifier})$/u;
const FLAG = /\u{1f3f4}[\u{e0061}-\u{e007a}\u{e0030}-\u{e0039}]*$/u;

/**
 * The marks that may go, each with its index.
 * @param {string} text
 * @returns {{index: number, mark: string}[]}
 */
export function invisibleMarks(text) {
  const marks = [];
  for (const match of text.matchAll(INVISIBLE)) {
    const [mark] = match;
    if (!SEEN.test(mark) && !isNeeded(text, match.index, mark)) marks.push({ index: match.index, mark });
  }
  return marks;
}

/**
 * The text without them.
 * @param {string} text
 */
export function withoutMarks(text) {
  let rest = text;
  for (const { index, mark } of invisibleMarks(text).reverse())
    rest = rest.slice(0, index) + rest.slice(index + mark.length);
  return rest;
}

/**
 * @param {string} text
 * @param {number} index
 * @param {string} mark
 */
function isNeeded(text, index, mark) {
  const before = text.slice(0, index);
  const after = text.slice(index + mark.length);
  const code = mark.codePointAt(0) ?? 0;
  if (mark === "\u200c" || mark === "\u200d") {
    if (mark === "\u200d" && BEFORE_JOINER.test(before) && /^\p{Extended_Pictographic}/u.test(after))
      return true;
    return JOINING.test(lastOf(before)) && JOINING.test(firstOf(after));
  }
  if (mark === "\ufe0f" || mark === "\ufe0e") return /[\p{Extended_Pictographic}0-9#*]$/u.test(before);
  return code >= 0xe0020 && code <= 0xe007f && FLAG.test(before);
}

/** @param {string} text */
const lastOf = (text) => [...text.slice(-2)].at(-1) ?? "";

/** @param {string} text */
const firstOf = (text) => [...text.slice(0, 2)][0] ?? "";

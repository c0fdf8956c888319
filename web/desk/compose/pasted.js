/** Pasted text as lines: each line of it is a line for readers, with its own source. */

import { LINE_BREAKS, oneLine } from "../shell/dom.js";

/**
 * The bullet or number of a list, in the digits of any script, with the invisible marks that a word processor writes
 * around it in a text from right to left. Two of the bullets are those of the font Symbol.
 */
const LIST_MARK = /^[\p{Cf}\s]*(?:[•●▪◦‣⁃∙·*–—\uf0b7\uf0a7-]|\p{Nd}{1,3}\p{Cf}*[.)–-])\p{Cf}*\s[\p{Cf}\s]*/u;

/**
 * The lines that have text, without the bullet or number that a list begins them with.
 * @param {string} text
 * @returns {string[]}
 */
export function pastedLines(text) {
  return text
    .split(LINE_BREAKS)
    .map((line) => oneLine(line).trim().replace(LIST_MARK, ""))
    .filter((line) => /[^\p{Cf}\s]/u.test(line));
}

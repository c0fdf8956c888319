/** Pasted text as lines: each line of it is a line for readers, with its own source. */

import { oneLine } from "../shell/dom.js";

/**
 * The lines that have text, without the bullet or number that a list begins them with.
 * @param {string} text
 * @returns {string[]}
 */
export function pastedLines(text) {
  return text
    .split(/[\r\n\u2028\u2029]+/u)
    .map((line) => oneLine(line).trim())
    .map((line) => line.replace(/^(?:[•●▪◦‣*–—-]|\d{1,2}[.)])\s+/u, ""))
    .filter((line) => line !== "");
}

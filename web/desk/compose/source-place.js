/** Where a source is looked for in a line, and what the line becomes when one is chosen. */

import { matchingSources } from "../shell/sources.js";
import { splitAsTyped } from "./split.js";

/** @import { Sources } from "../shell/types.d.ts" */

/**
 * @typedef {object} Place
 * @property {string} query the beginning of a name; empty: any source
 * @property {string} before what comes before the caret in the text
 * @property {string} rest the text of the line, without what was typed of the name
 * @property {boolean} isTyped the name is being typed where a source belongs, so that sources are offered unasked
 */

/**
 * @param {string} line
 * @param {number} caret
 * @param {Sources} sources
 * @param {string} language
 * @returns {Place}
 */
export function sourcePlace(line, caret, sources, language) {
  const { source, text } = splitAsTyped(line, sources);
  const start =
    source === null ? line.length + 1 : line.length - line.trimEnd().length + line.lastIndexOf(text);
  const beginning = line.slice(0, caret);
  if (source !== null && (text === "" ? caret <= line.trimEnd().length - 1 : caret < start))
    return { query: beginning.trim(), before: "", rest: text, isTyped: beginning.trim() !== source };
  if (source === null && matches(sources, beginning, language))
    return { query: beginning.trim(), before: "", rest: line.slice(caret).trimStart(), isTyped: true };
  const [word = ""] = /[\p{L}\p{M}]{2,}$/u.exec(beginning) ?? [];
  const isName = word !== "" && matches(sources, word, language);
  const offset = line.length - text.length;
  const inText = Math.max(0, caret - offset);
  const before = text.slice(0, isName ? inText - word.length : inText);
  return { query: isName ? word : "", before, rest: before + text.slice(inText), isTyped: false };
}

/**
 * The line with the chosen source before its text, and where the caret goes.
 * @param {Place} place
 * @param {string} label
 * @returns {{line: string, caret: number}}
 */
export function withSource({ before, rest }, label) {
  return { line: `${label}: ${rest}`, caret: label.length + 2 + before.length };
}

/**
 * @param {Sources} sources
 * @param {string} beginning
 * @param {string} language
 */
function matches(sources, beginning, language) {
  return beginning.trim() !== "" && matchingSources(sources, beginning, language).length > 0;
}

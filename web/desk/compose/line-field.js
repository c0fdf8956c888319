/** The field of a line, "Source: text", in the composer and in the forms of acts: one line, sources offered, undo. */

import { LINE_BREAKS, oneLine } from "../shell/dom.js";
import { replaceText } from "../shell/insert-text.js";
import { UndoHistory } from "../shell/undo.js";
import { withoutMarks } from "./marks.js";
import { pastedLines } from "./pasted.js";
import { withSource } from "./source-place.js";
import { Suggestions } from "./suggestions.js";

/** @import { Sources } from "../shell/types.d.ts" */

const TRAILING_BREAKS = new RegExp(`${LINE_BREAKS.source}$`, "u");

/** @typedef {{field: HTMLTextAreaElement, list: HTMLElement, status: HTMLElement}} Elements the list of sources, and what says how many are in it */

/**
 * @typedef {object} Options
 * @property {Sources} sources
 * @property {() => string} language in which sources are named
 * @property {(lines: string[]) => void} onLines called with the lines that were pasted, if there are several
 * @property {() => void} [onNothingToUndo]
 */

export class LineField {
  #field;
  #history;
  #suggestions;

  /**
   * @param {Elements} elements
   * @param {Options} options
   */
  constructor({ field, list, status }, { sources, language, onLines, onNothingToUndo }) {
    this.#field = field;
    this.#history = new UndoHistory(field, onNothingToUndo);
    this.#suggestions = new Suggestions(field, list, status, sources, language, (place, label) => {
      const { line, caret } = withSource(place, label);
      this.#replaceAll(line);
      field.setSelectionRange(caret, caret);
    });
    field.addEventListener("input", (event) => {
      // What is being composed must not be touched.
      if (!(/** @type {InputEvent} */ (event).isComposing)) this.#keepOneLine();
      this.#suggestions.update();
    });
    field.addEventListener("keydown", (event) => {
      // A line has no breaks. Enter alone does nothing, so that it cannot publish by accident.
      if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.isComposing)
        event.preventDefault();
    });
    field.addEventListener("paste", (event) => {
      event.preventDefault();
      const text = event.clipboardData?.getData("text/plain") ?? "";
      const lines = pastedLines(text);
      if (lines.length > 1) onLines(lines);
      else this.insert(this.#isReplaced ? (lines[0] ?? "") : oneLine(text.replace(TRAILING_BREAKS, "")));
    });
  }

  /** Shows another line; nothing of the one before it can be undone. @param {string} line */
  fill(line) {
    this.#field.value = line;
    this.#history.reset();
  }

  /** Writes `text` where the caret is, or over what is selected. @param {string} text */
  insert(text) {
    const { selectionStart, selectionEnd } = this.#field;
    replaceText(this.#field, selectionStart, selectionEnd, text);
  }

  /** Whether what is pasted now is the whole line: then a bullet before it goes. */
  get #isReplaced() {
    const { selectionStart, selectionEnd, value } = this.#field;
    return selectionStart === 0 && selectionEnd === value.length;
  }

  /** Offers the sources wherever the caret is. */
  offerSources() {
    this.#field.focus();
    this.#suggestions.offer();
  }

  closeSuggestions() {
    this.#suggestions.close();
  }

  /** Removes all invisible marks. */
  removeMarks() {
    const line = withoutMarks(this.#field.value);
    if (line !== this.#field.value) this.#replaceAll(line);
  }

  /**
   * Replaces a part of the line.
   * @param {number} start in code points
   * @param {number} end
   * @param {string} text
   */
  replace(start, end, text) {
    const points = [...this.#field.value];
    const [from = 0, to = 0] = [start, end].map((index) => points.slice(0, index).join("").length);
    replaceText(this.#field, from, to, text);
  }

  /** @param {string} line */
  #replaceAll(line) {
    replaceText(this.#field, 0, this.#field.value.length, line);
  }

  #keepOneLine() {
    const line = oneLine(this.#field.value);
    if (line !== this.#field.value) this.#field.value = line;
  }
}

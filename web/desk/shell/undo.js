/**
 * Undo and redo of a text field. Chromium ends its own group of typed letters whenever any node of the document is
 * removed, which a page that shows a preview does at each letter; so Ctrl+Z would take back single letters.
 *
 * 1. Letters typed one after the other are one step, until the caret moves elsewhere or typing pauses.
 * 2. A paste, a composed word, and a change by the page are steps of their own: no typed letter joins them.
 */

/** @typedef {HTMLTextAreaElement | HTMLInputElement} Field */
/** @typedef {{value: string, start: number, end: number}} State */

const PAUSE_MS = 2000;
const MOST_STEPS = 300;

/** The input types that join a group, by the group. @type {Record<string, string>} */
const GROUPS = {
  insertText: "typed",
  insertCompositionText: "typed",
  deleteContentBackward: "deleted",
  deleteContentForward: "deleted",
};

export class UndoHistory {
  #field;
  #onNothing;
  /** @type {State[]} */
  #past = [];
  /** @type {State[]} */
  #future = [];
  /** @type {State} */
  #now;
  #group = "";
  /** When the last change was, and where it left the caret. */
  #changed = 0;
  #caret = 0;
  #isComposing = false;

  /**
   * @param {Field} field
   * @param {() => void} [onNothing] called by an undo that has nothing to take back
   */
  constructor(field, onNothing = () => {}) {
    this.#field = field;
    this.#onNothing = onNothing;
    this.#now = this.#state();
    field.addEventListener("keydown", (event) => this.#handleKey(/** @type {KeyboardEvent} */ (event)));
    field.addEventListener("beforeinput", (event) => this.#handleBefore(/** @type {InputEvent} */ (event)));
    field.addEventListener("input", (event) => this.#record(/** @type {InputEvent} */ (event).inputType));
    field.addEventListener("compositionstart", () => {
      this.#now = this.#state();
      this.#isComposing = true;
    });
    field.addEventListener("compositionend", () => {
      this.#isComposing = false;
      this.#record("insertCompositionText");
    });
  }

  /** Forgets all steps: the field shows another text. */
  reset() {
    this.#past = [];
    this.#future = [];
    this.#group = "";
    this.#now = this.#state();
  }

  /** @returns {State} */
  #state() {
    const { value, selectionStart, selectionEnd } = this.#field;
    return { value, start: selectionStart ?? value.length, end: selectionEnd ?? value.length };
  }

  /** @param {InputEvent} event */
  #handleBefore(event) {
    // From the browser's menu.
    if (event.inputType === "historyUndo" || event.inputType === "historyRedo") {
      event.preventDefault();
      this.#step(event.inputType === "historyUndo");
    } else if (!this.#isComposing) this.#now = this.#state();
  }

  /** @param {string} [type] */
  #record(type = "") {
    if (this.#isComposing || type.startsWith("history")) return;
    const [before, after] = [this.#now, this.#state()];
    if (before.value === after.value) return;
    const group = GROUPS[type] ?? "";
    const isNext = before.start === before.end && before.end === this.#caret;
    const isSoon = Date.now() - this.#changed < PAUSE_MS;
    if (!(group && group === this.#group && isNext && isSoon)) this.#past.push(before);
    if (this.#past.length > MOST_STEPS) this.#past.shift();
    this.#future = [];
    this.#group = group;
    this.#changed = Date.now();
    this.#now = after;
    this.#caret = after.end;
  }

  /** @param {KeyboardEvent} event */
  #handleKey(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing) return;
    // An Arabic keyboard has no Latin letters, and a French one has them elsewhere.
    const letter = /^[a-z]$/iu.test(event.key) ? event.key.toLowerCase() : event.code.slice(3).toLowerCase();
    if (letter !== "z" && (letter !== "y" || event.shiftKey)) return;
    event.preventDefault();
    this.#step(letter === "z" && !event.shiftKey);
  }

  /** @param {boolean} isUndo */
  #step(isUndo) {
    if (this.#field.readOnly) return;
    const state = (isUndo ? this.#past : this.#future).pop();
    if (!state) return isUndo ? this.#onNothing() : undefined;
    (isUndo ? this.#future : this.#past).push(this.#state());
    this.#field.value = state.value;
    this.#field.setSelectionRange(state.start, state.end);
    this.#group = "";
    this.#now = state;
    const inputType = isUndo ? "historyUndo" : "historyRedo";
    this.#field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType }));
  }
}

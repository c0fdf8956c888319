/**
 * Shows a row of the panel again. The reason that a person is typing there stays open, and the focus never moves to
 * another decision: its key may still be held down, or be the space of a sentence.
 */

/** Within this time a key or a click may still mean what the row said before, in milliseconds. */
const READING_MS = 1500;

/**
 * @param {HTMLElement} row
 * @param {Node[]} parts what it shows now
 * @param {{text: string}[]} actions its buttons, by the keys of their names
 * @param {string} content what they decide about
 * @param {HTMLElement} fallback gets the focus if its button is gone, or decides about another content now
 * @returns {boolean} whether the content is another one than the row showed before
 */
export function updateRow(row, parts, actions, content, fallback) {
  const active = row.contains(document.activeElement)
    ? /** @type {HTMLElement} */ (document.activeElement)
    : null;
  const form = row.querySelector("form");
  const isChanged = row.dataset.content !== undefined && row.dataset.content !== content;
  row.dataset.content = content;
  if (isChanged) row.dataset.changed = String(performance.now());
  if (form && actions.some(({ text }) => text === form.dataset.action)) {
    // Not moved: that would take the focus, and the word that an input method composes.
    for (const child of [...row.children]) if (child !== form) child.remove();
    form.before(...parts);
  } else row.replaceChildren(...parts);
  if (!active || active.isConnected) return isChanged;
  (isChanged ? fallback : buttonOf(row, active.dataset.action ?? "", fallback)).focus();
  return isChanged;
}

/** The button of an action in a row, or `fallback`. @param {HTMLElement} row @param {string} action @param {HTMLElement} fallback */
export function buttonOf(row, action, fallback) {
  const buttons = /** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll("button[data-action]"));
  return [...buttons].find(({ dataset }) => dataset.action === action) ?? fallback;
}

/** Whether the content of a row has changed so shortly ago that a person may not have read it. @param {HTMLElement} row */
export function isJustChanged({ dataset }) {
  return dataset.changed !== undefined && performance.now() - Number(dataset.changed) < READING_MS;
}

/** A question before something that cannot be undone: Enter says yes, Escape says no. */

import { $ } from "./dom.js";
import { showText } from "./i18n.js";

/**
 * @typedef {object} Question keys of the sentences, their parameters, and the line that the question is about
 * @property {string} title
 * @property {string} words
 * @property {string} yes
 * @property {import("./i18n.js").Params} [params]
 * @property {{parts: (Node | string)[], language: string, direction: string}} [line]
 */

/**
 * Asks the question and waits for the answer; false at once if another question is open.
 * @param {Question} question
 * @returns {Promise<boolean>}
 */
export function askConfirmation({ title, words, yes, params = {}, line }) {
  /** @type {HTMLDialogElement} */
  const dialog = $("confirm");
  if (dialog.open) return Promise.resolve(false);
  showText($("confirm-title"), title, params);
  showText($("confirm-words"), words, params);
  showText($("confirm-yes"), yes, params);
  const lineElement = $("confirm-line");
  lineElement.hidden = !line;
  lineElement.replaceChildren(...(line?.parts ?? []));
  lineElement.lang = line?.language ?? "";
  lineElement.dir = line?.direction ?? "auto";
  return new Promise((resolve) => {
    const listeners = new AbortController();
    const { signal } = listeners;
    /** @param {boolean} isConfirmed */
    const finish = (isConfirmed) => {
      listeners.abort();
      dialog.close();
      resolve(isConfirmed);
    };
    $("confirm-yes").addEventListener("click", () => finish(true), { signal });
    $("confirm-no").addEventListener("click", () => finish(false), { signal });
    dialog.addEventListener(
      "cancel",
      (event) => {
        event.preventDefault();
        finish(false);
      },
      { signal },
    );
    // The Ctrl+Enter that opened the question may still be held down: only a new, plain Enter is an answer.
    dialog.addEventListener(
      "keydown",
      (event) => {
        if (event.key === "Enter" && (event.repeat || event.ctrlKey || event.metaKey)) event.preventDefault();
      },
      { signal },
    );
    dialog.showModal();
    $("confirm-yes").focus();
  });
}

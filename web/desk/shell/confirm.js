/** One question before what cannot be taken back: Enter says yes, Escape says no. */

import { $ } from "./dom.js";
import { say } from "./i18n.js";

/**
 * @typedef {{title: string, words: string, yes: string, params?: import("./i18n.js").Params,
 *   line?: {parts: (Node | string)[], language: string, direction: string}}} Question
 */

/**
 * Asks, and waits; only one question stands at a time.
 * @param {Question} question
 * @returns {Promise<boolean>}
 */
export function ask({ title, words, yes, params = {}, line }) {
  /** @type {HTMLDialogElement} */
  const dialog = $("confirm");
  if (dialog.open) return Promise.resolve(false);
  say($("confirm-title"), title, params);
  say($("confirm-words"), words, params);
  say($("confirm-yes"), yes, params);
  const shown = $("confirm-line");
  shown.hidden = !line;
  shown.replaceChildren(...(line?.parts ?? []));
  shown.lang = line?.language ?? "";
  shown.dir = line?.direction ?? "auto";
  return new Promise((settle) => {
    const listening = new AbortController();
    /** @param {boolean} answer */
    const end = (answer) => {
      listening.abort();
      dialog.close();
      settle(answer);
    };
    const { signal } = listening;
    $("confirm-yes").addEventListener("click", () => end(true), { signal });
    $("confirm-no").addEventListener("click", () => end(false), { signal });
    dialog.addEventListener(
      "cancel",
      (event) => {
        event.preventDefault();
        end(false);
      },
      { signal },
    );
    // The Ctrl+Enter that asked may still be held down: only a new, plain Enter is an answer.
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

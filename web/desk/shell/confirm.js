/** A question before something that cannot be undone: Enter says yes, Escape says no. */

import { fillFacts } from "./destination.js";
import { $, h } from "./dom.js";
import { showMessage, showText } from "./i18n.js";

/** @import { Fact } from "./destination.js" */

/**
 * @typedef {object} Question keys of the sentences, their parameters, and the line that the question is about
 * @property {string} title
 * @property {string} words
 * @property {string} yes
 * @property {boolean} [isDangerous] the answer yes is shown in the accent colour
 * @property {string} [other] another way out
 * @property {boolean} [prefersOther] Enter takes the other way
 * @property {import("./i18n.js").Params} [params]
 * @property {{parts: (Node | string)[], language: string, direction: string}} [line]
 * @property {Fact[]} [facts]
 * @property {import("./i18n.js").Param[]} [notices] sentences about what should be looked at first
 */
/** @typedef {"yes" | "other" | "no" | "unasked"} Answer `unasked`: the question could not be shown, so nothing was agreed */

/**
 * Asks the question and waits for the answer; "unasked" at once if another one is open or the dialog does not open.
 * @param {Question} question
 * @returns {Promise<Answer>}
 */
export function askQuestion(question) {
  /** @type {HTMLDialogElement} */
  const dialog = $("confirm");
  if (dialog.open) return Promise.resolve("unasked");
  showQuestion(question);
  return new Promise((resolve) => {
    const listeners = new AbortController();
    const { signal } = listeners;
    /** @param {Answer} answer */
    const finish = (answer) => {
      listeners.abort();
      if (dialog.open) dialog.close();
      resolve(answer);
    };
    $("confirm-yes").addEventListener("click", () => finish("yes"), { signal });
    $("confirm-other").addEventListener("click", () => finish("other"), { signal });
    $("confirm-no").addEventListener("click", () => finish("no"), { signal });
    // Whatever closes the dialog without a button is a no. The event of an earlier question may come after this one opened.
    dialog.addEventListener("close", () => dialog.open || finish("no"), { signal });
    dialog.addEventListener(
      "keydown",
      (event) => {
        // The Ctrl+Enter that opened the question may still be held down: only a new, plain Enter is an answer.
        if (event.key === "Enter" && (event.repeat || event.ctrlKey || event.metaKey)) event.preventDefault();
      },
      { signal },
    );
    try {
      dialog.showModal();
    } catch {
      return finish("unasked");
    }
    $(question.prefersOther ? "confirm-other" : "confirm-yes").focus();
  });
}

/**
 * Asks a question with two answers.
 * @param {Question} question
 * @returns {Promise<boolean>}
 */
export async function askConfirmation(question) {
  return (await askQuestion({ isDangerous: true, ...question })) === "yes";
}

/** Shows facts that came after the question was opened. @param {Fact[]} facts */
export function showFacts(facts) {
  fillFacts($("confirm-facts"), facts);
}

/** Shows the notices of the open question. @param {NonNullable<Question["notices"]>} notices */
export function showNotices(notices) {
  const entries = notices.map((notice) => {
    const entry = h("li");
    showMessage(entry, notice);
    return entry;
  });
  $("confirm-notices").replaceChildren(...entries);
  $("confirm-notices").hidden = entries.length === 0;
}

/** @param {Question} question */
function showQuestion({
  title,
  words,
  yes,
  other = "",
  params = {},
  line,
  facts = [],
  notices = [],
  ...kind
}) {
  showText($("confirm-title"), title, params);
  showText($("confirm-words"), words, params);
  showText($("confirm-yes"), yes, params);
  showText($("confirm-other"), other, params);
  $("confirm-other").hidden = !other;
  const prefersOther = kind.prefersOther ?? false;
  // The button that Enter presses is the one that is filled.
  $("confirm-yes").classList.toggle("primary", !prefersOther);
  $("confirm-other").classList.toggle("primary", prefersOther);
  $("confirm-yes").classList.toggle("danger", kind.isDangerous ?? false);
  $("confirm").classList.toggle("danger", kind.isDangerous ?? false);
  showFacts(facts);
  showNotices(notices);
  const lineElement = $("confirm-line");
  lineElement.hidden = !line;
  lineElement.replaceChildren(...(line?.parts ?? []));
  lineElement.lang = line?.language ?? "";
  lineElement.dir = line?.direction ?? "auto";
}

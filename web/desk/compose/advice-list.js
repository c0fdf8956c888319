/** The advice about the line, as a list below Publish; some of it has a button that does what it says. */

import { $, h } from "../shell/dom.js";
import { phrase, showMessage, showText } from "../shell/i18n.js";

/** @import { Advice } from "./advice.js" */

/**
 * @typedef {object} Fixes what the buttons do
 * @property {() => void} removeMarks
 * @property {(edition: string) => void} chooseEdition
 * @property {(advice: Advice) => void} replace
 */

/** More would push the rest of the composer out of view, and nobody reads it. */
const MOST = 4;

/** What asks first comes first, then what is about the source and the characters. @param {Advice} advice */
const rank = ({ ask, code }) => (ask ? 0 : /^(?:source|invisible)/u.test(code) ? 1 : 2);

/**
 * The most important of `advice`, each message once. Several of one kind, such as ten lines that are almost the same,
 * do not push another kind out of the list.
 * @param {Advice[]} advice
 */
export function mostImportant(advice) {
  /** @type {Map<string, Advice>} */
  const byMessage = new Map();
  for (const entry of [...advice].sort((a, b) => rank(a) - rank(b)))
    if (!byMessage.has(phrase(entry.message))) byMessage.set(phrase(entry.message), entry);
  const sorted = [...byMessage.values()];
  const firsts = new Map(sorted.toReversed().map((entry) => [entry.code, entry]));
  const isFirst = (/** @type {Advice} */ entry) => firsts.get(entry.code) === entry;
  const chosen = new Set(
    [...sorted.filter(isFirst), ...sorted.filter((entry) => !isFirst(entry))].slice(0, MOST),
  );
  return sorted.filter((entry) => chosen.has(entry));
}

/**
 * Shows the most important of `advice`.
 * @param {Advice[]} advice
 * @param {Fixes} fixes
 */
export function showAdvice(advice, fixes) {
  const list = $("warnings");
  const items = mostImportant(advice).map((entry) => {
    const words = h("span");
    showMessage(words, entry.message);
    const button = buttonFor(entry, fixes);
    return h("li", { class: entry.ask ? "ask" : undefined }, words, ...(button ? [button] : []));
  });
  // The same list again would be read out again, and would take the focus from a button.
  const isSame =
    [...list.children].map(({ textContent }) => textContent).join() ===
    items.map(({ textContent }) => textContent).join();
  if (isSame && list.children.length === items.length) return;
  list.replaceChildren(...items);
  list.hidden = items.length === 0;
}

/**
 * @param {Advice} advice
 * @param {Fixes} fixes
 */
function buttonFor(advice, fixes) {
  const { code, edition, fix } = advice;
  if (code === "invisible-marks") return button("advice.marks.remove", {}, fixes.removeMarks, "Alt+M");
  if (edition) return button("advice.switch", {}, () => fixes.chooseEdition(edition));
  if (fix) return button("advice.replace", { fix }, () => fixes.replace(advice));
  return null;
}

/**
 * @param {string} key
 * @param {import("../shell/i18n.js").Params} params
 * @param {() => void} onClick
 * @param {string} [keys]
 */
function button(key, params, onClick, keys) {
  const name = h("span");
  showText(name, key, params);
  const element = h("button", { type: "button", class: "quiet" }, name);
  if (keys) element.append(" ", h("kbd", { "aria-hidden": "true" }, keys));
  element.addEventListener("click", onClick);
  return element;
}

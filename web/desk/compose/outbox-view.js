/** The list of lines that were sent and are not settled: what each says, what is known of it, and what can be done. */

import { $, h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";
import { keepFocus } from "../shell/keep-focus.js";
import { lineParts } from "./preview.js";
import { dueOf } from "./times.js";

/** @import { Site } from "../shell/types.d.ts" */
/** @import { OutboxLine } from "./outbox-line.js" */

/**
 * @typedef {object} Actions
 * @property {boolean} mayWithdraw
 * @property {(line: OutboxLine) => void} repeat
 * @property {(line: OutboxLine) => void} edit
 * @property {(line: OutboxLine) => void} remove
 * @property {(line: OutboxLine) => void} withdraw
 */
/** @typedef {"repeat" | "edit" | "remove" | "withdraw"} Action */

/** The sentence and the buttons of each state. @type {Record<string, [string, Action[]]>} */
const STATES = {
  waiting: ["outbox.waiting", []],
  sending: ["outbox.sending", []],
  unknown: ["outcome.unknown", ["repeat", "remove"]],
  open: ["outcome.open", ["repeat", "remove"]],
  old: ["outcome.old", ["edit", "remove"]],
  refused: ["outcome.refused", ["edit", "remove"]],
  settled: ["outcome.settled", ["withdraw", "remove"]],
  off: ["outcome.off", ["remove"]],
};
const NAMES = {
  repeat: "outcome.ask",
  edit: "outbox.edit",
  remove: "outbox.remove",
  withdraw: "act.withdraw",
};

/** The elements of each line, which stay the same while it is shown, so that a button keeps the focus. @type {WeakMap<OutboxLine, HTMLElement>} */
const elements = new WeakMap();

/**
 * @param {OutboxLine[]} lines
 * @param {Site} site
 * @param {Actions} actions
 */
export function showOutbox(lines, site, actions) {
  const shown = lines.map((line) => elementOf(line, site, actions));
  const list = $("outbox-lines");
  const kept = [...list.children].filter((child) => shown.includes(/** @type {HTMLLIElement} */ (child)));
  if (kept.length < list.children.length) keepFocus(list, () => list.replaceChildren(...kept), $("line"));
  for (const [index, element] of shown.entries())
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  $("outbox").hidden = lines.length === 0;
}

/**
 * @param {OutboxLine} line
 * @param {Site} site
 * @param {Actions} actions
 */
function elementOf(line, site, actions) {
  const element = elements.get(line) ?? lineElement(line, site);
  elements.set(line, element);
  const { state, detail } = line;
  const shown = `${state} ${JSON.stringify(detail)}`;
  if (element.dataset.shown === shown) return element;
  Object.assign(element.dataset, { state, shown });
  const [sentence, names] = STATES[state] ?? ["", []];
  const message = h("p", { role: "status" });
  if (state === "old" && detail) showText(message, "plain", { value: detail });
  else if (state === "refused" && !detail) showText(message, "outcome.found");
  else if (state === "sending" && dueOf(line.draft)) showText(message, "outcome.scheduling");
  else showText(message, sentence, { detail });
  const buttons = names
    .filter((name) => name !== "withdraw" || actions.mayWithdraw)
    .map((name) => {
      const button = h("button", {
        type: "button",
        class: name === "withdraw" ? "danger" : "quiet",
        "data-action": name,
      });
      showText(button, NAMES[name]);
      button.addEventListener("click", () => actions[name](line));
      return button;
    });
  const parts = [...[...element.children].slice(0, 1), message, h("p", { class: "actions" }, ...buttons)];
  const focused = document.activeElement?.getAttribute("data-action");
  const same = buttons.find((button) => button.dataset.action === focused);
  keepFocus(element, () => element.replaceChildren(...parts), same ?? $("line"));
  return element;
}

/**
 * @param {OutboxLine} line
 * @param {Site} site
 */
function lineElement({ draft }, site) {
  const language = site.editions[draft.edition]?.language ?? "";
  const words = h("p", { class: "line", lang: language, dir: draft.direction }, ...lineParts(draft, site));
  return h("li", {}, words);
}

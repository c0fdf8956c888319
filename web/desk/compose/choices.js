/** The groups of choices of the composer: radios and checkboxes with names in the reader's language. */

import { h } from "../shell/dom.js";
import { say } from "../shell/i18n.js";

/** The four that people choose; 5 to 8 are for feeds. */
export const URGENCIES = [1, 2, 3, 4];

/**
 * Fills `group` with one radio button for each edition.
 * @param {HTMLElement} group
 * @param {import("./line.js").Site["editions"]} editions
 */
export function editionChoices(group, editions) {
  const labels = Object.entries(editions).map(([id, { name, language, direction }]) =>
    h(
      "label",
      {},
      h("input", { type: "radio", name: "edition", value: id, autocomplete: "off" }),
      h("bdi", { lang: language, dir: direction }, name),
    ),
  );
  row(group).replaceChildren(...labels);
}

/** @param {HTMLElement} group */
export function urgencyChoices(group) {
  const labels = URGENCIES.map((urgency) => {
    const name = h("span");
    say(name, `urgency.${urgency}`);
    return h(
      "label",
      { "data-urgency": String(urgency) },
      h("input", { type: "radio", name: "urgency", value: String(urgency), autocomplete: "off" }),
      h("span", { class: "number" }, String(urgency)),
      name,
    );
  });
  row(group).replaceChildren(...labels);
}

/**
 * @param {HTMLElement} group
 * @param {string} kind
 * @param {Record<string, Record<string, string>>} names
 */
export function checkChoices(group, kind, names) {
  group.hidden = Object.keys(names).length === 0;
  const labels = Object.entries(names).map(([id, each]) => {
    const words = h("span");
    say(words, "plain", { value: { names: each } });
    return h(
      "label",
      {},
      h("input", { type: "checkbox", name: kind, value: id, autocomplete: "off" }),
      words,
    );
  });
  row(group).replaceChildren(...labels);
}

/**
 * Fills a select with the roles that a source can have.
 * @param {HTMLSelectElement} select
 * @param {string[]} roles
 */
export function roleChoices(select, roles) {
  const none = h("option", { value: "" });
  say(none, "role.choose");
  const options = roles.map((role) => {
    const option = h("option", { value: role });
    say(option, `role.${role}`);
    return option;
  });
  select.replaceChildren(none, ...options);
}

/**
 * The values chosen in a group.
 * @param {HTMLElement} group
 * @returns {string[]}
 */
export function chosen(group) {
  return inputs(group)
    .filter((input) => input.checked)
    .map((input) => input.value);
}

/**
 * @param {HTMLElement} group
 * @param {string[]} values
 */
export function choose(group, values) {
  for (const input of inputs(group)) input.checked = values.includes(input.value);
}

/**
 * @param {HTMLElement} group
 * @returns {HTMLInputElement[]}
 */
function inputs(group) {
  return [...group.querySelectorAll("input")];
}

/** @param {HTMLElement} group */
function row(group) {
  const found = group.querySelector(".options-row");
  if (!found) throw new Error("a group of choices without its row");
  return found;
}

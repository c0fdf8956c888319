/** The composer's groups of choices: radio buttons and checkboxes with names in the user's language. */

import { h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";
import { URGENCIES, urgencyName } from "../shell/options.js";

/** @import { Edition } from "../shell/types.d.ts" */

/**
 * @param {HTMLElement} group
 * @param {Record<string, Edition>} editions
 */
export function fillEditions(group, editions) {
  const labels = Object.entries(editions).map(([id, { name, language, direction }]) =>
    h("label", {}, input("radio", "edition", id), h("bdi", { lang: language, dir: direction }, name)),
  );
  optionsRow(group).replaceChildren(...labels);
}

/** @param {HTMLElement} group */
export function fillUrgencies(group) {
  const labels = URGENCIES.map((urgency) => {
    const name = h("span");
    showText(name, ...urgencyName(urgency));
    return h(
      "label",
      { "data-urgency": String(urgency) },
      input("radio", "urgency", String(urgency)),
      h("span", { class: "number" }, String(urgency)),
      name,
    );
  });
  optionsRow(group).replaceChildren(...labels);
}

/**
 * @param {HTMLElement} group
 * @param {string} kind
 * @param {Record<string, Record<string, string>>} options names by language, by id
 */
export function fillCheckboxes(group, kind, options) {
  group.hidden = Object.keys(options).length === 0;
  const labels = Object.entries(options).map(([id, names]) => {
    const name = h("span");
    showText(name, "plain", { value: { names } });
    return h("label", {}, input("checkbox", kind, id), name);
  });
  optionsRow(group).replaceChildren(...labels);
}

/**
 * @param {HTMLElement} group
 * @returns {string[]}
 */
export function selectedValues(group) {
  return inputsOf(group)
    .filter(({ checked }) => checked)
    .map(({ value }) => value);
}

/**
 * @param {HTMLElement} group
 * @param {string[]} values
 */
export function selectValues(group, values) {
  for (const element of inputsOf(group)) element.checked = values.includes(element.value);
}

/**
 * @param {string} type
 * @param {string} name
 * @param {string} value
 */
function input(type, name, value) {
  return h("input", { type, name, value, autocomplete: "off" });
}

/**
 * @param {HTMLElement} group
 * @returns {HTMLInputElement[]}
 */
function inputsOf(group) {
  return [...group.querySelectorAll("input")];
}

/** @param {HTMLElement} group */
function optionsRow(group) {
  const row = group.querySelector(".options-row");
  if (!row) throw new Error("a group of choices without its row");
  return row;
}

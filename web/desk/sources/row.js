/** One source in the list. */

import { h } from "../shell/dom.js";
import { currentLanguage, setLabel, showText } from "../shell/i18n.js";
import { sourceName } from "../shell/sources.js";

/** @import { RegisteredSource } from "../shell/types.d.ts" */

/** The source's name in the language of the interface, for a sentence. @param {RegisteredSource} source */
export function namesOf(source) {
  return { names: source.names };
}

/** Whether a source has all of `words` in its names or its id. @param {RegisteredSource} source @param {string} words */
export function matches(source, words) {
  const text = [source.id, ...Object.values(source.names), ...source.aliases].join(" ").toLocaleLowerCase();
  return words
    .toLocaleLowerCase()
    .split(/\s+/u)
    .every((word) => text.includes(word));
}

/**
 * @param {RegisteredSource} source
 * @param {{edit: (source: RegisteredSource) => void, retire: (source: RegisteredSource) => void} | null} actions
 * @param {string} [editedId] the id of the source in the form
 */
export function sourceRow(source, actions, editedId) {
  const { value, language } = sourceName(source, currentLanguage());
  const others = [
    ...Object.entries(source.names).filter(([tag]) => tag !== language),
    ...source.aliases.map((alias) => ["", alias]),
  ];
  const state = [source.retired ? "is-retired" : "", source.id === editedId ? "is-edited" : ""].join(" ");
  return h(
    "li",
    { class: `source-row ${state}`, "data-id": source.id },
    h("bdi", { class: "label", lang: language }, value),
    h("span", { class: "others" }, ...joined(others)),
    h("span", { class: "meta" }, ...meta(source)),
    h("span", { class: "actions" }, ...(actions ? buttons(source, value, actions) : [])),
  );
}

/** The names with a dot between two of them, each in its own bidi isolate. @param {string[][]} names language and name */
function joined(names) {
  return names.flatMap(([tag, name = ""], index) => [
    ...(index ? [" · "] : []),
    h("bdi", { lang: tag || undefined }, name),
  ]);
}

/** @param {RegisteredSource} source */
function meta(source) {
  const role = h("span");
  showText(role, `role.${source.role}`);
  const changed = h("span");
  if (source.changedBy) {
    const time = { moment: source.changed, form: /** @type {const} */ ("day") };
    showText(changed, "source.by", { name: source.changedBy, time });
  } else showText(changed, "source.file");
  const retired = h("span");
  showText(retired, "source.retired");
  return [role, ...(source.retired ? [", ", retired] : []), h("br"), changed];
}

/**
 * @param {RegisteredSource} source
 * @param {string} name
 * @param {{edit: (source: RegisteredSource) => void, retire: (source: RegisteredSource) => void}} actions
 */
function buttons(source, name, { edit, retire }) {
  const change = button(`change-${source.id}`, "source.change", "source.change.label", name, () =>
    edit(source),
  );
  const end = button(
    `retire-${source.id}`,
    source.retired ? "source.back" : "source.retire",
    source.retired ? "source.back.label" : "source.retire.label",
    name,
    () => retire(source),
  );
  return [change, end];
}

/**
 * @param {string} id
 * @param {string} key
 * @param {string} label
 * @param {string} name
 * @param {() => void} act
 */
function button(id, key, label, name, act) {
  const element = h("button", { type: "button", class: "quiet", id });
  showText(element, key);
  setLabel(element, label, { name });
  element.addEventListener("click", act);
  return element;
}

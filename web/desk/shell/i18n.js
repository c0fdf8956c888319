/**
 * The interface in the user's language: sentences, names and times, and changing all of them at once.
 *
 * An element remembers which sentence it shows (`data-t` and its parameters), so a change of language rebuilds no part
 * of the page and touches nothing that was typed.
 */

import { DIRECTIONS, STRINGS } from "../words/strings.js";
import { readStored, writeStored } from "./storage.js";

/**
 * @typedef {string | number | {t: string} | {names: Record<string, string>}} Param
 *   A value, a sentence of the page, or a name by language from the site's configuration.
 * @typedef {Record<string, Param>} Params
 */

const STORED = "flashwire.language";
const CLOCK = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
let language = "en";
/** @type {Intl.NumberFormat} */
let numberFormat;
/** @type {Intl.DateTimeFormat} */
let timeFormat;
/** @type {Intl.DateTimeFormat} */
let dateFormat;

/** The language of the interface: `en`, `es` or `ar`. */
export function currentLanguage() {
  return language;
}

/** Shows the language chosen earlier, or else the browser's first language that the page has. */
export function startLanguage() {
  const tags = [
    readStored("localStorage", STORED),
    ...navigator.languages.map((tag) => tag.split("-", 1)[0]),
  ];
  showLanguage(tags.find((tag) => tag && tag in STRINGS) ?? "en");
}

/**
 * Shows the page in `tag` from now on, also after a reload.
 * @param {string} tag
 */
export function setLanguage(tag) {
  writeStored("localStorage", STORED, tag);
  showLanguage(tag);
}

/** @param {string} tag */
function showLanguage(tag) {
  language = tag;
  numberFormat = new Intl.NumberFormat(tag);
  timeFormat = new Intl.DateTimeFormat(tag, { ...CLOCK, second: "2-digit" });
  dateFormat = new Intl.DateTimeFormat(tag, { ...CLOCK, day: "numeric", month: "short" });
  document.documentElement.lang = tag;
  document.documentElement.dir = DIRECTIONS[tag] ?? "ltr";
  document.title = t("title");
  retranslate(document.body);
}

/**
 * The sentence `key` in the user's language. Text from outside is isolated from the direction of the sentence.
 * @param {string} key
 * @param {Params} [params]
 * @returns {string}
 */
export function t(key, params = {}) {
  const sentence = STRINGS[language]?.[key] ?? STRINGS.en?.[key];
  if (sentence === undefined) throw new Error(`no sentence ${key}`);
  return sentence.replace(/\{(\w+)\}/gu, (blank, name) => {
    const value = params[name];
    return value === undefined ? blank : formatted(value);
  });
}

/** @param {Param} value */
function formatted(value) {
  if (typeof value === "number") return numberFormat.format(value);
  if (typeof value === "string") return `\u2068${value}\u2069`;
  if ("t" in value) return t(value.t);
  return value.names[language] ?? value.names.en ?? Object.values(value.names)[0] ?? "";
}

/**
 * Makes `element` show a sentence, also after a change of language.
 * @param {HTMLElement} element
 * @param {string} key empty: shows nothing
 * @param {Params} [params]
 */
export function showText(element, key, params = {}) {
  if (!key) {
    element.textContent = "";
    delete element.dataset.t;
    return;
  }
  element.dataset.t = key;
  element.dataset.p = JSON.stringify(params);
  const words = t(key, params);
  if (element.textContent !== words) element.textContent = words;
}

/**
 * Gives `element` a name that only assistive technology reads, also after a change of language.
 * @param {HTMLElement} element
 * @param {string} key
 * @param {Params} [params]
 */
export function setLabel(element, key, params = {}) {
  element.dataset.tLabel = key;
  element.dataset.pLabel = JSON.stringify(params);
  element.setAttribute("aria-label", t(key, params));
}

/**
 * Makes `element` show a moment: the time of day, with the date unless it is today.
 * @param {HTMLTimeElement} element
 * @param {number} moment milliseconds since 1970
 */
export function showTime(element, moment) {
  const date = new Date(moment);
  element.dateTime = date.toISOString();
  element.title = date.toISOString();
  const isToday = date.toDateString() === new Date().toDateString();
  element.textContent = (isToday ? timeFormat : dateFormat).format(date);
}

/** @param {ParentNode} root */
export function retranslate(root) {
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-t]")))
    showText(element, element.dataset.t ?? "", JSON.parse(element.dataset.p ?? "{}"));
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-t-label]")))
    setLabel(element, element.dataset.tLabel ?? "", JSON.parse(element.dataset.pLabel ?? "{}"));
  for (const element of /** @type {NodeListOf<HTMLTimeElement>} */ (root.querySelectorAll("time[datetime]")))
    showTime(element, Date.parse(element.dateTime));
}

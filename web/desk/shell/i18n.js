/**
 * The interface in the reader's language: sentences, names and times, and changing all of them at once.
 *
 * An element remembers which sentence it shows (`data-t`, with its parameters), so a change of language needs no
 * part of the page to be built anew, and nothing typed is touched.
 */

import { DIRECTIONS, STRINGS } from "../words/strings.js";

/**
 * @typedef {string | number | {t: string} | {names: Record<string, string>}} Param
 *   A value, a sentence of our own, or a name by language from the site's configuration.
 * @typedef {Record<string, Param>} Params
 */

const KEPT = "flashwire.language";
let language = "en";
/** @type {Intl.NumberFormat} */
let numbers;
/** @type {Intl.DateTimeFormat} */
let clock;
/** @type {Intl.DateTimeFormat} */
let calendar;

/** The language of the interface: `en`, `es` or `ar`. */
export function current() {
  return language;
}

/** Takes the language chosen before, else the browser's first one that is ours, and shows it. */
export function startLanguage() {
  let kept = null;
  try {
    kept = localStorage.getItem(KEPT);
  } catch {
    // A browser that keeps nothing has its own languages still.
  }
  const wanted = [kept, ...navigator.languages.map((tag) => tag.split("-", 1)[0])];
  show(wanted.find((tag) => tag && tag in STRINGS) ?? "en");
}

/**
 * Shows the page in `tag` from now on, also after a reload.
 * @param {string} tag
 */
export function choose(tag) {
  try {
    localStorage.setItem(KEPT, tag);
  } catch {
    // It then lasts as long as the page.
  }
  show(tag);
}

/** @param {string} tag */
function show(tag) {
  language = tag;
  numbers = new Intl.NumberFormat(tag);
  clock = new Intl.DateTimeFormat(tag, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  calendar = new Intl.DateTimeFormat(tag, {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  document.documentElement.lang = tag;
  document.documentElement.dir = DIRECTIONS[tag] ?? "ltr";
  document.title = t("title");
  retranslate(document.body);
}

/**
 * The sentence `key` in the reader's language; text from outside stands in it isolated from its direction.
 * @param {string} key
 * @param {Params} [params]
 * @returns {string}
 */
export function t(key, params = {}) {
  const sentence = STRINGS[language]?.[key] ?? STRINGS.en?.[key];
  if (sentence === undefined) throw new Error(`no sentence ${key}`);
  return sentence.replace(/\{(\w+)\}/gu, (whole, name) => {
    const value = params[name];
    return value === undefined ? whole : spell(value);
  });
}

/** @param {Param} value */
function spell(value) {
  if (typeof value === "number") return numbers.format(value);
  if (typeof value === "string") return `\u2068${value}\u2069`;
  if ("t" in value) return t(value.t);
  return value.names[language] ?? value.names.en ?? Object.values(value.names)[0] ?? "";
}

/**
 * Makes `element` show a sentence, now and after a change of language.
 * @param {HTMLElement} element
 * @param {string} key empty: shows nothing
 * @param {Params} [params]
 */
export function say(element, key, params = {}) {
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
 * The same for a name that only assistive technology reads.
 * @param {HTMLElement} element
 * @param {string} key
 * @param {Params} [params]
 */
export function name(element, key, params = {}) {
  element.dataset.tLabel = key;
  element.dataset.pLabel = JSON.stringify(params);
  element.setAttribute("aria-label", t(key, params));
}

/**
 * Makes `element` show a moment: the time of day, with the date where that is not today.
 * @param {HTMLTimeElement} element
 * @param {number} moment milliseconds since 1970
 */
export function tell(element, moment) {
  const date = new Date(moment);
  element.dateTime = date.toISOString();
  element.title = date.toISOString();
  const today = date.toDateString() === new Date().toDateString();
  element.textContent = (today ? clock : calendar).format(date);
}

/** @param {ParentNode} root */
export function retranslate(root) {
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-t]"))) {
    say(element, element.dataset.t ?? "", JSON.parse(element.dataset.p ?? "{}"));
  }
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-t-label]"))) {
    name(element, element.dataset.tLabel ?? "", JSON.parse(element.dataset.pLabel ?? "{}"));
  }
  for (const element of /** @type {NodeListOf<HTMLTimeElement>} */ (
    root.querySelectorAll("time[datetime]")
  )) {
    tell(element, Date.parse(element.dateTime));
  }
}

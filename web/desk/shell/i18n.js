/**
 * The interface in the user's language: sentences, names and times, and changing all of them at once.
 *
 * An element remembers which sentence it shows (`data-t` and its parameters), so a change of language rebuilds no part
 * of the page and touches nothing that was typed.
 */

import { DIRECTIONS, STRINGS } from "../words/strings.js";
import { readStored, writeStored } from "./storage.js";

/**
 * @typedef {{moment: string | number, zone?: string, form?: "clock" | "day" | "full"}} Moment
 *   RFC 3339, or milliseconds since 1970; with `zone` on other clocks than the browser's.
 * @typedef {string | number | {t: string, p?: Params} | {names: Record<string, string>} | {list: Param[]} | Moment} Param
 *   A value, a sentence of the page, words by language, several of them, or a moment. Each is put into words when it is
 *   shown, so that it changes with the language.
 * @typedef {Record<string, Param>} Params
 */

const STORED = "flashwire.language";
const CLOCK = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const FORMS = /** @type {const} */ ({
  clock: CLOCK,
  day: { dateStyle: "medium" },
  // The month by its name: 11/12 is two days of two months, depending on the reader.
  full: { ...CLOCK, second: "2-digit", day: "numeric", month: "short", year: "numeric" },
  short: { ...CLOCK, day: "numeric", month: "short" },
});
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const LEFT_TO_RIGHT = new RegExp(`(?!${RIGHT_TO_LEFT.source})\\p{L}`, "u");
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
  dateFormat = new Intl.DateTimeFormat(tag, FORMS.short);
  document.documentElement.lang = tag;
  document.documentElement.dir = DIRECTIONS[tag] ?? "ltr";
  const page = document.documentElement.dataset.page ?? "";
  document.title = page in (STRINGS.en ?? {}) ? `${t(page)} · ${t("title")}` : t("title");
  retranslate(document.body);
  document.dispatchEvent(new Event("language-changed"));
}

/**
 * The sentence `key` in the user's language. Text from outside is isolated from the direction of the sentence.
 * @param {string} key
 * @param {Params} [params]
 * @returns {string}
 */
export function t(key, params = {}) {
  const words = STRINGS[language] ?? STRINGS.en ?? {};
  // A rehearsal has other verbs: "Rehearse" where the live desk says "Publish".
  const isRehearsal = document.documentElement.dataset.rehearsal !== undefined;
  const sentence = (isRehearsal ? words[`${key}.rehearsal`] : undefined) ?? words[key];
  if (sentence === undefined) throw new Error(`no sentence ${key}`);
  return sentence.replace(/\{(\w+)\}/gu, (blank, name) => {
    const value = params[name];
    return value === undefined ? blank : phrase(value);
  });
}

/** A value in words, as a sentence contains it. @param {Param} value @returns {string} */
export function phrase(value) {
  if (typeof value === "number") return numberFormat.format(value);
  if (typeof value === "string") return isolated(value);
  if ("t" in value) return t(value.t, value.p);
  if ("list" in value) return value.list.map(phrase).join(t("list"));
  if ("moment" in value) return isolated(momentText(value));
  const words = value.names[language] ?? value.names.en ?? Object.values(value.names)[0] ?? "";
  const hasOther = DIRECTIONS[language] === "rtl" ? LEFT_TO_RIGHT : RIGHT_TO_LEFT;
  return hasOther.test(words) ? isolated(words) : words;
}

/** Several sentences as one value, one after the other. @param {Param[]} sentences */
export function inSentences([first = "", ...others]) {
  return others.reduce((all, next) => ({ t: "sentences", p: { first: all, next } }), first);
}

/** Keeps the direction of a text from outside away from the sentence around it. @param {string} text */
const isolated = (text) => `\u2068${text}\u2069`;

/** @param {Moment} moment */
function momentText({ moment, zone, form }) {
  const date = new Date(moment);
  // Another release, or a person, may have written it.
  if (Number.isNaN(date.getTime())) return String(moment);
  return new Intl.DateTimeFormat(language, { ...FORMS[form ?? "short"], timeZone: zone }).format(date);
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
 * Makes `element` show a message of the page or the desk, also after a change of language.
 * @param {HTMLElement} element
 * @param {Param} message an empty text: shows nothing
 */
export function showMessage(element, message) {
  showText(element, message === "" ? "" : "plain", { value: message });
}

/**
 * Gives `element` a name that only assistive technology reads, also after a change of language.
 * @param {HTMLElement | SVGElement} element
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
 * @param {string} [timeZone] other than the browser's: shows no seconds
 */
export function showTime(element, moment, timeZone) {
  const date = new Date(moment);
  element.dateTime = date.toISOString();
  element.title = date.toISOString();
  const isToday = date.toDateString() === new Date().toDateString();
  if (timeZone)
    element.textContent = momentText({ moment, zone: timeZone, ...(isToday ? { form: "clock" } : {}) });
  else element.textContent = (isToday ? timeFormat : dateFormat).format(date);
}

/** @param {ParentNode} root */
export function retranslate(root) {
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-t]")))
    showText(element, element.dataset.t ?? "", JSON.parse(element.dataset.p ?? "{}"));
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-t-label]")))
    setLabel(element, element.dataset.tLabel ?? "", JSON.parse(element.dataset.pLabel ?? "{}"));
  for (const element of /** @type {NodeListOf<HTMLTimeElement>} */ (
    root.querySelectorAll("time[datetime]:not([data-t])")
  ))
    showTime(element, Date.parse(element.dateTime), element.dataset.zone);
}

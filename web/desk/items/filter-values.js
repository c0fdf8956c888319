/** The values of the list's filters: in the page's address, in the desk's search, and held against an item. */

import { isInState } from "./states.js";

/** @import { Item } from "../shell/types.d.ts" */

/** The names of the filters in the page's address; `from` and `until` are instants. */
export const FILTERS = /** @type {const} */ ([
  "q",
  "edition",
  "urgency",
  "state",
  "own",
  "source",
  "story",
  "from",
  "until",
]);

/** @typedef {Record<typeof FILTERS[number], string>} FilterValues empty: shows all */

/** The statuses of the states that the desk's search knows. @type {Record<string, string>} */
const STATUSES = { usable: "usable", held: "withheld", withdrawn: "canceled" };

/** The forms of an Arabic letter that match each other, as on the desk (`publisher.core.search`). @type {Record<string, string>} */
const FORMS = { أ: "ا", إ: "ا", آ: "ا", ٱ: "ا", ى: "ي", ی: "ي", ئ: "ي", ؤ: "و", ة: "ه", ک: "ك", ـ: "" };

/** A text without case, accents and the forms of letters, as the desk compares it. @param {string} text */
export function fold(text) {
  return [...text.toLowerCase()]
    .map((letter) => FORMS[letter] ?? letter)
    .join("")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "");
}

/** The values in a page's address; a name that is missing shows all. @param {string} search */
export function readAddress(search) {
  const query = new URLSearchParams(search);
  const values = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""]));
  return /** @type {FilterValues} */ (values);
}

/** The part of an address that names the filters that are set; empty if none is. @param {Partial<FilterValues>} values */
export function addressOf(values) {
  const query = new URLSearchParams();
  for (const name of FILTERS) if (values[name]) query.set(name, values[name] ?? "");
  return query.size ? `?${query}` : "";
}

/**
 * What the desk's search is asked for; null if the page's own list is enough.
 * @param {FilterValues} values
 * @param {string} owner the name of the person signed in
 * @returns {Record<string, string> | null}
 */
export function searchQuery({ q, edition, urgency, state, own, source, story, from, until }, owner) {
  if (![q.trim(), source.trim(), story, from, until].some(Boolean)) return null;
  const by = own ? owner : "";
  const query = { q, edition, urgency, status: STATUSES[state] ?? "", source, story, from, until, by };
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value));
}

/**
 * Whether an item matches everything but the words and who stored it.
 * @param {Item} item
 * @param {FilterValues} values
 */
export function matches(item, { edition, urgency, state, source, story, from, until }) {
  const created = Date.parse(item.firstCreated);
  return (
    (!edition || item.edition === edition) &&
    (!urgency || String(item.urgency) === urgency) &&
    (!state || isInState(item, state)) &&
    (!source.trim() || hasSource(item, fold(source.trim()))) &&
    (!story || item.story?.id === story) &&
    (!from || created >= Date.parse(from)) &&
    (!until || created < Date.parse(until))
  );
}

/** @param {Item} item @param {string} wanted folded: a part of a source's name, or its id */
function hasSource({ infoSources }, wanted) {
  return infoSources.some(({ name, uri }) => fold(name.value).includes(wanted) || fold(uri ?? "") === wanted);
}

/** Whether every one of the folded words is in the line, a source or the note. @param {Item} item @param {string[]} words */
export function hasWords({ headline, infoSources, note }, words) {
  const texts = [headline, note, ...infoSources.map(({ name }) => name)];
  const line = fold(texts.map((text) => text?.value).join(" "));
  return words.every((word) => line.includes(word));
}

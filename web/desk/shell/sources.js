/** The site's registered sources: finding one by name, and naming it in a language. */

/** @import { Site, Source, Sources } from "./types.d.ts" */

/**
 * The id of the registered source called `name`: an id, an alias, or a label in any language, whatever its case; or null.
 * @param {Sources} sources
 * @param {string} name
 */
export function findSource(sources, name) {
  const folded = fold(name);
  const entry = Object.entries(sources).find(([id, source]) =>
    [id, ...searchNames(source)].some((label) => fold(label) === folded),
  );
  return entry ? entry[0] : null;
}

/**
 * A source's label in `language`, else by its primary subtag, else in English, else the first one.
 * @param {Source} source
 * @param {string} language
 * @returns {{value: string, language: string}}
 */
export function sourceName(source, language) {
  const primary = language.split("-", 1)[0] ?? "";
  const tags = [language, primary, "en", ...Object.keys(source.names)];
  const tag = tags.find((candidate) => Object.hasOwn(source.names, candidate)) ?? "en";
  return { value: source.names[tag] ?? "", language: tag };
}

/**
 * The attribution of a line: a registered source by its label in the edition's language, any other one as typed.
 * @param {string} source
 * @param {string} language
 * @param {Site} site
 * @returns {{value: string, language: string}}
 */
export function attribution(source, language, site) {
  const id = findSource(site.sources, source);
  const registered = id ? site.sources[id] : undefined;
  return registered ? sourceName(registered, language) : { value: source, language };
}

/**
 * The registered sources that a beginning may mean: first those that begin with it, then those with a word that does.
 * @param {Sources} sources
 * @param {string} beginning
 * @param {string} language of the labels
 * @returns {{id: string, label: string, role: string}[]}
 */
export function matchingSources(sources, beginning, language) {
  const prefix = fold(beginning);
  /** @param {Source} source */
  const rank = (source) => {
    const labels = searchNames(source).map(fold);
    if (labels.some((label) => label.startsWith(prefix))) return 0;
    return labels.some((label) => label.split(/\s+/u).some((word) => word.startsWith(prefix))) ? 1 : 2;
  };
  return Object.entries(sources)
    .map(([id, source]) => ({
      id,
      label: sourceName(source, language).value,
      role: source.role,
      rank: rank(source),
    }))
    .filter((match) => match.rank < 2)
    .sort((a, b) => a.rank - b.rank)
    .map(({ id, label, role }) => ({ id, label, role }));
}

/** Every name by which a source is found. @param {Source} source */
function searchNames({ names, aliases = [] }) {
  return [...Object.values(names), ...aliases];
}

/**
 * As Python's `str.casefold`, which the desk uses: \u00df is ss, a final sigma is a sigma, a dotless \u0131 is no i.
 * @param {string} text
 */
function fold(text) {
  // Letter by letter: toLowerCase of a whole word would choose the form of a sigma by its position.
  const letters = [...text.trim().normalize("NFC")].map((letter) =>
    letter === "\u0131" ? letter : letter.toLowerCase().toUpperCase().toLowerCase(),
  );
  return letters.join("");
}

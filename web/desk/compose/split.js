/**
 * "Source: text" taken apart as publisher/core/split.py does; tests/split_examples.json holds both to it.
 * It knows the site's registry of sources and nothing of the page.
 */

/** The longest source, in code points (ticker/contract/text.py). */
export const SOURCE_LIMIT = 120;

/**
 * @typedef {{role: string, names: Record<string, string>}} Source
 * @typedef {Record<string, Source>} Sources
 * @typedef {{source: string | null, text: string, id: string | null}} Split
 */

const SEPARATOR = /[:\uff1a\ufe55\ufe13]/gu;

/**
 * Who says so, and what; `source` is null where the line names nobody, `id` is the registry's if it knows the source.
 * A registered label wins where several colons could separate, the longest of several registered ones.
 * @param {string} line
 * @param {Sources} sources
 * @returns {Split}
 */
export function split(line, sources) {
  /** @type {Split | null} */
  let first = null;
  /** @type {Split | null} */
  let registered = null;
  for (const { index } of line.matchAll(SEPARATOR)) {
    if (betweenDigits(line, index) || inAddress(line, index)) continue;
    const source = line.slice(0, index).trim();
    const text = line.slice(index + 1).trim();
    if ([...source].length > SOURCE_LIMIT) break;
    if (!source || !text) continue;
    const found = { source, text, id: findSource(sources, source) };
    if (found.id) registered = found;
    first ??= found;
  }
  return registered ?? first ?? { source: null, text: line.trim(), id: null };
}

/**
 * The source of a line that says nothing yet ("Agency:"), so that the page can name it before the first word.
 * @param {string} line
 * @param {Sources} sources
 * @returns {Split}
 */
export function splitAsTyped(line, sources) {
  const found = split(line, sources);
  if (found.source !== null) return found;
  const pending = split(`${line}\u2026`, sources);
  return pending.text === "\u2026" ? { ...pending, text: "" } : found;
}

/**
 * @param {string} line
 * @param {number} index
 */
function betweenDigits(line, index) {
  return /\p{Nd}$/u.test(line.slice(0, index)) && /^\p{Nd}/u.test(line.slice(index + 1));
}

/**
 * @param {string} line
 * @param {number} index
 */
function inAddress(line, index) {
  if (line.startsWith("://", index)) return true;
  const start = Math.max(line.lastIndexOf(" ", index), line.lastIndexOf("\u00a0", index)) + 1;
  return line.slice(start, index).includes("://");
}

/**
 * The id of the registered source called `name`: an id, or a label in any language, whatever its case; or null.
 * @param {Sources} sources
 * @param {string} name
 */
export function findSource(sources, name) {
  const folded = fold(name);
  const found = Object.entries(sources).find(([id, source]) =>
    [id, ...Object.values(source.names)].some((known) => fold(known) === folded),
  );
  return found ? found[0] : null;
}

/**
 * A source's label in `language`, also by its primary subtag, else in English, else whichever comes first.
 * @param {Source} source
 * @param {string} language
 * @returns {{value: string, language: string}}
 */
export function sourceName(source, language) {
  const primary = language.split("-", 1)[0] ?? "";
  const known = [language, primary, "en", ...Object.keys(source.names)];
  const tag = known.find((each) => Object.hasOwn(source.names, each)) ?? "en";
  return { value: source.names[tag] ?? "", language: tag };
}

/**
 * The registered sources that a beginning could mean, best first: those that begin with it, then those that hold it.
 * @param {Record<string, Source>} sources
 * @param {string} beginning
 * @param {string} language the edition's, whose labels are offered
 * @returns {{id: string, label: string, role: string}[]}
 */
export function suggest(sources, beginning, language) {
  const asked = fold(beginning);
  /** @param {Source} source */
  const rank = (source) => {
    const labels = Object.values(source.names).map(fold);
    if (labels.some((label) => label.startsWith(asked))) return 0;
    return labels.some((label) => label.split(/\s+/u).some((word) => word.startsWith(asked))) ? 1 : 2;
  };
  return Object.entries(sources)
    .map(([id, source]) => ({
      id,
      label: sourceName(source, language).value,
      role: source.role,
      rank: rank(source),
    }))
    .filter((each) => each.rank < 2)
    .sort((a, b) => a.rank - b.rank)
    .map(({ id, label, role }) => ({ id, label, role }));
}

/**
 * As Python's str.casefold, which the desk uses: \u00df is ss, a final sigma is a sigma, a dotless \u0131 is no i.
 * @param {string} text
 */
function fold(text) {
  // Letter by letter: toLowerCase alone looks at the place of a sigma in its word.
  const folded = [...text.trim().normalize("NFC")].map((letter) =>
    letter === "\u0131" ? letter : letter.toLowerCase().toUpperCase().toLowerCase(),
  );
  return folded.join("");
}

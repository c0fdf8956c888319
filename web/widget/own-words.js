/** The page's own words in place of the widget's: a part that only those pages load. */

/** @import { BreakingTicker } from "./element.js" */
/** @import { Words } from "./strings.js" */

/**
 * The tag if dates and numbers can be written for it: a page may have `lang=""` or "en_US".
 * @param {string | undefined} tag
 */
function usable(tag) {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {}
}

/** The words that the page gives as a property, or as JSON inside the element. @param {BreakingTicker} element */
function ownWords(element) {
  try {
    return (
      element.words ?? JSON.parse(element.querySelector("script[type='application/json']")?.textContent ?? "")
    );
  } catch {}
}

/**
 * The words of the widget with those of the page.
 * @param {BreakingTicker} element @param {Words} words @param {string} tag the language of the element
 * @returns {Words}
 */
export function merged(element, words, tag) {
  const own = ownWords(element);
  if (!own) return words;
  // Not the widget's word in another language than the rest.
  const latest = own.latest ?? own.breaking ?? words.latest;
  return { ...words, ...own, latest, lang: usable(own.lang) || usable(tag) || words.lang };
}

/** The editions that a person or a token may use, by their names. */

/**
 * For a sentence.
 * @param {string[] | null} editions null: all
 * @param {import("../shell/types.d.ts").Site} site
 * @returns {import("../shell/i18n.js").Param}
 */
export function editionList(editions, site) {
  if (!editions) return { t: "account.all" };
  // The site may no longer have an edition that was given once.
  return { list: editions.map((id) => site.editions[id]?.name ?? id) };
}

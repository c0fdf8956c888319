/** Whether an item is what was asked for: a version that left the filter is sent to those who saw it before. */

/** @import { Item } from "./types.d.ts" */

/**
 * The filter of a request, judged as the node judges it: several values of one name are alternatives.
 * @param {URLSearchParams} query
 * @returns {(item: Item) => boolean}
 */
export function filter(query) {
  /** @param {string} name @param {string | string[]} values */
  const has = (name, values) =>
    !query.has(name) || [values].flat().some((value) => query.getAll(name).includes(value));
  return (item) =>
    // Where none is given that is NaN, and nothing is above it.
    !(item.urgency > Number(query.getAll("urgency").at(-1))) &&
    has("edition", item.edition) &&
    has("section", item.sections) &&
    has("place", item.places);
}

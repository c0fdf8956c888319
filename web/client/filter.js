/** Whether an item matches a subscription: a node also sends versions that have left the filter. */

/** @import { Item } from "./types.d.ts" */

/**
 * The filter of a request, with the node's rules: several values of one name are alternatives.
 * @param {URLSearchParams} query
 * @returns {(item: Item) => boolean}
 */
export function filter(query) {
  /** @param {string} name @param {string | string[]} values */
  const has = (name, values) =>
    !query.has(name) || [values].flat().some((value) => query.getAll(name).includes(value));
  return (item) =>
    // Without a parameter the number is NaN, and no urgency is above it.
    !(item.urgency > Number(query.getAll("urgency").at(-1))) &&
    has("edition", item.edition) &&
    has("section", item.sections) &&
    has("place", item.places) &&
    has("story", item.story?.id ?? "");
}

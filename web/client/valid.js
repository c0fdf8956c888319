/** Which items a client can show: a proxy or a later release may send anything. */

/**
 * Whether an item has what every reader needs; tombstones have no text.
 * @param {any} item
 */
export const isValid = (item) =>
  typeof item?.uri === "string" &&
  item.version > 0 &&
  (item.pubStatus !== "usable" ||
    (item.headline?.value && item.infoSources?.every?.((/** @type {any} */ source) => source?.name)));

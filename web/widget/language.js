/** The language that an element is in. */

/**
 * Its own, or that of the nearest element around it, also outside the shadow trees that it is in; else empty.
 * @param {Element} element
 * @returns {string}
 */
export function languageOf(element) {
  let node = /** @type {any} */ (element);
  while (node && !node.lang) node = node.parentNode ?? node.host;
  return node?.lang ?? "";
}

/** What a ticker scrolls in: the window, and a panel of the page. */

/**
 * Where the part of the window begins that the element is seen in, in pixels.
 * @param {Element} element
 */
export function topOf(element) {
  let top = 0;
  // Through shadow trees too: the panel may be one of a component.
  for (
    let node = /** @type {any} */ (element);
    node;
    node = node.assignedSlot ?? node.parentNode ?? node.host
  )
    if (node.scrollTop > 0) top = Math.max(top, node.getBoundingClientRect().top);
  return top;
}

/** Whether a reader is further down than the head of a list: in the window, in a panel, or in the page around a frame. */

/** @import { Frame } from "./frame.js" */

/**
 * Where the part of the window begins that the element is seen in, in pixels.
 * @param {Element} element
 */
function topOf(element) {
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

/** @param {Frame} frame @returns {() => boolean} whether a new row would move what the reader looks at */
export function furtherDown({ root, list, shadow }) {
  const head = /** @type {HTMLElement} */ (root.firstElementChild);
  /** Only the browser knows it where the page around a frame is of another site. @type {Map<Element, boolean>} */
  const seen = new Map();
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) seen.set(target, isIntersecting);
  });
  observer.observe(head);
  observer.observe(list);
  return () =>
    root.getBoundingClientRect().top < topOf(shadow.host) ||
    // A page may hide the head.
    (head.offsetHeight > 0 && seen.get(head) === false && seen.get(list) === true);
}

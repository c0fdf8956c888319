/** Keeps the focus through a change that builds the ticker again: a page may change its label or language at any time. */

/** @import { Frame } from "./frame.js" */
/** @typedef {{ part: string, uri: string }} Place `uri` is of the item in whose row it is, or empty */

/** Where the focus was in what is now built again. @type {WeakMap<ShadowRoot, Place>} */
const places = new WeakMap();

/** A button that is pressed has one more class. @param {Element} node */
const partOf = (node) => node.className.replace(" on", "");

/** @param {Frame} frame @param {HTMLElement} spare what gets the focus where its place is gone */
export function keepFocus(frame, spare) {
  const { root, rows, shadow } = frame;
  /** @param {Event} event */
  const keep = ({ target }) => {
    const node = /** @type {Element} */ (target);
    places.set(shadow, {
      part: partOf(node),
      uri: [...rows].find(([, { li }]) => li.contains(node))?.[0] ?? "",
    });
  };
  root.addEventListener("focusin", keep);
  // In a microtask, because what is built again is not in the page any more by then.
  root.addEventListener("focusout", () =>
    queueMicrotask(() => {
      const isBuiltAgain = !root.isConnected && shadow.host.isConnected;
      if (!isBuiltAgain && !root.contains(shadow.activeElement)) places.delete(shadow);
    }),
  );
  /** To be called after a rendering. */
  return () => {
    const place = places.get(shadow);
    const { activeElement, body } = root.ownerDocument;
    if (!place || shadow.activeElement || (activeElement && activeElement !== body)) return;
    places.delete(shadow);
    /** @type {NodeListOf<HTMLElement>} */
    const nodes = (rows.get(place.uri)?.li ?? root).querySelectorAll("a, button");
    const same = [...nodes].find((node) => partOf(node) === place.part && node.checkVisibility());
    (same ?? spare).focus({ preventScroll: true });
  };
}

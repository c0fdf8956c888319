/** The bar below the composer grows with what it says: what readers will see stays in sight above it. */

import { $ } from "../shell/dom.js";

/** In CSS pixels. */
const GAP = 8;

export function keepPreviewInSight() {
  const bar = /** @type {HTMLElement} */ (document.querySelector(".send"));
  const pane = /** @type {HTMLElement} */ (document.querySelector(".composer"));
  new ResizeObserver(() => {
    pane.style.scrollPaddingBlockEnd = `${bar.offsetHeight + GAP}px`;
    const covered = $("preview").getBoundingClientRect().bottom + GAP - bar.getBoundingClientRect().top;
    if (covered > 0) pane.scrollTop += covered;
  }).observe(bar);
}

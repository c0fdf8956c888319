/** The bar with the Publish button grows with its messages; the preview above it stays visible. */

import { $ } from "../shell/dom.js";

/** In CSS pixels. */
const GAP = 8;

export function keepPreviewVisible() {
  const bar = /** @type {HTMLElement} */ (document.querySelector(".send"));
  const pane = /** @type {HTMLElement} */ (document.querySelector(".composer"));
  new ResizeObserver(() => {
    pane.style.scrollPaddingBlockEnd = `${bar.offsetHeight + GAP}px`;
    const covered = $("preview").getBoundingClientRect().bottom + GAP - bar.getBoundingClientRect().top;
    if (covered > 0) pane.scrollTop += covered;
  }).observe(bar);
}

/**
 * Keeps what is around a list or a card where it is, and lets the rows of it move without a jump.
 *
 * 1. The height is that of the first list or of as many rows as may show, and changes only with the width, the font size or an act of the reader.
 * 2. Rows that do not fit as a whole are hidden; the button for older items counts them.
 * 3. A row that has another place starts at its old one and moves there. For browsers a transform is no layout shift.
 */

import { moveFrom } from "./move.js";

/** @import { Frame } from "./frame.js" */

/** In em: a row of one line, what the headline of a card has more, and the button below a list. */
const ROW_HEIGHT = 4;
const HEADLINE_HEIGHT = 5;
const BUTTON_HEIGHT = 2.4;

/**
 * @param {Frame} frame @param {() => void} onFit to be called when another number of rows is hidden
 * @param {() => void} onResize when sizes have changed
 */
export function steady(frame, onFit, onResize) {
  const { root, list, rows, options } = frame;
  const body = /** @type {HTMLElement} */ (list.parentElement);
  const view = /** @type {Window} */ (root.ownerDocument.defaultView);
  /** The width that the height is for; 0 before the first list. */
  let width = 0;
  /** Whether there is a list. A page may show it later, as in a panel that is closed. */
  let isListed = false;
  let hidden = 0;
  /** By uri, in the window. @type {Map<string, DOMRect>} */
  let places = new Map();

  /** Where the room for rows ends, in pixels from its start. */
  const end = () =>
    view.getComputedStyle(list).maxBlockSize === "none"
      ? body.clientHeight -
        parseFloat(view.getComputedStyle(body).paddingBlockEnd) -
        (body.querySelector(".messages > div")?.clientHeight ?? 0)
      : Infinity;
  const fit = () => {
    const size = parseFloat(view.getComputedStyle(root).fontSize);
    const isFirst = width !== root.clientWidth;
    width = root.clientWidth;
    const isScroller = view.getComputedStyle(list).maxBlockSize !== "none";
    list.style.overflow = isScroller ? "" : "clip";
    if (isFirst) {
      body.style.blockSize = "";
      const least = options.show * ROW_HEIGHT + (options.layout ? HEADLINE_HEIGHT : BUTTON_HEIGHT);
      body.style.blockSize = `${Math.max((body.offsetHeight + 1) / size, isScroller ? 0 : least)}em`;
    }
    const limit = end();
    const before = hidden;
    hidden = 0;
    for (const li of /** @type {Iterable<HTMLElement>} */ (list.children)) {
      const isCut = !isScroller && li !== list.firstChild && li.offsetTop + li.offsetHeight > limit + 2;
      li.classList.toggle("cut", isCut);
      hidden += +isCut;
    }
    if (hidden !== before) onFit();
  };
  const hasRows = !["line", "crawl"].includes(options.layout);
  const check = () => {
    if (isListed && root.clientWidth) fit();
    onResize();
  };
  // The texts grow with the page's typeface, which may come after the list.
  const observer = new ResizeObserver(check);
  observer.observe(root);
  observer.observe(list);

  return {
    /** How many rows do not fit. */
    hidden: () => hidden,

    /** Takes another height with the next rendering. */
    reset() {
      width = 0;
    },

    check,

    end,

    /** To be called before the rows change. */
    before() {
      if (!hasRows) return;
      places = new Map([...rows].map(([uri, { li }]) => [uri, li.getBoundingClientRect()]));
    },

    /** To be called after the rows have changed. @param {boolean | undefined} hasList */
    after(hasList) {
      if (!hasRows) return;
      isListed = Boolean(hasList);
      if (isListed && root.clientWidth) fit();
      for (const [uri, { li }] of rows) moveFrom(li, places.get(uri));
    },
  };
}

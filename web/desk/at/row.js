/** One line as readers had it, and what has become of it since then. */

import { itemLineParts } from "../items/item-line.js";
import { edgeParts, noteParts } from "../items/row-parts.js";
import { h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";

/** @import { Item } from "../shell/types.d.ts" */

/**
 * @param {Item} item as it was
 * @param {Item | undefined} newest as it is now
 * @param {number} moment milliseconds since 1970
 */
export function rowOf(item, newest, moment) {
  const isPinned = Date.parse(item.pinnedUntil ?? "") > moment;
  const edge = h("p", { class: "at-edge" }, ...edgeParts(item));
  if (isPinned) edge.append(" ", sentence("badge", "at.pinned"));
  if (newest && newest.version > item.version) edge.append(" ", since(newest));
  const { language, direction } = item.headline;
  const line = h("p", { class: "line", lang: language, dir: direction }, ...itemLineParts(item));
  const notes = noteParts(item);
  const row = h("li", { class: "at-row", "data-urgency": String(item.urgency) }, edge, line);
  if (notes.length) row.append(h("p", { class: "note" }, ...notes));
  return row;
}

/** @param {Item} newest */
function since(newest) {
  const badge = sentence("badge state", "at.since", { act: { t: `done.${newest.act}` } });
  badge.dataset.act = newest.act;
  return badge;
}

/** @param {string} className @param {string} key @param {import("../shell/i18n.js").Params} [params] */
function sentence(className, key, params = {}) {
  const element = h("span", { class: className });
  showText(element, key, params);
  return element;
}

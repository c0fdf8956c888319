/** What differs between two versions besides the words, one sentence for each field. */

import { h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";

/** @import { Item, Site } from "../shell/types.d.ts" */

const FIELDS = /** @type {const} */ ([
  "urgency",
  "sections",
  "places",
  "link",
  "expires",
  "pinnedUntil",
  "story",
]);

/**
 * The sentences, each with a separator before it.
 * @param {Item} before
 * @param {Item} after
 * @param {Site} [site] gives the names of sections and places
 * @returns {(Node | string)[]}
 */
export function changedFields(before, after, site) {
  return FIELDS.flatMap((field) => {
    const [old, fresh] = [before, after].map((item) => plain(item, field, site));
    if (JSON.stringify(old) === JSON.stringify(fresh)) return [];
    const name = h("span");
    showText(name, `history.${field}`, { old: old ?? "", fresh: fresh ?? "" });
    return [" · ", name];
  });
}

/**
 * @param {Item} item
 * @param {typeof FIELDS[number]} field
 * @param {Site | undefined} site
 * @returns {import("../shell/i18n.js").Param}
 */
function plain(item, field, site) {
  if (field === "story") return storyTitle(item) || "–";
  const value = item[field];
  if (field === "sections" || field === "places") {
    const names = item[field].map((id) => (site?.[field][id] ? { names: site[field][id] } : id));
    return names.length ? { list: names } : "–";
  }
  if (field === "expires" || field === "pinnedUntil") return value ? { moment: String(value) } : "–";
  return String(value ?? "") || "–";
}

/** The title; a request has it as it is typed. @param {Item} item */
function storyTitle({ story }) {
  const title = /** @type {string | {value: string} | undefined} */ (story?.title);
  return typeof title === "string" ? title : title?.value;
}

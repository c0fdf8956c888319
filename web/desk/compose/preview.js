/** Shows a draft as the audience will read it, its attribution, and how long it is. */

import { $, h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";
import { attribution } from "../shell/sources.js";
import { graphemeCount, lengthLevel, TV } from "./meter.js";
import { splitAsTyped } from "./split.js";

/** @import { Draft, Site } from "../shell/types.d.ts" */

/** The number of characters that fills the ruler. */
const RULER = 150;

/**
 * Source and text, each in its own bidi isolate; the colon belongs to neither.
 * @param {Draft} draft
 * @param {Site} site
 * @returns {Node[]}
 */
export function lineParts(draft, site) {
  const { source, text } = splitAsTyped(draft.line, site.sources);
  const language = site.editions[draft.edition]?.language ?? draft.edition;
  const textPart = h("bdi", { class: "text", lang: language, dir: draft.direction }, text);
  if (source === null) return [textPart];
  const name = attribution(source, language, site);
  return [h("bdi", { class: "source", lang: name.language }, name.value), h("span", {}, ": "), textPart];
}

/**
 * @param {Draft} draft
 * @param {Site} site
 */
export function showPreview(draft, site) {
  const { source, text, id } = splitAsTyped(draft.line, site.sources);
  const edition = site.editions[draft.edition];
  const preview = $("preview");
  const isEmpty = !text && source === null;
  preview.dir = draft.direction;
  preview.lang = edition?.language ?? draft.edition;
  preview.classList.toggle("empty", !text);
  showText(preview, isEmpty ? "preview.empty" : "");
  if (!isEmpty) preview.replaceChildren(...lineParts(draft, site));
  showText($("direction"), draft.direction === "rtl" ? "direction.rtl" : "direction.ltr");
  showAttribution(source, id, draft, site);
  showLength(text, isEmpty ? "" : (preview.textContent ?? ""));
  showText($("publish-summary"), "publish.what", {
    edition: edition?.name ?? draft.edition,
    urgency: { t: `urgency.${draft.urgency}` },
  });
  $("publish").dataset.urgency = String(draft.urgency);
}

/**
 * @param {string | null} source
 * @param {string | null} id
 * @param {Draft} draft
 * @param {Site} site
 */
function showAttribution(source, id, draft, site) {
  const element = $("attribution");
  const needsRole = source !== null && id === null;
  $("role-field").hidden = !needsRole;
  if (source === null) {
    element.dataset.kind = "none";
    return showText(element, "split.none");
  }
  const role = id ? (site.sources[id]?.role ?? "") : draft.role;
  element.dataset.kind = id ? "known" : role ? "unknown" : "ask";
  showText(element, `split.${element.dataset.kind}`, { role: { t: `role.${role}` } });
  if (needsRole) showText($("role-label"), "split.role", { source });
}

/**
 * @param {string} text
 * @param {string} line source, colon and text
 */
function showLength(text, line) {
  const count = graphemeCount(text);
  const level = lengthLevel(count);
  const width = Math.min(100, (count / RULER) * 100);
  $("meter").dataset.level = level;
  $("meter").querySelector(".fill").setAttribute("width", `${width}%`);
  showText($("meter-text"), `meter.${level}`, { count });
  showText($("meter-tv"), count > TV ? "meter.tv.over" : "meter.tv.fits", { count: count - TV });
  showText($("meter-line"), "meter.line", { count: graphemeCount(line) });
}

/** Shows a draft as each channel shows it, and how long it is. */

import { $, h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";
import { attribution } from "../shell/sources.js";
import { cutText, graphemeCount, LIMITS, LOCK_SCREEN, LONGEST, lengthLevel, TV } from "./meter.js";
import { splitAsTyped } from "./split.js";
import { dueOf } from "./times.js";

/** @import { Draft, Site } from "../shell/types.d.ts" */

/** The number of characters that fills the ruler. */
const RULER = 150;

/**
 * Source and text, each in its own bidi isolate; the colon belongs to neither.
 * @param {Draft} draft
 * @param {Site} site
 * @param {number} [limit] the text is cut there
 * @returns {Node[]}
 */
export function lineParts(draft, site, limit = Number.POSITIVE_INFINITY) {
  const { source, text } = splitAsTyped(draft.line, site.sources);
  const language = site.editions[draft.edition]?.language ?? draft.edition;
  const textPart = h("bdi", { class: "text", lang: language, dir: draft.direction }, cutText(text, limit));
  if (source === null) return [textPart];
  const name = attribution(source, language, site);
  return [h("bdi", { class: "source", lang: name.language }, name.value), h("span", {}, ": "), textPart];
}

/**
 * @param {Draft} draft
 * @param {Site} site
 */
export function showPreview(draft, site) {
  const { source, text } = splitAsTyped(draft.line, site.sources);
  const edition = site.editions[draft.edition];
  const isEmpty = !text && source === null;
  $("preview-empty").hidden = !isEmpty;
  $("channels").hidden = isEmpty;
  const line = lineParts(draft, site);
  showChannel("preview", line, draft, site);
  showChannel("preview-ticker", lineParts(draft, site, TV), draft, site);
  showChannel("preview-lock", lockScreenParts(draft, site), draft, site);
  showText($("direction"), draft.direction === "rtl" ? "direction.rtl" : "direction.ltr");
  showLength(text, line.map(({ textContent }) => textContent).join(""));
  const due = dueOf(draft);
  showText($("publish-summary"), due ? "publish.when" : "publish.what", {
    time: due ? { moment: due } : "",
    edition: edition?.name ?? draft.edition,
    urgency: { t: `urgency.${draft.urgency}` },
  });
  $("publish").dataset.urgency = String(draft.urgency);
}

/**
 * @param {string} id
 * @param {Node[]} parts
 * @param {Draft} draft
 * @param {Site} site
 */
function showChannel(id, parts, draft, site) {
  const element = $(id);
  element.dir = draft.direction;
  element.lang = site.editions[draft.edition]?.language ?? draft.edition;
  element.replaceChildren(...parts);
}

/**
 * A notification has the source as its title, and below it as much of the text as a locked phone shows.
 * @param {Draft} draft
 * @param {Site} site
 */
function lockScreenParts(draft, site) {
  const parts = lineParts(draft, site, LOCK_SCREEN);
  const text = parts.at(-1) ?? "";
  const title = parts.length > 1 ? parts.slice(0, 1) : [];
  return [h("span", { class: "title" }, ...title), h("span", { class: "body" }, text)];
}

/**
 * @param {string} text
 * @param {string} line source, colon and text
 */
function showLength(text, line) {
  const count = graphemeCount(text);
  const width = Math.min(100, (count / RULER) * 100);
  $("meter").dataset.level = lengthLevel(count);
  $("meter").querySelector(".fill").setAttribute("width", `${width}%`);
  showText($("meter-text"), "meter.count", { count, line: graphemeCount(line) });
  $("limits").replaceChildren(...LIMITS.map((limit) => limitElement(limit, count)));
}

/**
 * What a limit is called, and whether the text keeps it.
 * @param {number} limit
 * @param {number} count
 */
function limitElement(limit, count) {
  const name = h("span");
  showText(name, `meter.limit.${limit}`);
  const state = h("span", { class: "state" });
  if (count > limit) showText(state, "meter.over", { count: count - limit });
  else showText(state, "meter.fits");
  const level = count <= limit ? "good" : limit === LONGEST ? "cut" : "long";
  return h(
    "li",
    { "data-limit": String(limit), "data-level": level },
    h("b", {}, String(limit)),
    name,
    state,
  );
}

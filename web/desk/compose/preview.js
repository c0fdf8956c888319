/** A draft as the audience will read it, who is said to say it, and how long it is; it only shows. */

import { $, h } from "../shell/dom.js";
import { say } from "../shell/i18n.js";
import { attribution } from "./line.js";
import { graphemes, level, TV } from "./meter.js";
import { splitAsTyped } from "./split.js";

/** The characters at which the ruler ends; what is longer fills it. */
const RULER = 150;

/** @typedef {import("./draft.js").Draft} Draft */
/** @typedef {import("./line.js").Site} Site */

/**
 * Source and text, each in its own bidi isolate; the colon belongs to neither.
 * @param {Draft} draft
 * @param {Site} site
 * @returns {Node[]}
 */
export function parts(draft, site) {
  const { source, text } = splitAsTyped(draft.line, site.sources);
  const language = site.editions[draft.edition]?.language ?? draft.edition;
  const what = h("bdi", { class: "text", lang: language, dir: draft.direction }, text);
  if (source === null) return [what];
  const said = attribution(source, language, site);
  return [h("bdi", { class: "source", lang: said.language }, said.value), h("span", {}, ": "), what];
}

/**
 * Shows `draft` in the composer's preview, chip and meter.
 * @param {Draft} draft
 * @param {Site} site
 */
export function showDraft(draft, site) {
  const { source, text, id } = splitAsTyped(draft.line, site.sources);
  const edition = site.editions[draft.edition];
  const preview = $("preview");
  preview.dir = draft.direction;
  preview.lang = edition?.language ?? draft.edition;
  preview.classList.toggle("empty", !text);
  if (text || source !== null) say(preview, "");
  if (text || source !== null) preview.replaceChildren(...parts(draft, site));
  else say(preview, "preview.empty");
  say($("direction"), draft.direction === "rtl" ? "direction.rtl" : "direction.ltr");
  chip(source, id, draft, site);
  measure(text, preview.dataset.t ? "" : (preview.textContent ?? ""));
  say($("publish-what"), "publish.what", {
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
function chip(source, id, draft, site) {
  const shown = $("chip");
  const asked = source !== null && id === null;
  $("role-field").hidden = !asked;
  if (source === null) {
    shown.dataset.kind = "none";
    return say(shown, "split.none");
  }
  const role = id ? (site.sources[id]?.role ?? "") : draft.role;
  shown.dataset.kind = id ? "known" : role ? "unknown" : "ask";
  say(shown, `split.${shown.dataset.kind}`, { role: { t: `role.${role}` } });
  if (asked) say($("role-label"), "split.role", { source });
}

/**
 * @param {string} text
 * @param {string} whole
 */
function measure(text, whole) {
  const count = graphemes(text);
  $("meter").dataset.level = level(count);
  $("meter")
    .querySelector(".fill")
    .setAttribute("width", `${Math.min(100, (count / RULER) * 100)}%`);
  say($("meter-text"), `meter.${level(count)}`, { count });
  say($("meter-tv"), count > TV ? "meter.tv.over" : "meter.tv.fits", { count: count - TV });
  say($("meter-line"), "meter.line", { count: graphemes(whole) });
}

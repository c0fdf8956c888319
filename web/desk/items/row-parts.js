/** What a row says about its item: urgency, time, edition, names, state, notes and speed. */

import { h } from "../shell/dom.js";
import { editionTime, timeFact } from "../shell/edition-time.js";
import { showText, showTime } from "../shell/i18n.js";
import { urgencyName } from "../shell/options.js";

/** @import { Byline, Item, Text, Timing } from "../shell/types.d.ts" */
/** @import { Params } from "../shell/i18n.js" */

/**
 * The urgency, as a number and a name, and the time of the first version.
 * @param {Item} item
 * @returns {Node[]}
 */
export function edgeParts({ urgency, firstCreated }) {
  const number = h("span", { class: "number", "aria-hidden": "true" }, String(urgency));
  const mark = h("span", { class: "urgency" }, number, sentence("badge", ...urgencyName(urgency)));
  return [mark, time(firstCreated)];
}

/**
 * @param {Item} item
 * @param {{name: string, timezone?: string}} edition
 * @returns {Node[]}
 */
export function stateParts(item, { name, timezone }) {
  const { version, act, unreadable, shownVersion = 0 } = item;
  const parts = [h("bdi", { class: "edition" }, name), ...editionTime(item.firstCreated, timezone)];
  if (unreadable)
    return [...parts, sentence("badge state", "item.unreadable", { version, shown: shownVersion })];
  parts.push(...timesAhead(item, timezone));
  if (version === 1 && act === "publish") return parts;
  const state = sentence("badge state", `done.${act}`);
  state.dataset.act = act;
  const history = h("button", { type: "button", class: "version", "aria-keyshortcuts": "V" });
  showText(history, "item.version", { version });
  return [...parts, state, history, time(item.versionCreated)];
}

/** Until when it is pinned and when it expires, if that is still to come. @param {Item} item @param {string | undefined} zone */
function timesAhead({ pubStatus, expires, pinnedUntil }, zone) {
  if (pubStatus === "canceled") return [];
  /** @type {[string, string | null][]} */
  const times = [
    ["item.pinned", pinnedUntil],
    ["item.expires", expires],
  ];
  return times.flatMap(([key, time]) =>
    time && Date.parse(time) > Date.now() ? [timeFact("ahead", key, time, zone)] : [],
  );
}

/**
 * Who published the item, and who changed it last.
 * @param {Byline[]} bylines the oldest version first
 * @returns {Node[]}
 */
export function bylineParts(bylines) {
  const [first] = bylines;
  const last = bylines.at(-1);
  if (!first || !last) return [];
  return [first, ...(last === first ? [] : [last])].map(({ act, by }) => sentence("", `by.${act}`, { by }));
}

/**
 * The note of this version, and the newest correction if that was an earlier version.
 * @param {Item} item
 * @returns {(Node | string)[]}
 */
export function noteParts({ note, version, corrections }) {
  const last = corrections?.at(-1);
  const correction =
    last && last.version !== version
      ? [...textParts("item.corrected", last.note), " · ", time(last.versionCreated)]
      : [];
  const parts = note ? textParts("item.note", note) : [];
  return parts.length && correction.length ? [...parts, " · ", ...correction] : [...parts, ...correction];
}

/**
 * How long after Publish the ticker showed this version, if this page sent it.
 * @param {Item} item
 * @param {Timing} timing
 * @returns {(Node | string)[]}
 */
export function timingParts({ pubStatus }, { acknowledged, sent, onAir }) {
  if (acknowledged === undefined) return [];
  const air = h("span", { class: "on-air" });
  if (onAir === undefined || sent === undefined) showText(air, pubStatus === "usable" ? "item.waiting" : "");
  // A repeat after a lost answer meets the published line: then the time is not known.
  else showText(air, onAir < sent ? "item.already" : "item.onair", { ms: Math.round(onAir - sent) });
  return [air];
}

/**
 * @param {string} className
 * @param {string} key
 * @param {Params} [params]
 */
function sentence(className, key, params) {
  const element = h("span", className ? { class: className } : {});
  showText(element, key, params);
  return element;
}

/** @param {string} key @param {Text} text @returns {(Node | string)[]} */
function textParts(key, { value, language, direction }) {
  const label = h("span");
  showText(label, key);
  return [label, " ", h("bdi", { lang: language, dir: direction }, value)];
}

/** @param {string} moment RFC 3339 */
function time(moment) {
  const element = h("time");
  showTime(element, Date.parse(moment));
  return element;
}

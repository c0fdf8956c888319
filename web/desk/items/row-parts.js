/** What a row says about its item: its state, its notes, and how fast it reached the audience. */

import { h } from "../shell/dom.js";
import { showText, showTime } from "../shell/i18n.js";
import { urgencyName } from "../shell/options.js";

/** @import { Item, Text, Timing } from "../shell/types.d.ts" */
/** @import { Params } from "../shell/i18n.js" */

/**
 * @param {Item} item
 * @param {string} editionName
 * @returns {Node[]}
 */
export function metaParts(item, editionName) {
  const { version, act, unreadable, shownVersion = 0 } = item;
  const parts = [
    sentence("badge urgency", ...urgencyName(item.urgency)),
    h("bdi", { class: "edition" }, editionName),
    time(item.versionCreated),
  ];
  if (unreadable)
    return [...parts, sentence("badge state", "item.unreadable", { version, shown: shownVersion })];
  if (version === 1 && act === "publish") return parts;
  const state = sentence("badge state", `done.${act}`);
  state.dataset.act = act;
  return [...parts, state, sentence("version", "item.version", { version })];
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
 * When the desk acknowledged this version, and how long after Publish the ticker showed it.
 * @param {Item} item
 * @param {Timing} timing
 * @returns {(Node | string)[]}
 */
export function timingParts({ pubStatus }, { acknowledged, sent, onAir }) {
  if (acknowledged === undefined) return [];
  const moment = h("time");
  showTime(moment, acknowledged);
  const air = h("span", { class: "on-air" });
  if (onAir === undefined || sent === undefined) showText(air, pubStatus === "usable" ? "item.waiting" : "");
  // A repeat after a lost answer meets the published line: then the time is not known.
  else showText(air, onAir < sent ? "item.already" : "item.onair", { ms: Math.round(onAir - sent) });
  return [sentence("acknowledged", "item.acknowledged"), " ", moment, " · ", air];
}

/**
 * @param {string} className
 * @param {string} key
 * @param {Params} [params]
 */
function sentence(className, key, params) {
  const element = h("span", { class: className });
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

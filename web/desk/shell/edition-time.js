/** The time in the zone of an edition, which a row shows next to the browser's where the two differ. */

import { h } from "./dom.js";
import { showText, showTime } from "./i18n.js";
import { isZone, ownZone, placeOf, wallTime } from "./zones.js";

/** Whether the clocks of a zone show another time than the browser's. @param {string} moment RFC 3339 @param {string | undefined} zone */
function differs(moment, zone) {
  const instant = Date.parse(moment);
  return isZone(zone) && wallTime(instant, zone ?? "") !== wallTime(instant, ownZone());
}

/**
 * A moment for a sentence: on the browser's clock, and on that of the edition where it differs.
 * @param {string} moment RFC 3339
 * @param {string | undefined} zone of the edition
 * @returns {import("./i18n.js").Param}
 */
export function bothTimes(moment, zone) {
  if (!zone || !differs(moment, zone)) return { moment };
  return { t: "zone.both", p: { own: { moment }, other: { moment, zone }, place: placeOf(zone) } };
}

/**
 * Nothing where the clocks of both zones show the same.
 * @param {string} moment RFC 3339
 * @param {string | undefined} zone of the edition
 * @returns {HTMLElement[]}
 */
export function editionTime(moment, zone) {
  if (!zone || !differs(moment, zone)) return [];
  const time = h("time", { "data-zone": zone });
  showTime(time, Date.parse(moment), zone);
  return [h("span", { class: "zone-time" }, time, " ", h("bdi", { lang: "en" }, placeOf(zone)))];
}

/**
 * A named time on the browser's clock, and on the edition's where it differs.
 * @param {string} className
 * @param {string} key of the name; empty: none
 * @param {string} moment RFC 3339
 * @param {string | undefined} zone of the edition
 */
export function timeFact(className, key, moment, zone) {
  const name = h("span");
  showText(name, key);
  const time = h("time");
  showTime(time, Date.parse(moment));
  const other = editionTime(moment, zone).flatMap((part) => [" (", part, ")"]);
  return h("span", { class: className }, ...(key ? [name, " "] : []), time, ...other);
}

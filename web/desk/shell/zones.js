/**
 * Wall clocks of time zones: what a clock in a zone shows at an instant, and the instants at which it shows a time.
 *
 * When clocks go forward an hour does not exist, and when they go back one comes twice; then a person must decide.
 */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A time with its offset, in all forms that the desk takes (publisher/core/fields.py). */
const INSTANT = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?(Z|[+-]\d\d:?\d\d)$/iu;
/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** Whether a value names an instant, and is no time on a clock. @param {string} value */
export function isInstant(value) {
  return !Number.isNaN(momentOf(value));
}

/** The instant that a value names, in milliseconds since 1970; NaN if it names none. @param {string} value */
export function momentOf(value) {
  const [, day, minute, second = "00", fraction = "", offset = ""] = INSTANT.exec(value) ?? [];
  if (!day) return Number.NaN;
  const isLeap = second === "60";
  const [time, milliseconds] = [
    `${day}T${minute}:${isLeap ? "59" : second}`,
    fraction.padEnd(3, "0").slice(0, 3),
  ];
  const zone = offset.toUpperCase().replace(/(\d\d)(\d\d)$/u, "$1:$2");
  return Date.parse(`${time}.${milliseconds}${zone}`) + (isLeap ? 1000 : 0);
}

/** An instant as the API has it. @param {number} instant */
export function instantText(instant) {
  return new Date(instant).toISOString().replace(".000Z", "Z");
}

/** The zone of this browser. */
export function ownZone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Whether this browser knows a zone. @param {string | undefined} zone a name of the IANA time zone database */
export function isZone(zone) {
  if (!zone) return false;
  try {
    return Boolean(formatOf(zone));
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/**
 * What a clock in `zone` shows, as the value of a field for local times.
 * @param {number} instant milliseconds since 1970
 * @param {string} zone
 */
export function wallTime(instant, zone) {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  );
  return `${parts.year?.padStart(4, "0")}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

/**
 * The instants at which a clock in `zone` shows `wall`: none if the hour does not exist, two if it comes twice.
 * @param {string} wall the value of a field for local times
 * @param {string} zone
 * @returns {number[]} the earlier one first
 */
export function instantsOf(wall, zone) {
  const minute = wall.slice(0, 16);
  const utc = Date.parse(`${minute}Z`);
  if (Number.isNaN(utc)) return [];
  const instants = [utc - DAY_MS, utc + DAY_MS].map((near) => utc - offsetOf(near, zone));
  return [...new Set(instants)].filter((instant) => wallTime(instant, zone) === minute).sort((a, b) => a - b);
}

/** How far a zone is from UTC at an instant, such as `UTC+03:00`. @param {number} instant @param {string} zone */
export function offsetName(instant, zone) {
  const minutes = Math.round(offsetOf(instant, zone) / MINUTE_MS);
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const [hour, minute] = [hours, rest].map((number) => String(number).padStart(2, "0"));
  return `UTC${minutes < 0 ? "-" : "+"}${hour}:${minute}`;
}

/** The place that a zone is named after. @param {string} zone */
export function placeOf(zone) {
  return zone.split("/").at(-1)?.replaceAll("_", " ") ?? zone;
}

/** @param {number} instant @param {string} zone in milliseconds */
function offsetOf(instant, zone) {
  const minute = Math.floor(instant / MINUTE_MS) * MINUTE_MS;
  return Date.parse(`${wallTime(minute, zone)}Z`) - minute;
}

/** @param {string} zone */
function formatOf(zone) {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA-u-ca-gregory-nu-latn", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    formats.set(zone, format);
  }
  return format;
}

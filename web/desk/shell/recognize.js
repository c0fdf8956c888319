/** Whether an item on the stream is the result of a request that was sent. */

/** @import { ActBody, InfoSource, Item } from "./types.d.ts" */

/**
 * The text as the desk stores it.
 * @param {string} text
 */
const stored = (text) => text.trim().normalize("NFC");

/**
 * Whether `item` is the published form of a line.
 * @param {Item} item
 * @param {{text: string, source: string, edition: string}} line
 * @param {string | null} after `firstCreated` of the newest item that the page knew when the line was sent; null if it
 *   knew no list, so that an older line with the same words cannot be told apart
 */
export function isPublishedLine(item, line, after) {
  return (
    item.version === 1 &&
    item.edition === line.edition &&
    after !== null &&
    item.firstCreated > after &&
    item.headline?.value === stored(line.text) &&
    item.infoSources[0]?.name.value === stored(line.source)
  );
}

/**
 * Whether `item` is the result of an act on `version`.
 * @param {Item} item
 * @param {number} version
 * @param {ActBody} body
 */
export function isActResult(item, version, body) {
  return (
    item.version === version + 1 &&
    item.act === body.act &&
    (body.note === undefined || item.note?.value === stored(body.note)) &&
    (body.urgency === undefined || item.urgency === body.urgency) &&
    // A withdrawn or held version comes without its words.
    (body.headline === undefined || !item.headline || item.headline.value === stored(body.headline)) &&
    (body.infoSources === undefined ||
      !item.headline ||
      isSource(item.infoSources[0], body.infoSources[0])) &&
    (!item.headline || hasFields(item, body))
  );
}

/** Whether `item` has what `body` changed besides the line. @param {Item} item @param {ActBody} body */
function hasFields(item, { sections, places, link, expires, pinnedUntil, story }) {
  /** @param {string | null | undefined} time */
  const at = (time) => Date.parse(time ?? "") || 0;
  return (
    (sections === undefined || String(item.sections) === String(sections)) &&
    (places === undefined || String(item.places) === String(places)) &&
    (link === undefined || item.link === link) &&
    (expires === undefined || at(item.expires) === at(expires)) &&
    (pinnedUntil === undefined || at(item.pinnedUntil) === at(pinnedUntil)) &&
    (story === undefined || item.story?.title.value === (story ? stored(story.title) : undefined))
  );
}

/**
 * @param {InfoSource | undefined} source
 * @param {{uri?: string, name?: string}} sent
 */
function isSource(source, sent) {
  return sent.uri ? source?.uri === sent.uri : source?.name.value === stored(sent.name ?? "");
}

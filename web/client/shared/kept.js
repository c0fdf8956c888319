/**
 * The last list of an address, which a browser keeps for the next visit: it shows what was current then, until the first
 * message comes. It is never a position to resume from, so a line that was withdrawn since goes with the first message.
 */

import { isValid } from "../valid.js";

/** @import { Item, Message } from "../types.d.ts" */
/**
 * @typedef {{ time: number, offset: number, paint?: number | undefined, items: Item[] }} List `time` by this machine's
 *   clock, and `offset` is what the server's is ahead of it, in milliseconds
 */

const PREFIX = "breaking-ticker list ";
const MINUTES = 60;
const LISTS = 5;
const ITEMS = 20;
const SAVE_INTERVAL = 10_000;
/** What a date can hold (ECMA-262, 21.4.1.1), less the time since 1970. */
const LAST_MOMENT = 8e15;
/** A type of its own: JSON in the element has the page's own words. */
const DATA = "script[type='application/vnd.flashwire+json']";
/** Any other parameter may be a secret, or what it gives. */
const PUBLIC = ["edition", "section", "place", "story", "urgency", "backlog"];

/** False for a time to come too: this machine's clock was ahead. @param {number} time @param {number} minutes */
const isRecent = (time, minutes) => Math.abs(Date.now() - time) < minutes * 60_000;

/**
 * Whether it is a list: another release, or a script of the page, may have written anything.
 * @param {List | undefined} list @returns {list is List}
 */
const isList = (list) =>
  Array.isArray(list?.items) &&
  Number.isFinite(list.time) &&
  Number.isFinite(list.offset) &&
  Math.abs(list.time + list.offset) < LAST_MOMENT;

/** @param {Storage} storage */
function removeOld(storage) {
  const names = Object.keys(storage).filter((name) => name.startsWith(PREFIX));
  /** @param {string} name */
  const time = (name) => Number.parseInt(storage[name].split(":")[1], 10) || 0;
  const recent = names.filter((name) => isRecent(time(name), MINUTES));
  const kept = recent.sort((a, b) => time(b) - time(a)).slice(0, LISTS);
  for (const name of names) if (!kept.includes(name)) storage.removeItem(name);
}

export class Kept {
  #name;
  #isPublic;
  /** How long a list is kept; the least of what the page's tickers allow. */
  #minutes = MINUTES;
  #savedAt = 0;

  /** @param {URL} url with the filters */
  constructor(url) {
    this.#name = PREFIX + url.href;
    this.#isPublic = [...url.searchParams.keys()].every((name) => PUBLIC.includes(name));
  }

  /** Keeps lists no longer than this; 0 removes what is kept. @param {string | null} minutes */
  limit(minutes) {
    if (minutes !== null) this.#minutes = Math.min(this.#minutes, Number(minutes) || 0);
    if (!this.#isPublic) this.#minutes = 0;
    if (this.#minutes <= 0) this.#use((storage) => storage.removeItem(this.#name));
  }

  /** A browser may refuse a page its storage, or have no more room. @param {(storage: Storage) => void} act */
  #use(act) {
    try {
      act(localStorage);
    } catch {}
  }

  /**
   * Keeps the list as it is now.
   * @param {() => Message} snapshot
   * @param {boolean} isUrgent because a line has left it; others wait for some seconds
   */
  save(snapshot, isUrgent) {
    const now = Date.now();
    if (this.#minutes <= 0 || (!isUrgent && now - this.#savedAt < SAVE_INTERVAL)) return;
    this.#savedAt = now;
    const { paint, time, items } = snapshot();
    const offset = Date.parse(`${time}`) - now;
    this.#use((storage) => {
      // First, so that a list that finds no room leaves no older one behind.
      storage.removeItem(this.#name);
      storage[this.#name] = JSON.stringify({ time: now, offset, paint, items: items?.slice(0, ITEMS) });
      removeOld(storage);
    });
  }

  /** What is kept, unless it is too old. @returns {List | undefined} */
  list() {
    /** @type {List | undefined} */
    let list;
    this.#use((storage) => {
      list = JSON.parse(storage.getItem(this.#name) ?? "null");
    });
    if (isList(list) && isRecent(list.time, this.#minutes)) return list;
  }
}

/**
 * The list that the server put into the page, for the element and as JSON.
 * @param {Element} element @returns {List | undefined}
 */
function renderedList(element) {
  try {
    const { time, items, paint } = JSON.parse(element.querySelector(DATA)?.textContent ?? "null");
    const list = { time: Date.parse(time), offset: 0, paint, items };
    if (isList(list)) return list;
  } catch {}
}

/**
 * The messages that show the newest list that needs no request: the first says when it was current, the second has the
 * list, and the time of now, by which items expire.
 * @param {Kept} kept @param {Element | undefined} element if the list in it is of this address
 * @returns {Message[]} empty if there is no list
 */
export function firstPaint(kept, element) {
  const children = [...(element?.children ?? [])];
  const rendered = element && renderedList(element);
  // A list without its JSON shows as it is.
  if (!rendered && children.some(({ localName }) => localName !== "script")) return [];
  const [newest] = [rendered, kept.list()].flatMap((list) => list ?? []).sort((a, b) => b.time - a.time);
  if (!newest) return [];
  const { time, offset, paint, items } = newest;
  /** @param {number} moment */
  const written = (moment) => new Date(moment + offset).toISOString();
  return [
    { type: "heartbeat", time: written(time), stale: false },
    {
      type: "snapshot",
      time: written(Date.now()),
      items: items.filter(isValid),
      complete: true,
      ...(paint && { paint }),
    },
  ];
}

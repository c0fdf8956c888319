/**
 * One request that changes what readers see, repeated under its one key until its outcome is known. It has three
 * outcomes: done, refused, and not known yet. It knows nothing of the page.
 *
 * 1. Without a readable answer the outcome is unknown, and only the same request under the same key may be sent again:
 *    the desk answers a repeat with what the first one did (docs/protocol.md, Publishing).
 * 2. A refusal says nothing about an earlier request, except where the desk looked for that one first.
 * 3. Repeats stop after `REPEAT_MS`, or before the desk forgets the key, so that a line does not go on air by itself long
 *    after Publish. From then on a person asks, or the ticker's stream shows it.
 */

import { LostError, RefusedError } from "./api.js";

/** How long after the first request the page repeats it by itself, in milliseconds. */
export const REPEAT_MS = 300_000;
const HOUR = 3_600_000;
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15_000;
/** The last 4xx of HTTP (451); what proxies use above it (499) says that one side went away. */
const LAST_REFUSAL = 451;

/** Problems that the desk reports only after it has looked for an earlier request under the same key, or that make it impossible. */
const DECIDED = new Set([
  "invalid",
  "stale",
  "withdrawn",
  "hold-not-usable",
  "release-not-held",
  "publish-again",
  "unreadable",
  "key-reused",
  "no-item",
]);

/**
 * How long the desk surely knows a key, in milliseconds.
 * @param {import("../compose/line.js").Site} site
 */
export function keyMs(site) {
  return 0.9 * HOUR * (site.limits?.idempotencyHours ?? 24);
}

/**
 * Whether nothing was written, for sure.
 * @param {unknown} error
 * @param {boolean} unknownBefore an earlier request under this key has no known outcome
 */
export function isRefusal(error, unknownBefore) {
  if (!(error instanceof RefusedError)) return false;
  if (unknownBefore) return DECIDED.has(error.kind);
  // The desk reads its own file and the whole request before it writes to the stream.
  if (error.kind === "desk-file" || error.kind === "too-slow") return true;
  // Any other 408 comes from a proxy that may have passed the request on.
  return error.status <= LAST_REFUSAL && error.status !== 408;
}

/**
 * Whether the desk says that the request was carried out before, and that it cannot read any more what it answered.
 * @param {unknown} error
 */
export function wasDone(error) {
  return error instanceof RefusedError && error.kind === "answer-unreadable";
}

/** @typedef {import("../items/items.js").Item} Item */
/**
 * @typedef {object} Options
 * @property {() => Promise<{item: Item, warnings?: import("./api.js").Warning[]}>} ask sends the request; the same one each time
 * @property {() => Promise<boolean>} isOwner whether the session is still of the person who sent the first request
 * @property {number} sent when the first request was sent, by `Date.now()`
 * @property {number} [keyMs] how long the desk surely knows the key
 * @property {boolean} [resumed] the first request was sent by an earlier page, and its outcome is unknown
 * @property {(repeating: boolean) => void} onUnknown called whenever the outcome is still unknown
 * @property {() => void} onExpired the session has ended: nothing is asked until `again`
 */
/** @typedef {{item: Item, warnings: import("./api.js").Warning[], wasUnknown: boolean}} Done */

export class Attempt {
  #options;
  #unknown;
  #asking = false;
  #over = false;
  #failures = 0;
  /** What the ticker showed before the answer came. @type {Item | null} */
  #sighting = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {(done: Done) => void} */
  #resolve = () => {};
  /** @type {(error: unknown) => void} */
  #reject = () => {};
  /** Resolves once the request is done, rejects with the `RefusedError` once it is refused, or done and unreadable. @type {Promise<Done>} */
  outcome;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    this.#unknown = options.resumed ?? false;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (!this.#unknown) this.#ask();
    else if (this.#repeating()) this.again();
    else options.onUnknown(false);
  }

  /** Whether the outcome is unknown; false while the first request is on its way, and after the end. */
  get unknown() {
    return this.#unknown && !this.#over;
  }

  /** Asks now if the page may still repeat the request by itself. */
  repeat() {
    if (this.#repeating()) this.again();
  }

  /** Asks now, under the same key, because a person wants to know. */
  again() {
    if (this.#over || this.#asking || !this.#unknown) return;
    clearTimeout(this.#timer);
    this.#options.onUnknown(this.#repeating());
    this.#ask();
  }

  /** The ticker or the desk's list shows what was asked for: it is done. @param {Item} item */
  seen(item) {
    this.#sighting = item;
    // The desk's answer says more, and is usually on its way.
    if (this.#unknown) this.#done(item);
  }

  /** Nobody waits for the outcome any more. */
  stop() {
    this.#end();
  }

  /**
   * @param {Item} item
   * @param {import("./api.js").Warning[]} [warnings]
   */
  #done(item, warnings = []) {
    this.#end();
    this.#resolve({ item, warnings, wasUnknown: this.#unknown });
  }

  #end() {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  #repeating() {
    return Date.now() - this.#options.sent < Math.min(REPEAT_MS, this.#options.keyMs ?? REPEAT_MS);
  }

  async #ask() {
    this.#asking = true;
    try {
      // The key belongs to the person: under another's session the same request would be a new one.
      if (this.#unknown && !(await this.#options.isOwner())) return this.#expired();
      const { item, warnings = [] } = await this.#options.ask();
      if (!this.#over) this.#done(item, warnings);
    } catch (error) {
      if (!this.#over) this.#failed(error);
    } finally {
      this.#asking = false;
    }
  }

  /** @param {unknown} error */
  #failed(error) {
    const isKnownKind = error instanceof RefusedError || error instanceof LostError;
    // What the ticker shows was done, whatever a proxy answers then.
    // A desk that has forgotten the key finds its own act in the way, and says that somebody was faster.
    const isForgotten = this.#unknown && Date.now() - this.#options.sent > (this.#options.keyMs ?? Infinity);
    const isSettled = this.#sighting
      ? isRefusal(error, true)
      : wasDone(error) || (!isForgotten && isRefusal(error, this.#unknown));
    if (!isKnownKind || isSettled) {
      this.#end();
      this.#reject(error);
      return;
    }
    if (this.#sighting) return this.#done(this.#sighting);
    this.#unknown = true;
    if (error instanceof RefusedError && error.status === 401) return this.#expired();
    this.#options.onUnknown(this.#repeating());
    if (!this.#repeating()) return;
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures++);
    const wait = Math.max(
      longest * (0.5 + Math.random() / 2),
      error instanceof RefusedError ? error.wait : 0,
    );
    this.#timer = setTimeout(() => this.again(), wait);
  }

  #expired() {
    if (this.#over) return;
    this.#options.onUnknown(false);
    this.#options.onExpired();
  }
}

/**
 * The text as the desk stores it, for comparing what was sent with what is on air.
 * @param {string} text
 */
const stored = (text) => text.trim().normalize("NFC");

/**
 * Whether `item` is what a line that was sent became.
 * @param {Item} item
 * @param {{text: string, source: string, edition: string}} line
 * @param {string | null} after `firstCreated` of the newest item that was known when the line was sent; null where no list
 *   had come, so that an older line with the same words cannot be told from it
 */
export function isLine(item, line, after) {
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
 * Whether `item` is what an act on `version` became.
 * @param {Item} item
 * @param {number} version
 * @param {Record<string, any>} body
 */
export function isAct(item, version, body) {
  return (
    item.version === version + 1 &&
    item.act === body.act &&
    (body.note === undefined || item.note?.value === stored(body.note)) &&
    (body.urgency === undefined || item.urgency === body.urgency) &&
    // A redacted version says nothing about its words.
    (body.headline === undefined || !item.headline || item.headline.value === stored(body.headline)) &&
    (body.infoSources === undefined || !item.headline || isSource(item.infoSources[0], body.infoSources[0]))
  );
}

/**
 * @param {import("../items/items.js").InfoSource | undefined} source
 * @param {{uri?: string, name?: string}} sent
 */
function isSource(source, sent) {
  return sent.uri ? source?.uri === sent.uri : source?.name.value === stored(sent.name ?? "");
}

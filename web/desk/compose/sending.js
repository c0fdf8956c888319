/**
 * The composer's line from Publish until its outcome is known: the fields are locked, and the page says what is known.
 */

import { Attempt, isLine, keyMs } from "../shell/attempt.js";
import { $ } from "../shell/dom.js";
import { say } from "../shell/i18n.js";
import { attribution, bodyOf } from "./line.js";
import { splitAsTyped } from "./split.js";

/** What must not change while the outcome of the line is unknown. */
const LOCKED = ["edition", "urgency", "sections", "places", "role", "direction"];

/** @typedef {import("../items/items.js").Item} Item */
/** @typedef {import("./draft.js").Draft} Draft */
/**
 * @typedef {object} Page What the composer needs of the page.
 * @property {(item: Item, sent: number | undefined) => void} published
 * @property {() => void} expired
 * @property {() => string | null} newest `firstCreated` of the newest item on the board, "" where it is empty, null before a
 *   list has come
 * @property {(uri: string) => Promise<Item | undefined>} current the newest version that the desk has now
 * @property {(uri: string) => void} withdraw opens the form that withdraws an item
 * @property {() => Promise<boolean>} isOwner whether the session is still of who is signed in here
 */

/**
 * Says what became of the line.
 * @param {string} key
 * @param {import("../shell/i18n.js").Params} [params]
 * @param {string} [retry] what the button says that sends the line again; none without it
 */
export function showOutcome(key, params = {}, retry = "") {
  $("take-back").hidden = true;
  $("retry").hidden = !retry;
  if (retry) say($("retry"), retry);
  say($("outcome"), key, params);
  $("outcome").dataset.kind = key;
}

export class Sending {
  #site;
  #desk;
  #page;
  /** @type {Attempt | null} */
  #attempt = null;
  /** @type {Draft | null} */
  #draft = null;
  /** Keys of lines that were cleared before their outcome was known, by what was sent: sent again, they are no second line. */
  #cleared = new Map();

  /**
   * @param {import("./line.js").Site} site
   * @param {import("../shell/api.js").Desk} desk
   * @param {Page} page
   */
  constructor(site, desk, page) {
    this.#site = site;
    this.#desk = desk;
    this.#page = page;
  }

  /** Whether a line was sent and its outcome is not known. */
  get isPending() {
    return this.#attempt !== null;
  }

  /** Whether the first answer did not come, or said nothing. */
  get isUnknown() {
    return this.#attempt?.unknown ?? false;
  }

  /**
   * Sends `draft`, or goes on with what an earlier page has sent of it; resolves once it is published, rejects once it
   * is refused, and stays open as long as nobody knows.
   * @param {Draft} draft
   * @param {boolean} resumed
   * @param {() => void} keep called once the draft holds its request, before that is sent
   */
  async publish(draft, resumed, keep) {
    const body = draft.pending?.body ?? bodyOf(draft, this.#site);
    draft.key = this.#cleared.get(JSON.stringify(body)) ?? draft.key;
    draft.pending ??= { body, sent: Date.now(), after: this.#page.newest() };
    keep();
    showOutcome("outcome.sending");
    lock(true);
    this.#draft = draft;
    this.#attempt = new Attempt({
      ask: () => this.#desk.publish(body, draft.key),
      isOwner: this.#page.isOwner,
      sent: draft.pending.sent,
      keyMs: keyMs(this.#site),
      resumed,
      onUnknown: (repeating) =>
        showOutcome(repeating ? "outcome.unknown" : "outcome.open", {}, "outcome.ask"),
      onExpired: this.#page.expired,
    });
    try {
      return await this.#attempt.outcome;
    } finally {
      draft.pending = null;
      this.release();
    }
  }

  /** Asks now, because a person wants to know. */
  again() {
    this.#attempt?.again();
  }

  /** Asks now if the page may still repeat the request by itself. */
  repeat() {
    this.#attempt?.repeat();
  }

  /** The ticker or the desk's list has this item. @param {Item} item */
  seen(item) {
    const pending = this.#draft?.pending;
    if (!pending || !this.#attempt) return;
    const { source, text } = splitAsTyped(pending.body.text, this.#site.sources);
    const language = this.#site.editions[pending.body.edition]?.language ?? "";
    const label = attribution(source ?? "", language, this.#site).value;
    if (isLine(item, { text, source: label, edition: pending.body.edition }, pending.after))
      this.#attempt.seen(item);
  }

  /** Whether the desk may have forgotten the key, so that a repeat could be a second line. @param {Draft} draft */
  isTooOld(draft) {
    return Date.now() - (draft.pending?.sent ?? 0) > keyMs(this.#site);
  }

  /** The editor clears the line without knowing what became of it. @param {Draft} draft */
  clear(draft) {
    if (draft.pending) this.#cleared.set(JSON.stringify(draft.pending.body), draft.key);
    this.release();
  }

  /** Another person's keys are no use to the next one. */
  forget() {
    this.#cleared.clear();
    this.release();
  }

  /** Asks no more, and makes the fields free. */
  release() {
    this.#attempt?.stop();
    this.#attempt = null;
    lock(false);
  }
}

/** @param {boolean} locked */
function lock(locked) {
  // Publish asks again then, as the button below says; it must not look as if it sent another line.
  $("publish").toggleAttribute("data-waiting", locked);
  $("line").readOnly = locked;
  $("link").readOnly = locked;
  for (const id of LOCKED) $(id).disabled = locked;
}

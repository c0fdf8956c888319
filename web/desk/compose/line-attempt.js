/** Publishing one line: the fields are locked until its outcome is known, and the page says what is known. */

import { Attempt } from "../shell/attempt.js";
import { isPublishedLine } from "../shell/recognize.js";
import { attribution } from "../shell/sources.js";
import { publishBody } from "./line.js";
import { showOutcome } from "./outcome.js";
import { splitAsTyped } from "./split.js";

/** @import { Draft, Item, Session, Site } from "../shell/types.d.ts" */

export class LineAttempt extends Attempt {
  #site;
  #api;
  #keyMs;
  #lock;
  /** @type {Draft | null} */
  #draft = null;
  /**
   * The keys of lines that were cleared before their outcome was known, by what was sent: sent again, such a line is
   * not published twice.
   * @type {Map<string, string>}
   */
  #clearedKeys = new Map();

  /**
   * @param {Site} site
   * @param {import("../shell/api.js").DeskApi} api
   * @param {Session} session
   * @param {(isLocked: boolean) => void} lock locks the fields
   */
  constructor(site, api, session, lock) {
    super(session, (repeating) =>
      showOutcome(repeating ? "outcome.unknown" : "outcome.open", {}, "outcome.ask"),
    );
    this.#site = site;
    this.#api = api;
    this.#keyMs = session.keyMs;
    this.#lock = lock;
  }

  /**
   * Publishes `draft`, or asks for the outcome of what an earlier page sent of it.
   * @param {Draft} draft holds the request until its outcome is known
   * @param {{resumed: boolean, after: string | null, store: () => void}} options `after`: `firstCreated` of the newest
   *   item that the page knows, null if it knows no list; `store` stores the draft
   */
  publish(draft, { resumed, after, store }) {
    const body = draft.pending?.body ?? publishBody(draft, this.#site);
    draft.key = this.#clearedKeys.get(JSON.stringify(body)) ?? draft.key;
    const pending = draft.pending ?? { body, sent: Date.now(), after };
    draft.pending = pending;
    this.#draft = draft;
    showOutcome("outcome.sending");
    this.#lock(true);
    return this.send({
      post: () => this.#api.publish(body, draft.key),
      sent: pending.sent,
      resumed,
      store,
      forget: () => {
        draft.pending = null;
        this.#lock(false);
      },
    });
  }

  /** The ticker or the desk's list has `item`: it may be the line. @param {Item} item */
  checkItem(item) {
    const pending = this.#draft?.pending;
    if (!pending || !this.isPending) return;
    const { text, edition } = pending.body;
    const parts = splitAsTyped(text, this.#site.sources);
    const language = this.#site.editions[edition]?.language ?? "";
    const source = attribution(parts.source ?? "", language, this.#site).value;
    if (isPublishedLine(item, { text: parts.text, source, edition }, pending.after)) this.confirm(item);
  }

  /** Whether the desk may have forgotten the key, so that a repeat could publish a second line. @param {Draft} draft */
  isTooOld(draft) {
    return Date.now() - (draft.pending?.sent ?? 0) > this.#keyMs;
  }

  /** Drops the line without learning its outcome, and remembers its key. @param {Draft} draft */
  clear(draft) {
    if (draft.pending) this.#clearedKeys.set(JSON.stringify(draft.pending.body), draft.key);
    this.stop();
  }

  /** Forgets the keys: they belong to the person who was signed in. */
  reset() {
    this.#clearedKeys.clear();
    this.stop();
  }

  /** @override */
  stop() {
    super.stop();
    this.#lock(false);
  }
}

/** One line that was sent: its request, repeated under one key until the outcome is known, and its state. */

import { Attempt } from "../shell/attempt.js";
import { isPublishedLine } from "../shell/recognize.js";
import { attribution } from "../shell/sources.js";
import { splitAsTyped } from "./split.js";

/** @import { Item, Session, Site } from "../shell/types.d.ts" */
/** @import { SentDraft } from "./sent-lines.js" */

/**
 * @typedef {"waiting" | "sending" | "unknown" | "open" | "old" | "refused" | "settled" | "off"} LineState
 *   unknown: the page goes on asking; open: a person asks; old: nothing can be learned any more; settled: on air, after
 *   its outcome was unknown; off: the same, and taken off the screens since
 */

export class OutboxLine {
  draft;
  /** @type {LineState} */
  state = "waiting";
  /** The sentence about a refusal; empty without one. @type {import("../shell/i18n.js").Param} */
  detail = "";
  /** The published item, once that is known. @type {Item | null} */
  item = null;
  /** When it was sent, by `performance.now()`; undefined if an earlier page sent it. @type {number | undefined} */
  started;
  /** Called when no answer came for now. */
  onUnanswered = () => {};
  #site;
  #attempt;
  #onChange;

  /**
   * @param {SentDraft} draft
   * @param {Site} site
   * @param {Session} session
   * @param {() => void} onChange called when `state` has changed
   */
  constructor(draft, site, session, onChange) {
    this.draft = draft;
    this.#site = site;
    this.#onChange = onChange;
    this.#attempt = new Attempt(session, (repeating) => {
      this.setState(repeating ? "unknown" : "open");
      this.onUnanswered();
    });
  }

  /** Whether its outcome is not known. */
  get isPending() {
    return this.#attempt.isPending || this.state === "waiting";
  }

  /** @param {LineState} state @param {import("../shell/i18n.js").Param} [detail] */
  setState(state, detail = "") {
    this.state = state;
    this.detail = detail;
    this.#onChange();
  }

  /**
   * Sends the request and waits until its outcome is known.
   * @param {import("../shell/api.js").DeskApi} api
   * @param {boolean} resumed an earlier page sent it
   */
  send(api, resumed) {
    const { pending, key } = this.draft;
    this.started = resumed ? undefined : performance.now();
    this.setState("sending");
    const post = () => api.publish(pending.body, key);
    return this.#attempt.send({ post, sent: pending.sent, resumed });
  }

  /** The ticker or the desk's list has `item`: it may be this line. @param {Item} item */
  checkItem(item) {
    if (!this.#attempt.isPending) return;
    const { body, after } = this.draft.pending;
    const parts = splitAsTyped(body.text, this.#site.sources);
    const language = this.#site.editions[body.edition]?.language ?? "";
    const source = attribution(parts.source ?? "", language, this.#site).value;
    if (isPublishedLine(item, { text: parts.text, source, edition: body.edition }, after))
      this.#attempt.confirm(item);
  }

  /** Sends the request again now, because a person asks for the outcome. */
  repeatNow() {
    this.#attempt.repeatNow();
  }

  repeatIfRecent() {
    this.#attempt.repeatIfRecent();
  }

  /** Asks no more. */
  stop() {
    this.#attempt.stop();
  }
}

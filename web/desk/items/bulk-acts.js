/**
 * Sends one act on several items: each is a request of its own with its own key, and each row says what became of its
 * own. An unknown outcome is asked for again, and its request is stored, so that a page opened later asks too.
 */

import { Attempt } from "../shell/attempt.js";
import { h } from "../shell/dom.js";
import { errorText } from "../shell/error-text.js";
import { isDeskError, needsSecondPerson } from "../shell/errors.js";
import { showText } from "../shell/i18n.js";
import { isActResult } from "../shell/recognize.js";
import { newKey } from "../shell/storage.js";
import { handOverFailure } from "../waiting/hand-over.js";
import { WaitingApi } from "../waiting/waiting-api.js";
import { forgetAct, storeAct } from "./sent-acts.js";

/** @import { ActBody, Item, SentAct, Session } from "../shell/types.d.ts" */
/** @import { Row } from "./row.js" */

/** @import { Result } from "./bulk-plan.js" */
/**
 * @typedef {object} Options
 * @property {import("./items.js").Items} items
 * @property {import("../shell/api.js").DeskApi} api
 * @property {Session} session
 * @property {(item: Item, sent: number) => void} onDone
 */

export class BulkActs {
  #options;
  #owner = "";
  /** @type {Map<string, {request: SentAct, attempt: Attempt}>} by uri */
  #pending = new Map();
  /** What the rows say about acts that are done. @type {Set<HTMLElement>} */
  #done = new Set();

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
  }

  /** Whether the outcome of one of them is unknown. */
  get isPending() {
    return this.#pending.size > 0;
  }

  /** Whether an act on this item was sent and its outcome is unknown. @param {string} uri */
  isWaiting(uri) {
    return this.#pending.has(uri);
  }

  /** Drops all of them from the page, because `owner` signs in. @param {string} owner */
  reset(owner) {
    for (const { attempt } of this.#pending.values()) attempt.stop();
    this.#pending.clear();
    this.#done.clear();
    this.#owner = owner;
  }

  repeatNow() {
    for (const { attempt } of this.#pending.values()) attempt.repeatNow();
  }

  repeatIfRecent() {
    for (const { attempt } of this.#pending.values()) attempt.repeatIfRecent();
  }

  /** Looks for the results among the items that have come. */
  update() {
    for (const [uri, { request, attempt }] of this.#pending) {
      const newest = this.#options.items.get(uri);
      if (newest && isActResult(newest, request.version, request.body)) attempt.confirm(newest);
    }
  }

  /** Removes what the rows say about acts that are done. */
  clearDone() {
    for (const status of this.#done) status.parentElement?.replaceChildren();
    this.#done.clear();
  }

  /**
   * Sends an act on the version of the row that the person saw.
   * @param {Row} row
   * @param {number} version
   * @param {ActBody} body
   * @param {(result: Result) => void} onResult called with "open" while the outcome is unknown, and once with the outcome
   */
  async send(row, version, body, onResult) {
    const { api, session, onDone } = this.#options;
    const { uri } = row.item;
    const request = { uri, version, body, key: newKey(), sent: Date.now() };
    const owner = this.#owner;
    const status = h("p", { class: "act-status" });
    const ask = h("button", { type: "button", class: "quiet" });
    showText(status, "act.sending");
    row.showOutcome(body.act, status);
    const attempt = new Attempt(session, (repeating) => {
      showText(status, repeating ? "act.unknown" : "act.open");
      showText(ask, "outcome.ask");
      row.outcome.append(ask);
      onResult("open");
    });
    ask.addEventListener("click", () => attempt.repeatNow());
    this.#pending.set(uri, { request, attempt });
    const started = performance.now();
    const outcome = await attempt.send({
      post: () => api.act(uri, version, body, request.key),
      sent: request.sent,
      store: () => storeAct(owner, request),
      forget: () => {
        this.#pending.delete(uri);
        forgetAct(owner, request);
      },
    });
    ask.remove();
    if (outcome.kind === "done") {
      showText(status, `done.${body.act}`);
      row.outcome.replaceChildren(status);
      this.#done.add(status);
      onDone(outcome.item, started);
      return onResult("done");
    }
    if (needsSecondPerson(outcome.error)) return this.#askApproval(request, status, onResult);
    const detail = errorText(outcome.error);
    const wasDone = outcome.kind === "done-before";
    showText(status, wasDone ? "plain" : "act.refused", { detail, value: detail });
    onResult(wasDone ? "done" : "refused");
  }

  /**
   * The site wants a second person for this version.
   * @param {SentAct} request
   * @param {HTMLElement} status
   * @param {(result: Result) => void} onResult
   */
  async #askApproval({ uri, version, body, key }, status, onResult) {
    try {
      await new WaitingApi(this.#options.api.http).ask(body, key, { uri, seen: version });
      showText(status, "waiting.handed.ask");
      onResult("done");
    } catch (error) {
      if (!isDeskError(error)) throw error;
      showText(status, ...handOverFailure(error, "act.refused"));
      onResult("refused");
    }
  }
}

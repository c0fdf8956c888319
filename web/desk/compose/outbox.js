/**
 * The lines that were sent and are not settled. The field is free for the next line as soon as one is sent.
 *
 * 1. Lines are sent in the order in which they were published: a line waits until the one before it has an answer, or
 *    has none for now.
 * 2. Until its outcome is known a line is only repeated under its key, and an unknown outcome is never told as a no.
 * 3. A line that was refused goes back into the field if that is empty; otherwise it waits here to be edited.
 */

import { errorText } from "../shell/error-text.js";
import { newKey } from "../shell/storage.js";
import { OutboxLine } from "./outbox-line.js";
import { showOutbox } from "./outbox-view.js";
import { SentLines } from "./sent-lines.js";

/** @import { Draft, Item, PublishBody, Session, Site } from "../shell/types.d.ts" */
/** @import { SentDraft } from "./sent-lines.js" */

/**
 * @typedef {object} Page what the outbox needs of the composer and the page
 * @property {Session} session
 * @property {(done: import("../shell/attempt.js").Done, sent: number | undefined) => void} onPublished
 * @property {(draft: Draft, failure: import("../shell/outcomes.js").Failure) => boolean} onRefused true if the draft is
 *   in the field again
 * @property {(draft: Draft) => void} edit puts a draft into the field
 * @property {(uri: string) => Promise<Item | undefined>} currentVersion
 * @property {(uri: string) => void} openWithdrawal
 * @property {() => boolean} isChief
 * @property {() => Promise<boolean>} confirmRemoval asks before a line with an unknown outcome is removed
 */

export class Outbox {
  #site;
  #api;
  #page;
  /** @type {SentLines | null} */
  #storage = null;
  /** @type {OutboxLine[]} */
  #lines = [];
  /** Done when the newest line may be followed by another one. @type {Promise<void>} */
  #turn = Promise.resolve();
  /**
   * The keys of lines that were removed before their outcome was known, by what was sent: sent again, such a line is
   * not published twice.
   * @type {Map<string, string>}
   */
  #removedKeys = new Map();

  /**
   * @param {Site} site
   * @param {import("../shell/api.js").DeskApi} api
   * @param {Page} page
   */
  constructor(site, api, page) {
    this.#site = site;
    this.#api = api;
    this.#page = page;
  }

  /** Whether the outcome of a line is not known. */
  get isPending() {
    return this.#lines.some((line) => line.isPending);
  }

  /** Whether a line is not known to be published. */
  get hasUnpublished() {
    return this.#lines.some(({ item }) => item === null);
  }

  /**
   * Shows the lines of `owner` that an earlier page sent; those of another person stay in the storage.
   * @param {string} owner
   * @param {SentDraft | null} earlier a draft that a page of an earlier release sent
   */
  async open(owner, earlier) {
    this.#removedKeys.clear();
    for (const line of this.#lines) line.stop();
    this.#lines = [];
    this.#storage?.close();
    this.#storage = new SentLines(owner);
    for (const draft of [...(earlier ? [earlier] : []), ...(await this.#storage.adopt())])
      this.#resume(draft);
    this.#show();
  }

  /**
   * Publishes `draft` with `body`.
   * @param {Draft} draft
   * @param {PublishBody} body
   * @param {string | null} after `firstCreated` of the newest item that the page knows, null if it knows no list
   */
  send(draft, body, after) {
    const removed = this.#removedKeys.get(JSON.stringify(body));
    const key = removed ?? draft.key;
    const line = this.#add({ ...draft, key, pending: { body, sent: Date.now(), after } });
    this.#storage?.store(line.draft);
    this.#show();
    this.#turn = this.#turn.then(() => this.#sendInTurn(line));
  }

  /** The ticker or the desk's list has this item. @param {Item} item */
  handleItem(item) {
    for (const line of this.#lines) line.checkItem(item);
  }

  /** The desk can be reached again: asks for the outcome of what was sent lately. */
  repeatIfRecent() {
    for (const line of this.#lines) line.repeatIfRecent();
  }

  /** The same person is back: asks for every outcome, unless the desk may have forgotten the key. */
  repeatAll() {
    for (const line of [...this.#lines]) this.#repeat(line);
  }

  /** @param {SentDraft} draft */
  #resume(draft) {
    const line = this.#add(draft);
    if (draft.outcome) return this.#keepOutcome(line, draft.outcome);
    if (this.#isTooOld(line)) return this.#giveUp(line);
    this.#storage?.store(draft);
    this.#settle(line, line.send(this.#api, true));
  }

  /** @param {SentDraft} draft */
  #add(draft) {
    const line = new OutboxLine(draft, this.#site, this.#page.session, () => this.#show());
    this.#lines.push(line);
    return line;
  }

  /**
   * Ends when the first answer has come, or none has.
   * @param {OutboxLine} line
   */
  #sendInTurn(line) {
    if (!this.#lines.includes(line)) return Promise.resolve();
    return new Promise((/** @type {(value: void) => void} */ resolve) => {
      line.onUnanswered = resolve;
      this.#settle(line, line.send(this.#api, false)).then(resolve);
    });
  }

  /**
   * @param {OutboxLine} line
   * @param {Promise<import("../shell/attempt.js").Outcome>} sending
   */
  async #settle(line, sending) {
    const outcome = await sending;
    if (outcome.kind === "done") return this.#finish(line, outcome);
    const { kind, error, isKeySpent } = outcome;
    if (isKeySpent) this.#renewKey(line);
    // An earlier request under this key was carried out: the same words once more may be a second line.
    if (kind === "done-before") return this.#giveUp(line, error.detail);
    const { pending, ...draft } = line.draft;
    if (this.#page.onRefused({ ...draft, pending: null }, outcome)) return this.#remove(line);
    this.#keepOutcome(line, "refused", kind === "signed-out" ? "" : errorText(error));
  }

  /**
   * The line was answered and only a person sends it again: not a page that is opened later, either.
   * @param {OutboxLine} line
   * @param {"refused" | "old"} outcome
   * @param {import("../shell/i18n.js").Param} [detail]
   */
  #keepOutcome(line, outcome, detail = "") {
    line.draft = { ...line.draft, outcome };
    this.#storage?.store(line.draft);
    line.setState(outcome, detail);
  }

  /**
   * @param {OutboxLine} line
   * @param {import("../shell/attempt.js").Done} done
   */
  async #finish(line, done) {
    this.#storage?.forget(line.draft.key);
    this.#page.onPublished(done, line.started);
    if (!done.wasUnknown || done.due) return this.#remove(line);
    // While the outcome was unknown, another person may have withdrawn the line.
    line.item = (await this.#page.currentVersion(done.item.uri)) ?? done.item;
    line.setState(line.item.pubStatus === "usable" && !line.item.unreadable ? "settled" : "off");
  }

  /**
   * The outcome cannot be learned any more: its key is dropped, and the editor decides.
   * @param {OutboxLine} line
   * @param {import("../shell/i18n.js").Param} [detail]
   */
  #giveUp(line, detail = "") {
    line.stop();
    this.#renewKey(line);
    this.#keepOutcome(line, "old", detail);
  }

  /** @param {OutboxLine} line */
  #renewKey(line) {
    this.#storage?.forget(line.draft.key);
    line.draft = { ...line.draft, key: newKey() };
    this.#storage?.store(line.draft);
  }

  /** @param {OutboxLine} line */
  #repeat(line) {
    if (!line.isPending) return;
    if (this.#isTooOld(line)) this.#giveUp(line);
    else line.repeatNow();
  }

  /** Whether the desk may have forgotten the key, so that a repeat could publish a second line. @param {OutboxLine} line */
  #isTooOld({ draft }) {
    return Date.now() - draft.pending.sent > this.#page.session.keyMs || Boolean(draft.attempted);
  }

  /** @param {OutboxLine} line */
  #edit(line) {
    const { pending, outcome, ...draft } = line.draft;
    this.#remove(line);
    this.#page.edit({ ...draft, pending: null, isDoubtful: line.state === "old" });
  }

  /** @param {OutboxLine} line */
  async #removeAsked(line) {
    const { isPending } = line;
    if (isPending && !(await this.#page.confirmRemoval())) return;
    // While the question was open, the outcome may have become known.
    if (isPending !== line.isPending) return;
    if (isPending) this.#removedKeys.set(JSON.stringify(line.draft.pending.body), line.draft.key);
    this.#remove(line);
  }

  /** @param {OutboxLine} line */
  #remove(line) {
    line.stop();
    this.#storage?.forget(line.draft.key);
    this.#lines = this.#lines.filter((other) => other !== line);
    this.#show();
  }

  #show() {
    this.#page.session.onOutcome?.();
    showOutbox(this.#lines, this.#site, {
      mayWithdraw: this.#page.isChief(),
      repeat: (line) => this.#repeat(line),
      edit: (line) => this.#edit(line),
      remove: (line) => this.#removeAsked(line),
      withdraw: (line) => this.#page.openWithdrawal(line.item?.uri ?? ""),
    });
  }
}

/**
 * The composer: a draft is checked, confirmed once, and handed to the outbox; then the field is free for the next line.
 *
 * 1. Only Publish sends a line for the first time. Until its outcome is known the outbox repeats the same request.
 * 2. The words leave the field only for the outbox, which keeps them until the desk or the ticker has shown that they
 *    are published.
 */

import { $ } from "../shell/dom.js";
import { needsSecondPerson } from "../shell/errors.js";
import { nameSendButton } from "../waiting/hand-over.js";
import { askBeforeSending, handOverDraft } from "./before-sending.js";
import { loadChoice, storeChoice } from "./choice-memory.js";
import { isEmptyDraft } from "./draft.js";
import { DraftForm } from "./draft-form.js";
import { DraftSlot } from "./draft-slot.js";
import { isFocusHere } from "./focus.js";
import { publishBody } from "./line.js";
import { LineAdvice } from "./line-advice.js";
import { NewSource } from "./new-source.js";
import { OpenedDrafts } from "./opened-drafts.js";
import { Outbox } from "./outbox.js";
import {
  clearPassingOutcome,
  showDone,
  showFailure,
  shownOutcome,
  showOutcome,
  showOutcomeIfNone,
} from "./outcome.js";
import { confirmClear } from "./questions.js";
import { Queue } from "./queue.js";
import { dueOf } from "./times.js";

/** @import { Draft, Item, Site, User } from "../shell/types.d.ts" */
/** @import { Page } from "./before-sending.js" */

export class Composer {
  #site;
  #api;
  #page;
  form;
  /** The form of a new source, which the forms of acts use, too. */
  newSource;
  #outbox;
  #queue;
  /** The drafts of the desk that were opened here. */
  opened;
  #openedId = "";
  #advice;
  /** @type {DraftSlot | null} */
  #slot = null;
  #owner = "";
  #mayPublish = false;
  #isChief = false;
  #isAsking = false;

  /**
   * @param {Site} site
   * @param {import("../shell/api.js").DeskApi} api
   * @param {Page} page
   */
  constructor(site, api, page) {
    this.#site = site;
    this.#api = api;
    this.#page = page;
    this.#advice = new LineAdvice(
      site,
      api,
      () => this.form,
      () => this.removeMarks(),
    );
    this.#queue = new Queue(
      site,
      () => this.form,
      () => this.#save(),
    );
    const form = () => this.form;
    this.opened = new OpenedDrafts(site, form, this.#queue, () => this.#save());
    this.newSource = new NewSource(site, api, page.session);
    this.form = new DraftForm(
      site,
      api,
      this.newSource,
      (isLine) => this.#handleChange(isLine),
      (lines) => {
        this.#queue.addLines(lines);
        showOutcome("queue.pasted", { count: lines.length });
      },
      () => this.opened.undo(),
    );
    this.#outbox = new Outbox(site, api, {
      ...page,
      isChief: () => this.#isChief,
      onPublished: (done, sent) => this.#showDone(done, sent),
      onRefused: (draft, failure) => this.#takeBack(draft, failure),
      edit: (draft) => this.#edit(draft),
      confirmRemoval: () => confirmClear(true),
    });
    this.#listen();
  }

  get #draft() {
    return this.form.draft;
  }

  /** Whether there is text that is not published. */
  get hasText() {
    return this.form.hasText || this.#queue.drafts.length > 0 || this.#outbox.hasUnpublished;
  }

  /** Whether a line was sent and its outcome is not known. */
  get isPending() {
    return this.#outbox.isPending;
  }

  /** Opens the composer for `user`, with the draft that they left unpublished. @param {User} user */
  async setUser(user) {
    this.#mayPublish = user.role === "editor" || user.role === "chief";
    this.#isChief = user.role === "chief";
    this.newSource.setUser(user);
    $("reporter-note").hidden = this.#mayPublish;
    this.#nameButton();
    if (user.name === this.#owner) return this.#outbox.repeatAll();
    this.#slot?.close();
    this.#owner = user.name;
    this.#slot = await DraftSlot.open(user.name);
    const empty = this.form.emptyDraft(
      loadChoice(user.name, this.#site) ?? { edition: this.form.firstEdition() },
    );
    const { attempted, pending, queue = [], ...draft } = this.#slot.load(empty);
    this.#queue.fill(queue);
    // A page of an earlier release kept the line that it sent in the field.
    this.form.fill(
      pending ? empty : { ...draft, pending: null, isDoubtful: Boolean(attempted || draft.isDoubtful) },
    );
    await this.#outbox.open(user.name, pending ? { ...draft, pending } : null);
    this.#save();
    if (this.form.hasText) showOutcome(attempted ? "outcome.old" : "outcome.found");
  }

  focus() {
    this.form.focus();
  }

  /** The network or the desk is away: says that nothing is sent by itself. */
  handleOffline() {
    if (this.form.hasText && !this.#isAsking) showOutcomeIfNone("outcome.offline");
  }

  /** The desk can be reached again: asks for the outcome of the lines that were sent. */
  handleOnline() {
    if (shownOutcome() === "outcome.offline") showOutcome("");
    this.#outbox.repeatIfRecent();
  }

  /** @param {Item} item */
  handleItem(item) {
    this.#outbox.handleItem(item);
  }

  /** Opens the form of a new source with the name in the line, or says why not. */
  addSource() {
    const problem = this.form.addSource();
    if (problem) showOutcome(problem);
  }

  /** Removes the invisible marks from the line and from those that wait. */
  removeMarks() {
    this.form.removeMarks();
    this.#queue.removeMarks();
  }

  /** Asks once what leaves, and publishes the line. */
  async publish() {
    this.form.closeSuggestions();
    if (this.#isAsking || !this.form.isComplete()) return;
    this.#isAsking = true;
    let hasNext = false;
    try {
      if (!this.#mayPublish) return await this.#handOver("submit");
      const draft = this.#draft;
      const { maySend, message, edition } = await askBeforeSending(
        draft,
        this.#site,
        this.#api,
        this.#advice,
        this.#queue.drafts.length,
      );
      if (edition) this.form.chooseEdition(edition);
      if (message) showOutcome(message);
      if (!maySend || draft !== this.#draft) return;
      if ((await this.#advice.confirmation)?.needs === "second-person") return await this.#handOver("ask");
      hasNext = this.#send();
    } finally {
      this.#isAsking = false;
    }
    // Each line of a paste is confirmed by itself, with one key.
    if (hasNext) await this.publish();
  }

  /**
   * Gives the line to other people; the words stay until the desk has them.
   * @param {import("../waiting/hand-over.js").HandOver} kind
   */
  async #handOver(kind) {
    const draft = this.#draft;
    showOutcome("outcome.sending");
    const failure = await handOverDraft(this.#page.handOver, kind, draft, this.#site);
    if (failure) return showOutcome(...failure);
    if (draft === this.#draft) this.form.fill(this.#queue.next().draft ?? this.form.emptyDraft(draft));
    showOutcome(`waiting.handed.${kind}`);
    this.#save();
    this.focus();
  }

  /** @returns {boolean} whether the next line of a paste came into the field */
  #send() {
    const draft = this.#draft;
    storeChoice(this.#owner, draft);
    this.#advice.clear();
    showOutcome("outcome.sending");
    this.#outbox.send(draft, publishBody(draft, this.#site), this.#page.newestKnown());
    const { draft: next, isPasted } = this.#queue.next();
    this.form.fill(next ?? this.form.emptyDraft(loadChoice(this.#owner, this.#site) ?? draft));
    this.#save();
    this.focus();
    return isPasted;
  }

  /**
   * @param {import("../shell/attempt.js").Done} done
   * @param {number | undefined} sent
   */
  #showDone(done, sent) {
    if (!done.due) this.#page.onPublished(done.item, sent);
    showDone(done);
    if (!this.form.hasText) this.#advice.show(done.warnings);
  }

  /**
   * A line was refused: it goes back into the field if nothing else is there.
   * @param {Draft} draft
   * @param {import("../shell/outcomes.js").Failure} failure
   */
  #takeBack(draft, failure) {
    if (shownOutcome() === "outcome.sending") showOutcome("");
    if (this.form.hasText) return false;
    this.#edit(draft);
    // The site wants a second person, which this page did not know before it sent the line.
    if (needsSecondPerson(failure.error)) this.#handOver("ask");
    else showFailure(failure, (refusal) => this.form.showErrors(refusal, isFocusHere()));
    return true;
  }

  /** Puts `draft` into the field; what is there waits. @param {Draft} draft */
  #edit(draft) {
    this.#queue.edit(draft);
    showOutcome(draft.isDoubtful ? "outcome.old" : "");
  }

  #listen() {
    $("composer").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.publish();
    });
    $("discard").addEventListener("click", () => this.#discard());
  }

  async #discard() {
    if (this.#isAsking || isEmptyDraft(this.#draft)) return this.focus();
    const draft = this.#draft;
    if ((await confirmClear(false)) && draft === this.#draft) {
      this.form.fill(this.form.emptyDraft(draft));
      showOutcome("");
      this.#save();
    }
    this.focus();
  }

  /** @param {boolean} isLine */
  #handleChange(isLine) {
    if (isLine) clearPassingOutcome();
    this.#nameButton();
    this.#save();
    this.#advice.handleChange(this.#draft, this.#mayPublish);
  }

  #nameButton() {
    nameSendButton($("publish").querySelector("span"), this.#mayPublish, dueOf(this.#draft) !== "");
  }

  #save() {
    const id = this.#draft.opened?.id ?? "";
    if (id !== this.#openedId) this.#page.onOpened(id);
    this.#openedId = id;
    if (this.#slot && !this.#slot.save(this.#draft, this.#queue.drafts) && this.form.hasText)
      showOutcomeIfNone("outcome.unkept");
  }
}

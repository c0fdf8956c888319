/**
 * The composer: a draft is checked, published, and stored until its outcome is known.
 *
 * 1. Only Publish sends a line for the first time. Until its outcome is known the same request is repeated, and the line
 *    can be neither changed nor sent as another one.
 * 2. The words are removed only after the desk or the ticker has shown that they are published.
 */

import { $ } from "../shell/dom.js";
import { errorText } from "../shell/error-text.js";
import { showText } from "../shell/i18n.js";
import { newKey } from "../shell/storage.js";
import { showWarnings } from "../shell/warnings.js";
import { DraftForm } from "./draft-form.js";
import { DraftSlot } from "./draft-slot.js";
import { LineAttempt } from "./line-attempt.js";
import { LineCheck } from "./line-check.js";
import { clearPassingOutcome, shownOutcome, showOutcome, showOutcomeIfNone } from "./outcome.js";
import { confirmClear, confirmFlash, confirmSecondSending } from "./questions.js";

/** @import { Item, Session, Site, User } from "../shell/types.d.ts" */

/**
 * @typedef {object} Page what the composer needs of the page
 * @property {Session} session
 * @property {(item: Item, sent: number | undefined) => void} onPublished
 * @property {() => string | null} newestKnown `firstCreated` of the newest item on the page, "" if there is none, null
 *   before a list has come
 * @property {(uri: string) => Promise<Item | undefined>} currentVersion the newest version that the desk has now
 * @property {(uri: string) => void} openWithdrawal opens the form that withdraws an item
 */

export class Composer {
  #site;
  #api;
  #page;
  #form;
  #attempt;
  #check;
  /** @type {DraftSlot | null} */
  #slot = null;
  #owner = "";
  #mayPublish = false;
  #isChief = false;
  /** The outcome of the last line cannot be learned any more: Publish asks first. */
  #isDoubtful = false;

  /**
   * @param {Site} site
   * @param {import("../shell/api.js").DeskApi} api
   * @param {Page} page
   */
  constructor(site, api, page) {
    this.#site = site;
    this.#api = api;
    this.#page = page;
    this.#check = new LineCheck(site, api, (error) => this.#form.showErrors(error, false));
    this.#attempt = new LineAttempt(site, api, page.session, (isLocked) => this.#form.lock(isLocked));
    this.#form = new DraftForm(site, (isLine) => this.#handleChange(isLine));
    this.#listen();
  }

  get #draft() {
    return this.#form.draft;
  }

  /** Whether there is text that is not published. */
  get hasText() {
    return this.#form.hasText;
  }

  /** Whether a line was sent and its outcome is not known. */
  get isPending() {
    return this.#attempt.isPending;
  }

  /**
   * Opens the composer for `user`, with the draft that they left unpublished.
   * @param {User} user
   */
  async setUser(user) {
    this.#mayPublish = user.role === "editor" || user.role === "chief";
    this.#isChief = user.role === "chief";
    $("reporter-note").hidden = this.#mayPublish;
    $("publish").setAttribute("aria-disabled", String(!this.#mayPublish));
    // The same person is back: Publish asks for the outcome, unless the desk may have forgotten the key.
    if (user.name === this.#owner) return this.isPending ? this.publish() : undefined;
    this.#attempt.reset();
    this.#slot?.close();
    this.#owner = user.name;
    this.#slot = await DraftSlot.open(user.name);
    this.#form.fill(this.#slot.load(this.#form.emptyDraft(this.#form.firstEdition())));
    const { attempted, pending } = this.#draft;
    if (attempted || (pending && this.#attempt.isTooOld(this.#draft))) this.#giveUp();
    else if (pending) this.#send(true);
    else if (this.hasText) showText($("outcome"), "outcome.found");
  }

  focus() {
    this.#form.focus();
  }

  /** The network or the desk is away: says that nothing is sent by itself. */
  handleOffline() {
    if (this.hasText && !this.isPending && !this.#attempt.isChecking) showOutcomeIfNone("outcome.offline");
  }

  /** The desk can be reached again: asks for the outcome of a line that was sent. */
  handleOnline() {
    if (shownOutcome() === "outcome.offline") showOutcome("");
    this.#attempt.repeatIfRecent();
  }

  /** The ticker or the desk's list has this item. @param {Item} item */
  handleItem(item) {
    this.#attempt.checkItem(item);
  }

  nextEdition() {
    if (!this.isPending) this.#form.nextEdition();
  }

  /** @param {number} urgency */
  setUrgency(urgency) {
    if (!this.isPending) this.#form.setUrgency(urgency);
  }

  flipDirection() {
    if (!this.isPending) this.#form.flipDirection();
  }

  /** Publishes the line; if it was sent already, asks for its outcome. */
  async publish() {
    if (this.isPending)
      return this.#attempt.isTooOld(this.#draft) ? this.#giveUp() : this.#attempt.repeatNow();
    this.#form.closeSuggestions();
    if (!this.#mayPublish) return showText($("outcome"), "reporter");
    if (await this.#attempt.prepare(() => this.#mayBeSent())) await this.#send(false);
  }

  async #mayBeSent() {
    if (!this.#form.isComplete()) return false;
    if (this.#isDoubtful && !(await confirmSecondSending())) return false;
    if (this.#draft.urgency === 1 && !(await confirmFlash(this.#draft, this.#site))) return false;
    // A line is not written to a dead connection, which could still deliver it later.
    if (navigator.onLine || (await this.#isReachable())) return true;
    showOutcome("outcome.offline", {}, "outcome.again");
    return false;
  }

  #isReachable() {
    return this.#api.isReady().then(
      () => true,
      () => false,
    );
  }

  /**
   * Sends the draft and waits until its outcome is known.
   * @param {boolean} resumed an earlier page sent it
   */
  async #send(resumed) {
    const draft = this.#draft;
    this.#check.stop();
    const sent = resumed ? undefined : performance.now();
    const store = () => this.#save();
    const outcome = await this.#attempt.publish(draft, { resumed, after: this.#page.newestKnown(), store });
    if (outcome.kind === "done") {
      this.#form.fill(this.#form.emptyDraft(draft.edition));
      this.#page.onPublished(outcome.item, sent);
      this.#showDone(outcome);
    } else this.#showFailure(outcome);
    this.#save();
    this.#focusUnlessBusyElsewhere();
  }

  /** An answer that comes late must not take the focus from where the editor has moved it. */
  #focusUnlessBusyElsewhere() {
    if (!$("signin").hidden || document.querySelector("dialog[open]")) return;
    const { activeElement } = document;
    const isHere = activeElement === document.body || $("composer").contains(activeElement);
    if (isHere && $("retry").hidden && !$("composer").querySelector("[aria-invalid]")) this.focus();
  }

  /** @param {import("../shell/attempt.js").Done} done */
  async #showDone({ item, warnings, wasUnknown }) {
    showWarnings($("warnings"), warnings);
    this.#isDoubtful = false;
    showOutcome(wasUnknown ? "" : "outcome.done");
    if (!wasUnknown) return;
    // While the outcome was unknown, another person may have withdrawn the line.
    const { pubStatus, unreadable } = (await this.#page.currentVersion(item.uri)) ?? item;
    if (this.isPending || shownOutcome()) return;
    showOutcome(pubStatus === "usable" && !unreadable ? "outcome.settled" : "outcome.off");
    $("withdraw-line").hidden = !this.#isChief || pubStatus === "canceled";
    $("withdraw-line").dataset.uri = item.uri;
  }

  /** Shows why nothing was published. @param {import("../shell/outcomes.js").Failure} failure */
  #showFailure({ kind, error, isKeySpent }) {
    if (isKeySpent) this.#draft.key = newKey();
    if (kind === "signed-out") showOutcome("outcome.found");
    // An earlier wording was published under this key.
    else if (kind === "key-reused") showOutcome("outcome.changed");
    else if (kind === "done-before") this.#giveUp("plain", { value: error.detail });
    else if (this.#form.showErrors(error, true)) showOutcome("outcome.fields");
    else showOutcome("outcome.refused", { detail: errorText(error) }, "outcome.again");
  }

  /** The outcome of the line cannot be learned any more: its key is dropped, and the editor decides. */
  #giveUp(key = "outcome.old", params = {}) {
    this.#attempt.stop();
    Object.assign(this.#draft, { pending: null, attempted: false, key: newKey() });
    this.#isDoubtful = true;
    showOutcome(key, params);
    this.#save();
  }

  #listen() {
    $("composer").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.publish();
    });
    $("retry").addEventListener("click", () => this.publish());
    $("withdraw-line").addEventListener("click", () =>
      this.#page.openWithdrawal($("withdraw-line").dataset.uri),
    );
    $("discard").addEventListener("click", () => this.#discard());
  }

  async #discard() {
    const { isPending, isUnknown, isChecking } = this.#attempt;
    if (isChecking || !this.hasText || (isPending && !isUnknown)) return this.focus();
    const draft = this.#draft;
    const isConfirmed = await confirmClear(isUnknown);
    // While the question was open, the outcome may have become known.
    if (isConfirmed && draft === this.#draft && isPending === this.isPending) {
      this.#attempt.clear(draft);
      this.#isDoubtful = false;
      this.#form.fill(this.#form.emptyDraft(draft.edition));
      showOutcome("");
      this.#save();
    }
    this.focus();
  }

  /** @param {boolean} isLine */
  #handleChange(isLine) {
    if (isLine) clearPassingOutcome();
    this.#save();
    this.#check.clear();
    if (this.#mayPublish && !this.isPending) this.#check.plan(this.#draft);
  }

  #save() {
    if (this.#slot && !this.#slot.save(this.#draft) && this.hasText) showOutcomeIfNone("outcome.unkept");
  }
}

/**
 * Publishes the composer's line in several editions as one act: one field for each edition, one confirmation, one
 * request under one key.
 *
 * 1. The first field is the composer's line, and what is typed in it is in the composer too. The others are stored as
 *    they are typed.
 * 2. Once the request is sent its texts are stored with it, and the composer is free. Until the outcome is known the
 *    same request is repeated, also by a page opened later.
 */

import { confirmSecondSending } from "../compose/questions.js";
import { Attempt } from "../shell/attempt.js";
import { withOneRepeat } from "../shell/dry-run.js";
import { errorText } from "../shell/error-text.js";
import { isDeskError, needsSecondPerson } from "../shell/errors.js";
import { newKey } from "../shell/storage.js";
import { handOverFailure } from "../waiting/hand-over.js";
import { confirmEditions } from "./confirmation.js";
import { EditionField } from "./edition-field.js";
import { KeptTexts } from "./kept-texts.js";
import { PanelView } from "./panel-view.js";
import { editionsBody, resultOf, showErrors } from "./request.js";
import { SentEditions } from "./sent-editions.js";

/** @import { Draft, Item, Session, Site, User, Written } from "../shell/types.d.ts" */
/** @import { Body, SentRequest } from "./sent-editions.js" */

/**
 * @typedef {object} Page what the panel needs of the page
 * @property {Session} session
 * @property {import("./composer-line.js").ComposerLine} composer
 * @property {(item: Item, sent: number | undefined) => void} onPublished
 * @property {(kind: "ask", body: any, key: string) => Promise<unknown>} handOver asks a second person; throws as the
 *   API does
 */

export class EditionsPanel {
  #site;
  #api;
  #page;
  #view;
  #attempt;
  #owner = "";
  /** @type {string[]} */
  #editions = [];
  #mayPublish = false;
  /** @type {EditionField[]} */
  #fields = [];
  /** A line that was sent earlier and may be on air. */
  #isDoubtful = false;
  /** Whether the first field is the composer's line. */
  #isComposers = true;
  /** The request that was confirmed last, and its key. @type {{text: string, key: string} | null} */
  #last = null;

  /**
   * @param {Site} site
   * @param {import("../shell/api.js").DeskApi} api
   * @param {Page} page
   */
  constructor(site, api, page) {
    this.#site = site;
    this.#api = api;
    this.#page = page;
    this.#attempt = new Attempt(page.session, (repeating) => this.#view.showUnknown(repeating));
    this.#view = new PanelView({
      publish: () => this.#publish(),
      change: (target) => this.#handleChange(target),
      closed: () => this.#handleClosed(),
      setUrgency: (urgency) => this.#setUrgency(urgency),
    });
    this.#view.fields.addEventListener("focusin", (event) => {
      const field = this.#fieldOf(event.target);
      if (field && field !== this.#fields[0]) field.begin(this.#fields[0]?.sourceId ?? null);
    });
  }

  /** Whether lines were sent whose outcome is not known. */
  get isPending() {
    return this.#attempt.isPending;
  }

  /** Opens the panel's storage for `user`, and asks for the outcome of what an earlier page sent. @param {User} user */
  setUser(user) {
    this.#mayPublish = user.role === "editor" || user.role === "chief";
    this.#editions = Object.keys(this.#site.editions).filter((id) => user.editions?.includes(id) ?? true);
    if (user.name === this.#owner) return this.#attempt.repeatNow();
    this.#attempt.stop();
    this.#view.close();
    this.#owner = user.name;
    this.#fields = [];
    const sent = this.#sent.load();
    if (sent) this.#resume(sent);
  }

  /** The desk can be reached again. */
  repeatIfRecent() {
    this.#attempt.repeatIfRecent();
  }

  /** Shows the line of the composer in all editions of the person, or what was sent and is not settled. */
  open() {
    const { composer } = this.#page;
    if (!this.#mayPublish) return composer.say("reporter");
    if (this.#editions.length < 2) return composer.say("editions.none");
    if (!this.isPending) this.#fillFields();
    this.#view.open(this.#fields, composer.urgency, composer.due);
    this.#fields.find((field) => field.isEmpty && !this.isPending)?.focus();
  }

  get #kept() {
    return new KeptTexts(this.#owner);
  }

  get #sent() {
    return new SentEditions(this.#owner);
  }

  #fillFields() {
    this.#fields = this.#kept.fields(this.#editions, this.#site, this.#page.composer.draft);
    this.#isComposers = true;
    this.#keepTexts();
  }

  /** @param {EventTarget | null} target */
  #fieldOf(target) {
    return this.#fields.find(({ element }) => target instanceof Node && element.contains(target));
  }

  /** @param {EventTarget | null} target */
  #handleChange(target) {
    if (this.isPending) return;
    this.#fieldOf(target)?.show();
    this.#view.showStatus("");
    this.#keepTexts();
  }

  /** Stores what is typed; the line of the first field is in the composer too. */
  #keepTexts() {
    const [first] = this.#fields;
    if (first && this.#isComposers) this.#page.composer.setLine(first.id, first.line, first.role);
    this.#kept.store(this.#fields);
  }

  /** @param {number} urgency */
  #setUrgency(urgency) {
    if (!this.isPending) this.#page.composer.setUrgency(urgency);
  }

  async #publish() {
    if (this.isPending) return this.#attempt.repeatNow();
    const request = await this.#attempt.prepare(() => this.#confirmedRequest());
    if (request) await this.#send(request, false, this.#page.composer.takeDraft());
  }

  /** The request that the person confirmed, or null. @returns {Promise<SentRequest | null>} */
  async #confirmedRequest() {
    const incomplete = this.#fields.filter((field) => !field.isComplete());
    if (incomplete[0]) {
      incomplete[0].focus();
      return null;
    }
    const body = editionsBody(this.#page.composer.body(), this.#fields);
    if (this.#isDoubtful && !(await confirmSecondSending())) return null;
    const { urgency, due } = this.#page.composer;
    const abort = new AbortController();
    // Where the dry run is refused, the request itself gets the refusal.
    const check = withOneRepeat(() => this.#api.check(body, abort.signal)).catch(() => null);
    const answer = await confirmEditions(this.#fields, urgency, due, check);
    abort.abort();
    if (answer === "unasked") this.#view.showStatus("outcome.unasked");
    // What was confirmed is what leaves.
    const isSame =
      JSON.stringify(editionsBody(this.#page.composer.body(), this.#fields)) === JSON.stringify(body);
    return answer === "yes" && isSame ? { body, key: this.#keyOf(body), sent: Date.now() } : null;
  }

  /** The same lines have the same key until they are published or wait. @param {Body} body */
  #keyOf(body) {
    const text = JSON.stringify(body);
    if (this.#last?.text !== text) this.#last = { text, key: newKey() };
    return this.#last.key;
  }

  /** @param {SentRequest} request */
  #resume(request) {
    const { edition, text, role = "", siblings } = request.body;
    const lines = [{ edition, text, role }, ...siblings];
    this.#fields = lines.map((line, index) => {
      const field = new EditionField(line.edition, this.#site, index === 0);
      field.fill(line.text ?? "", line.role ?? "");
      return field;
    });
    this.#isComposers = false;
    if (Date.now() - request.sent > this.#page.session.keyMs) return this.#giveUp();
    this.#send(request, true, this.#page.composer.draftOf(request.body));
  }

  /** The desk may have forgotten the key: the person decides, and the texts are a draft again. */
  #giveUp() {
    this.#sent.forget();
    this.#isDoubtful = true;
    this.#keepTexts();
    this.#page.composer.say("outcome.old");
  }

  /**
   * @param {SentRequest} request
   * @param {boolean} resumed an earlier page sent it
   * @param {Draft} draft the composer's
   */
  async #send(request, resumed, draft) {
    const { composer, onPublished } = this.#page;
    const started = resumed ? undefined : performance.now();
    /** @type {Written | undefined} */
    let answer;
    const sending = this.#attempt.send({
      post: async () => {
        answer = await this.#api.publish(request.body, request.key);
        return answer;
      },
      sent: request.sent,
      resumed,
      store: () => this.#sent.store(request),
      forget: () => this.#sent.forget(),
    });
    for (const field of this.#fields) field.lock(true);
    this.#isComposers = false;
    if (!this.#attempt.isUnknown) this.#view.showSending();
    const outcome = await sending;
    for (const field of this.#fields) field.lock(false);
    if (outcome.kind !== "done") {
      this.#showFailure(outcome, draft);
      if (needsSecondPerson(outcome.error)) await this.#askApproval(request);
      return;
    }
    this.#finish();
    const { siblings = [] } = answer ?? {};
    // The original last: it is the line that the person goes back to.
    if (!outcome.due)
      for (const item of [...siblings.flatMap((row) => row.item ?? []), outcome.item])
        onPublished(item, started);
    composer.say(...resultOf({ ...outcome, siblings }, this.#site));
  }

  /** A second person must agree: one question to them about all editions. @param {SentRequest} request */
  async #askApproval({ body, key }) {
    const { composer, handOver } = this.#page;
    try {
      await handOver("ask", body, key);
    } catch (error) {
      if (!isDeskError(error)) throw error;
      // The texts stay, and the same lines are asked about under the same key.
      return this.#view.showStatus(...handOverFailure(error, "plain"));
    }
    if (this.#isComposers && composer.body().text === body.text) composer.takeDraft();
    this.#finish();
    composer.say("waiting.handed.ask");
  }

  /** The lines are published, or wait: nothing of them stays here. */
  #finish() {
    this.#kept.forget();
    this.#isDoubtful = false;
    this.#isComposers = false;
    this.#last = null;
    this.#fields = [];
    this.#view.close();
  }

  /**
   * Says why nothing was published. Another line in the composer stays there.
   * @param {import("../shell/outcomes.js").Failure} failure
   * @param {Draft} draft
   */
  #showFailure({ kind, error }, draft) {
    const { composer } = this.#page;
    this.#isComposers = composer.isEmpty;
    if (composer.isEmpty) composer.putBack(draft);
    this.#keepTexts();
    this.#view.showReady();
    if (kind === "signed-out") return this.#view.close();
    if (kind === "done-before") this.#isDoubtful = true;
    const unplaced = showErrors(error.errors, this.#fields);
    const isPlaced = error.errors.length > 0 && unplaced.length === 0;
    const key = isPlaced ? "outcome.fields" : "outcome.refused";
    this.#view.showStatus(key, { detail: unplaced[0] ?? errorText(error) });
    if (!this.#view.isOpen) composer.say(key, { detail: unplaced[0] ?? errorText(error) });
    this.#view.focusInvalid();
  }

  #handleClosed() {
    if (this.isPending) this.#page.composer.say("editions.away");
    this.#page.composer.focus();
  }
}

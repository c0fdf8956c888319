/**
 * The form of one act on one item. It sends what the editor changed and the version that the editor saw. If another
 * editor was faster, the form shows both wordings and keeps what was typed.
 */

import { Attempt } from "../shell/attempt.js";
import { DryRun } from "../shell/dry-run.js";
import { errorText } from "../shell/error-text.js";
import { isDeskError, needsSecondPerson } from "../shell/errors.js";
import { FieldDraft } from "../shell/field-draft.js";
import { isActResult } from "../shell/recognize.js";
import { newKey } from "../shell/storage.js";
import { showWarnings } from "../shell/warnings.js";
import { handOverFailure } from "../waiting/hand-over.js";
import { WaitingApi } from "../waiting/waiting-api.js";
import { ActDestination } from "./act-destination.js";
import { ActFields } from "./act-fields.js";
import { ActFormView } from "./act-form-view.js";
import { furtherWarnings, isActConfirmed, ownNotices } from "./act-question.js";
import { checkedBody } from "./acts.js";

/** @import { ActBody, Item, SentAct, Session, Sibling, Site, Warning } from "../shell/types.d.ts" */

/**
 * @typedef {object} Options what a form needs of the page
 * @property {string} owner the name of the person signed in
 * @property {string[] | null} editions those of the person; null: all
 * @property {Site} site
 * @property {import("../shell/api.js").DeskApi} api
 * @property {Session} session
 * @property {import("../compose/new-source.js").NewSource} newSource the form of a new source
 * @property {(uri: string) => Promise<Item | undefined>} newestVersion
 * @property {(request: SentAct) => void} store stores the request until its outcome is known
 * @property {(request: SentAct) => void} forget
 * @property {boolean} hasSiblings whether the item has other editions
 * @property {Item[]} siblings those that the page knows
 * @property {(item: Item, sent: number | undefined, warnings: Warning[], siblings: Sibling[]) => void} onDone
 * @property {() => void} onClose
 */

export class ActForm {
  #act;
  /** The version that this form replaces. @type {Item} */
  #base;
  /** A version that came while the form was open. @type {Item | null} */
  #newer = null;
  #options;
  #fields;
  #view;
  #attempt;
  /** The request that was sent last. @type {SentAct | null} */
  #request = null;
  #key = newKey();
  #draft;
  /** The fields as they were before anything was typed. */
  #untouched;
  #dryRun = new DryRun();
  #destination;

  /**
   * @param {Item} item
   * @param {string} act
   * @param {Options} options
   */
  constructor(item, act, options) {
    this.#act = act;
    this.#base = item;
    this.#options = options;
    this.#fields = new ActFields(item, act, options.site, options.hasSiblings, options.newSource);
    this.#fields.more?.offerFrom(options.api, item);
    this.#destination = new ActDestination(options.site, options.api, options.siblings);
    this.#view = new ActFormView(act, this.#fields.elements, this.#destination.element, options.onClose);
    this.#attempt = new Attempt(options.session, (repeating) => this.#view.showUnknown(repeating));
    this.#view.showReady(item.version);
    this.#draft = new FieldDraft(options.owner, `act.${act}.${item.uri}`);
    this.#untouched = JSON.stringify(this.#fields.typed);
    const draft = this.#draft.load();
    if (draft) {
      this.#fields.fill(draft);
      this.#view.showStatus("draft.kept");
      this.#showDiff();
    }
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.element.addEventListener("keydown", (event) => this.#handleKey(event));
    this.element.addEventListener("input", () => {
      this.#fields.handleInput();
      this.#showDiff();
      this.#showDestination();
      this.#keepDraft();
      this.#planDryRun();
    });
  }

  get element() {
    return this.#view.element;
  }

  /** The element that says what became of the act; the form can be shown without it. */
  get status() {
    return this.#view.status;
  }

  get uri() {
    return this.#base.uri;
  }

  /** Whether the act was sent and its outcome is not known. */
  get isPending() {
    return this.#attempt.isPending;
  }

  repeatNow() {
    this.#attempt.repeatNow();
  }

  repeatIfRecent() {
    this.#attempt.repeatIfRecent();
  }

  stop() {
    this.#attempt.stop();
  }

  /** Called whenever the form opens. */
  focus() {
    this.#showDestination();
    this.#fields.focus();
  }

  /** Asks for the outcome of an act that an earlier page sent. @param {SentAct} request */
  resume(request) {
    return this.#send(request, true);
  }

  /** Takes the item's newest version: it is the result of this act, or another editor was faster. @param {Item} item */
  handleItem(item) {
    if (this.isPending) {
      const request = this.#request;
      // The item alone does not say what became of its other editions.
      if (request && !request.body.siblings && isActResult(item, request.version, request.body))
        this.#attempt.confirm(item);
    } else if (item.version > this.#base.version && !this.#attempt.isChecking) {
      this.#newer = item;
      this.#view.showConflict(item, this.#base);
    }
  }

  /** Sends the act; if it was sent already, asks for its outcome. */
  async submit() {
    if (this.isPending) return this.#attempt.repeatNow();
    if (this.#view.isFinal) return;
    const body = await this.#attempt.prepare(() => this.#confirmedBody());
    if (!body) return;
    const { uri, version } = this.#base;
    await this.#send({ uri, version, body, key: this.#key, sent: Date.now() }, false);
  }

  async #confirmedBody() {
    if (this.#newer) {
      // The button named this choice: the editor's text over the newer version.
      this.#base = this.#newer;
      this.#newer = null;
      this.#key = newKey();
      this.#view.showReady(this.#base.version);
      this.#showDestination();
    }
    const body = this.#completeBody();
    const { site, api } = this.#options;
    if (!body || (await isActConfirmed(this.#plan(body), site, api))) return body;
    this.focus();
    return null;
  }

  #showDiff() {
    const [base, fields] = [this.#base, this.#fields];
    this.#view.showDiff(base, fields.lineText(base), fields.changes(base));
  }

  /** Stores what is typed, so that Escape, a reload or a crash loses nothing. */
  #keepDraft() {
    const { typed } = this.#fields;
    if (JSON.stringify(typed) === this.#untouched) this.#draft.forget();
    else this.#draft.save(typed);
  }

  /** Shows next to the button where the act goes. */
  #showDestination() {
    this.#destination.show(this.#plan(this.#fields.body(this.#base)));
  }

  /** @param {ActBody} body @returns {import("./act-destination.js").ActPlan} */
  #plan(body) {
    const [base, fields] = [this.#base, this.#fields];
    const { siblings } = this.#destination;
    const [line, changes] = [fields.lineText(base), fields.changes(base)];
    return { base, body, line, changes, siblings, hasNote: fields.hasNote, own: this.#options.editions };
  }

  /** The request, or null if something is missing, which is shown. */
  #completeBody() {
    if (!this.#fields.isComplete(this.#base)) return null;
    const body = this.#fields.body(this.#base);
    const hasChanges = Object.keys(body).length > 1;
    if (hasChanges || (this.#act !== "update" && this.#act !== "refile")) return body;
    this.#view.showStatus("act.same");
    this.focus();
    return null;
  }

  /**
   * Sends the act and waits until its outcome is known.
   * @param {SentAct} request
   * @param {boolean} resumed an earlier page sent it
   */
  async #send(request, resumed) {
    const { uri, version, body, key, sent } = request;
    const { api, store, forget, onDone } = this.#options;
    this.#view.showStatus("act.sending");
    this.#dryRun.stop();
    this.#fields.lock(true);
    this.#request = request;
    const started = resumed ? undefined : performance.now();
    const outcome = await this.#attempt.send({
      post: () => api.act(uri, version, body, key),
      sent,
      resumed,
      store: () => store(request),
      forget: () => forget(request),
    });
    if (outcome.kind === "done") {
      this.#draft.forget();
      return onDone(outcome.item, started, outcome.warnings, outcome.siblings);
    }
    this.#fields.lock(false);
    this.#view.showReady(this.#base.version);
    if (needsSecondPerson(outcome.error)) return this.#askApproval(request);
    await this.#showFailure(outcome);
  }

  /** The site wants a second person for this version. @param {SentAct} request */
  async #askApproval({ uri, version, body, key }) {
    try {
      await new WaitingApi(this.#options.api.http).ask(body, key, { uri, seen: version });
      this.#draft.forget();
      this.#view.showStatus("waiting.handed.ask");
    } catch (error) {
      if (!isDeskError(error)) throw error;
      this.#view.showStatus(...handOverFailure(error, "act.refused"));
    }
  }

  /** @param {import("../shell/outcomes.js").Failure} failure */
  async #showFailure({ kind, error, isKeySpent }) {
    if (isKeySpent) this.#key = newKey();
    if (kind === "signed-out") return this.#view.showStatus("");
    const [unplaced] = kind === "refused" ? this.#fields.showErrors(error).slice(-1) : [];
    const detail = unplaced || errorText(error);
    this.#view.showStatus(kind === "done-before" ? "plain" : "act.refused", { detail, value: detail });
    if (kind === "refused") return;
    const newest = await this.#options.newestVersion(this.#base.uri).catch(() => undefined);
    if (newest) this.handleItem(newest);
  }

  /** Shows what should be looked at: the page's own at once, the desk's once typing pauses. */
  #planDryRun() {
    this.#dryRun.stop();
    const { uri, version } = this.#base;
    const { site, api } = this.#options;
    const body = checkedBody(this.#fields.body(this.#base), site);
    const own = ownNotices(this.#plan(body), site).map((message) => ({ message }));
    showWarnings(this.#view.warnings, own);
    if (!(body.infoSources || body.headline || body.urgency) || this.isPending) return;
    this.#dryRun.plan(async (signal) => {
      try {
        const { warnings = [] } = await api.checkAct(uri, version, body, signal);
        if (!signal.aborted) showWarnings(this.#view.warnings, [...own, ...furtherWarnings(warnings)]);
      } catch (error) {
        if (signal.aborted || this.#dryRun.repeatsAfter(error)) return;
        // Other errors are shown when the act is sent.
        if (!isDeskError(error)) throw error;
      }
    });
  }

  /** @param {KeyboardEvent} event */
  #handleKey(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      if (!event.repeat) this.submit();
    } else if (event.key === "Escape") this.#options.onClose();
    else if (!this.#fields.handleKey(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }
}

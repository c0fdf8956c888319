/**
 * The composer: a draft is checked, published, and kept until its outcome is known.
 *
 * 1. A line is first sent by Publish alone. Until its outcome is known the same request is repeated (attempt.js), and
 *    the line can be neither changed nor sent as another one.
 * 2. The words go only after the desk or the ticker has shown that they are published.
 */

import { LostError, RefusedError } from "../shell/api.js";
import { wasDone } from "../shell/attempt.js";
import { ask } from "../shell/confirm.js";
import { $ } from "../shell/dom.js";
import { Check } from "../shell/dry-run.js";
import { say, t } from "../shell/i18n.js";
import { showWarnings } from "../shell/warnings.js";
import { DraftSlot, newKey } from "./draft.js";
import { DraftForm } from "./draft-form.js";
import { bodyOf, missing } from "./line.js";
import { parts } from "./preview.js";
import { Sending, showOutcome } from "./sending.js";

/** What is over once somebody types on. */
const OVER = ["outcome.done", "outcome.settled", "outcome.off", "outcome.refused", "outcome.fields"];
/** @typedef {import("../items/items.js").Item} Item */

export class Composer {
  #site;
  #desk;
  #page;
  #form;
  /** @type {DraftSlot | null} */
  #slot = null;
  #owner = "";
  #allowed = false;
  #chief = false;
  /** A question stands: a second press does nothing. */
  #busy = false;
  #sending;
  /** The outcome of the last line cannot be found out any more: publishing it asks first. */
  #doubtful = false;
  #check = new Check();

  /**
   * @param {import("./line.js").Site} site
   * @param {import("../shell/api.js").Desk} desk
   * @param {import("./sending.js").Page} page
   */
  constructor(site, desk, page) {
    this.#site = site;
    this.#desk = desk;
    this.#page = page;
    this.#sending = new Sending(site, desk, page);
    this.#form = new DraftForm(site, (isLine) => this.#changed(isLine));
    this.#listen();
  }

  get #draft() {
    return this.#form.draft;
  }

  /** Whether there are words that are not published. */
  get holdsText() {
    return this.#form.holdsText;
  }

  /** Whether a line was sent and its outcome is not known. */
  get isPending() {
    return this.#sending.isPending;
  }

  /**
   * Opens the composer for who is signed in, with what they had not published.
   * @param {{name: string, role: string}} user
   */
  async enter(user) {
    this.#allowed = user.role === "editor" || user.role === "chief";
    this.#chief = user.role === "chief";
    $("not-yours").hidden = this.#allowed;
    $("publish").setAttribute("aria-disabled", String(!this.#allowed));
    // A person is there again: Publish asks for what is unknown, but not once the desk may have forgotten the key.
    if (user.name === this.#owner) return this.isPending ? this.publish() : undefined;
    this.#sending.forget();
    this.#slot?.close();
    this.#owner = user.name;
    this.#slot = await DraftSlot.open(user.name);
    this.#form.fill(this.#slot.load(this.#form.fresh(this.#form.firstEdition())));
    if (this.#draft.attempted || (this.#draft.pending && this.#sending.isTooOld(this.#draft))) this.#giveUp();
    else if (this.#draft.pending) this.#send(true);
    else if (this.holdsText) say($("outcome"), "outcome.found");
  }

  focus() {
    this.#form.focus();
  }

  /** The network or the desk went away: says that nothing goes out by itself. */
  away() {
    if (this.holdsText && !this.isPending && !this.#busy && !$("outcome").dataset.t)
      say($("outcome"), "outcome.offline");
  }

  /** The desk is there again: takes back what `away` said, and asks for what is unknown. */
  back() {
    if ($("outcome").dataset.t === "outcome.offline") showOutcome("");
    this.#sending.repeat();
  }

  /** The ticker or the desk's list has this item. @param {Item} item */
  seen(item) {
    this.#sending.seen(item);
  }

  nextEdition() {
    if (!this.isPending) this.#form.nextEdition();
  }

  /** @param {number} urgency */
  urgency(urgency) {
    if (!this.isPending) this.#form.urgency(urgency);
  }

  turn() {
    if (!this.isPending) this.#form.turn();
  }

  async publish() {
    if (this.isPending) return this.#sending.isTooOld(this.#draft) ? this.#giveUp() : this.#sending.again();
    if (this.#busy) return;
    this.#form.closeOffers();
    if (!this.#allowed) return say($("outcome"), "reporter");
    this.#busy = true;
    try {
      if (!this.#form.isComplete() || !(await this.#sure())) return;
      // A line is not put into a dead connection, from which it could leave later.
      if (!navigator.onLine && !(await this.#isReachable()))
        return showOutcome("outcome.offline", {}, "outcome.again");
    } finally {
      this.#busy = false;
    }
    await this.#send(false);
  }

  /**
   * Sends the draft and waits until its outcome is known.
   * @param {boolean} resumed an earlier page has sent it
   */
  async #send(resumed) {
    const draft = this.#draft;
    this.#check.stop();
    const sent = resumed ? undefined : performance.now();
    try {
      const done = await this.#sending.publish(draft, resumed, () => this.#save());
      this.#form.fill(this.#form.fresh(draft.edition));
      this.#page.published(done.item, sent);
      this.#done(done);
    } catch (error) {
      this.#failed(error);
    }
    this.#save();
    if (!$("signin").hidden || document.querySelector("dialog[open]")) return;
    // An answer that comes late leaves the focus where the editor has taken it.
    const { activeElement } = document;
    const isFree = activeElement === document.body || $("composer").contains(activeElement);
    if (isFree && $("retry").hidden && !$("composer").querySelector("[aria-invalid]")) this.focus();
  }

  /** @param {import("../shell/attempt.js").Done} done */
  async #done({ item, warnings, wasUnknown }) {
    showWarnings($("warnings"), warnings);
    this.#doubtful = false;
    showOutcome(wasUnknown ? "" : "outcome.done");
    if (!wasUnknown) return;
    // While its outcome was unknown, another person may have taken the line off.
    const { pubStatus, unreadable } = (await this.#page.current(item.uri)) ?? item;
    if (this.isPending || $("outcome").dataset.t) return;
    showOutcome(pubStatus === "usable" && !unreadable ? "outcome.settled" : "outcome.off");
    $("take-back").hidden = !this.#chief || pubStatus === "canceled";
    $("take-back").dataset.uri = item.uri;
  }

  /** Nobody can find out any more what became of the line: its key is forgotten, and the editor decides. */
  #giveUp(key = "outcome.old", params = {}) {
    this.#sending.release();
    this.#draft.pending = null;
    this.#draft.attempted = false;
    this.#draft.key = newKey();
    this.#doubtful = true;
    showOutcome(key, params);
    this.#save();
  }

  #isReachable() {
    return this.#desk.ready().then(
      () => true,
      () => false,
    );
  }

  /** What the desk refused; nothing was published. @param {unknown} error */
  #failed(error) {
    if (!(error instanceof RefusedError)) throw error;
    if (error.status === 401) {
      showOutcome("outcome.found");
      this.#page.expired();
    } else if (error.kind === "key-reused") {
      // An earlier wording was sent under this key.
      this.#draft.key = newKey();
      showOutcome("outcome.changed");
    } else if (wasDone(error)) {
      this.#giveUp("plain", { value: error.detail });
    } else {
      const placed = this.#form.showRefusal(error, true);
      const detail = error.detail || t("error.unknown", { status: error.status });
      showOutcome(placed ? "outcome.fields" : "outcome.refused", { detail }, placed ? "" : "outcome.again");
    }
  }

  /** Whether a flash is meant; anything else goes directly. */
  async #sure() {
    const isMeant =
      !this.#doubtful || (await ask({ title: "twice.title", words: "twice.words", yes: "twice.yes" }));
    if (!isMeant || this.#draft.urgency !== 1) return isMeant;
    const { edition } = this.#form;
    return ask({
      title: "confirm.title",
      words: "confirm.words",
      yes: "confirm.yes",
      params: { urgency: { t: "urgency.1" }, edition: edition.name },
      line: {
        parts: parts(this.#draft, this.#site),
        language: edition.language,
        direction: this.#draft.direction,
      },
    });
  }

  #listen() {
    $("composer").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.publish();
    });
    $("retry").addEventListener("click", () => this.publish());
    $("take-back").addEventListener("click", () => this.#page.withdraw($("take-back").dataset.uri));
    $("discard").addEventListener("click", () => this.#discard());
  }

  async #discard() {
    const { isPending, isUnknown } = this.#sending;
    if (this.#busy || !this.holdsText || (isPending && !isUnknown)) return this.focus();
    const draft = this.#draft;
    const isMeant = await ask(
      isUnknown
        ? { title: "clear.title", words: "clear.words", yes: "clear.yes" }
        : { title: "discard.title", words: "discard.words", yes: "discard.yes" },
    );
    // While the question stood, the outcome may have become known.
    if (isMeant && draft === this.#draft && isPending === this.isPending) {
      this.#sending.clear(draft);
      this.#doubtful = false;
      this.#form.fill(this.#form.fresh(draft.edition));
      showOutcome("");
      this.#save();
    }
    this.focus();
  }

  /** @param {boolean} isLine */
  #changed(isLine) {
    if (isLine && OVER.includes($("outcome").dataset.t ?? "")) showOutcome("");
    this.#save();
    this.#checkSoon();
  }

  #save() {
    if (this.#slot && !this.#slot.save(this.#draft) && this.holdsText && !$("outcome").dataset.t)
      say($("outcome"), "outcome.unkept");
  }

  /** Asks the desk, after a pause, what it would say to this line, so that a refusal comes before the moment it hurts. */
  #checkSoon() {
    this.#check.stop();
    say($("checked"), "");
    showWarnings($("warnings"));
    if (!this.#allowed || this.isPending || missing(this.#draft, this.#site)) return;
    this.#check.soon(async (signal) => {
      try {
        const { warnings } = await this.#desk.check(bodyOf(this.#draft, this.#site), signal);
        if (signal.aborted) return;
        showWarnings($("warnings"), warnings);
        say($("checked"), warnings ? "" : "checked.good");
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof LostError) say($("checked"), "checked.away");
        else if (error instanceof RefusedError && error.status === 422) this.#form.showRefusal(error, false);
      }
    });
  }
}

/**
 * The form of one act on one item: prefilled with what is on the wire, it sends what was changed and the version
 * that the editor saw. When somebody was faster, both wordings stand side by side and nothing typed is lost.
 */

import { newKey } from "../compose/draft.js";
import { LostError, RefusedError } from "../shell/api.js";
import { Attempt, isAct, keyMs, wasDone } from "../shell/attempt.js";
import { ask } from "../shell/confirm.js";
import { h } from "../shell/dom.js";
import { Check } from "../shell/dry-run.js";
import { say, t } from "../shell/i18n.js";
import { showWarnings } from "../shell/warnings.js";
import { ActFields } from "./act-fields.js";
import { conflictParts } from "./conflict.js";
import { NOTE_REQUIRED } from "./items.js";
import { lineOf } from "./row.js";

/** @typedef {import("./items.js").Item} Item */
/**
 * @typedef {{site: import("../compose/line.js").Site, desk: import("../shell/api.js").Desk, newest: (uri: string) => Promise<Item | undefined>,
 *   keep: (act: import("./sent-acts.js").KeptAct) => void, drop: (act: import("./sent-acts.js").KeptAct) => void,
 *   done: (item: Item, sent: number | undefined, warnings: import("../shell/api.js").Warning[]) => void, closed: () => void, expired: () => void,
 *   isOwner: () => Promise<boolean>}} Around
 *   What a form needs of the page: `newest` brings the version that was faster, `closed` gives the focus back, `keep`
 *   and `drop` hold the request through a reload for as long as its outcome is unknown.
 */

export class ActForm {
  element;
  #act;
  /** The version that this form replaces. @type {Item} */
  #base;
  /** A version that came while the form was open. @type {Item | null} */
  #faster = null;
  #around;
  #fields;
  /** As the composer's: one key until it is done, so that a repeat after a lost answer is no second act. */
  #key = newKey();
  #busy = false;
  /** The act that is on its way, or whose outcome is unknown. @type {Attempt | null} */
  #attempt = null;
  /** @type {import("./sent-acts.js").KeptAct | null} */
  #request = null;
  #cancel = h("button", { type: "button" });
  #conflict = h("div", { class: "conflict" });
  #send = h("button", { class: "main" });
  /** What became of the act; the row shows it where the form is closed before that is known. */
  status = h("p", { class: "said", role: "status" });
  #title = h("h3", { class: "act-title" });
  #check = new Check();
  #warnings = h("ul", { class: "notice", role: "status", hidden: true });

  /**
   * @param {Item} item
   * @param {string} act
   * @param {Around} around
   */
  constructor(item, act, around) {
    this.#act = act;
    this.#base = item;
    this.#around = around;
    this.#fields = new ActFields(item, act, around.site);
    this.#send.classList.toggle("danger", act === "withdraw");
    this.element = h("form", { class: "act", method: "post", novalidate: true, "data-act": act });
    this.#build();
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.element.addEventListener("keydown", (event) => this.#keydown(event));
    this.element.addEventListener("input", () => {
      this.#fields.typed();
      this.#checkSoon();
    });
  }

  get uri() {
    return this.#base.uri;
  }

  /** Whether the act was sent and its outcome is not known. */
  get isPending() {
    return this.#attempt !== null;
  }

  /** Asks now what became of the act, because a person wants to know. */
  again() {
    this.#attempt?.again();
  }

  /** Asks now if the page may still repeat the request by itself. */
  repeat() {
    this.#attempt?.repeat();
  }

  /** Asks no more. */
  stop() {
    this.#attempt?.stop();
  }

  /** Goes on with an act that an earlier page has sent. @param {import("./sent-acts.js").KeptAct} request */
  resume(request) {
    return this.#settle(request, true);
  }

  focus() {
    this.#fields.focus();
  }

  /** A newer version is on the wire while this form is open: shows it beside what is typed. @param {Item} item */
  overtaken(item) {
    if (this.#request && this.#attempt) {
      if (isAct(item, this.#request.version, this.#request.body)) this.#attempt.seen(item);
      return;
    }
    if (item.version <= this.#base.version || this.#busy) return;
    this.#faster = item;
    this.#conflict.replaceChildren(...conflictParts(item));
    this.#send.hidden = item.pubStatus === "canceled";
    say(this.#send, "act.over", { version: item.version });
    // Where the form is closed, the row still has to say that the act was refused.
    if (this.element.isConnected) say(this.status, "");
  }

  async send() {
    if (this.#attempt) return this.#attempt.again();
    if (this.#busy || this.#send.hidden) return;
    if (this.#faster) {
      // A choice that the button's words have named: this text, over that version.
      this.#base = this.#faster;
      this.#faster = null;
      this.#key = newKey();
      this.#rest();
    }
    const body = this.#complete();
    if (!body) return;
    this.#busy = true;
    try {
      if (this.#act === "withdraw" && !(await this.#sure())) return this.focus();
    } finally {
      this.#busy = false;
    }
    const { uri, version } = this.#base;
    await this.#settle({ uri, version, body, key: this.#key, sent: Date.now() }, false);
  }

  /**
   * Sends the act and waits until its outcome is known.
   * @param {import("./sent-acts.js").KeptAct} request
   * @param {boolean} resumed an earlier page has sent it
   */
  async #settle(request, resumed) {
    const { uri, version, body, key } = request;
    const { site, desk, isOwner, expired, keep, drop, done } = this.#around;
    say(this.status, "act.sending");
    this.#check.stop();
    this.#fields.lock(true);
    keep(request);
    const sent = resumed ? undefined : performance.now();
    this.#request = request;
    this.#attempt = new Attempt({
      ask: () => desk.act(uri, version, body, key),
      isOwner,
      sent: request.sent,
      keyMs: keyMs(site),
      resumed,
      onUnknown: (repeating) => {
        say(this.status, repeating ? "act.unknown" : "act.open");
        say(this.#send, "outcome.ask");
        say(this.#cancel, "close");
      },
      onExpired: expired,
    });
    try {
      const { item, warnings } = await this.#attempt.outcome;
      this.#attempt = null;
      drop(request);
      done(item, sent, warnings);
    } catch (error) {
      this.#attempt = null;
      drop(request);
      this.#fields.lock(false);
      this.#rest();
      if (this.#failed(error)) await this.#compare();
    }
  }

  /** What is to be sent, or null where something is missing, which is said. */
  #complete() {
    if (!this.#fields.isComplete(this.#base)) return null;
    const body = this.#fields.body(this.#base);
    const changes = Object.keys(body).length > 1;
    if (changes || (this.#act !== "update" && this.#act !== "refile")) return body;
    say(this.status, "act.same");
    this.focus();
    return null;
  }

  /** Asks the desk, after a pause, what it would say to another source. */
  #checkSoon() {
    this.#check.stop();
    showWarnings(this.#warnings);
    const { uri, version } = this.#base;
    const body = this.#fields.body(this.#base);
    if (!body.infoSources || this.#attempt) return;
    // The note is mostly written last, and a dry run without it would say nothing of the source.
    if (NOTE_REQUIRED.has(this.#act)) body.note ??= "…";
    this.#check.soon(async (signal) => {
      try {
        const { warnings } = await this.#around.desk.checkAct(uri, version, body, signal);
        if (!signal.aborted) showWarnings(this.#warnings, warnings);
      } catch (error) {
        // Sending it will say what is wrong.
        if (!signal.aborted && !(error instanceof RefusedError || error instanceof LostError)) throw error;
      }
    });
  }

  /**
   * Says what went wrong; true if somebody else was faster.
   * @param {unknown} error
   */
  #failed(error) {
    if (!(error instanceof RefusedError)) throw error;
    if (error.status === 401) {
      say(this.status, "");
      this.#around.expired();
    } else if (error.status === 412 || error.status === 409 || error.kind === "key-reused") {
      this.#key = newKey();
      const { detail } = error;
      say(this.status, wasDone(error) ? "plain" : "act.refused", { detail, value: detail });
      return true;
    } else {
      const [message] = this.#fields.showRefusal(error).slice(-1);
      const detail = message || error.detail || t("error.unknown", { status: error.status });
      say(this.status, "act.refused", { detail });
    }
    return false;
  }

  async #compare() {
    const newest = await this.#around.newest(this.#base.uri).catch(() => undefined);
    if (newest) this.overtaken(newest);
  }

  #sure() {
    const { language, direction } = this.#base.headline;
    return ask({
      title: "withdraw.title",
      words: "withdraw.words",
      yes: "withdraw.yes",
      line: { parts: lineOf(this.#base), language, direction },
    });
  }

  #build() {
    const why = h("p", { class: "hint" });
    say(why, `why.${this.#act}`);
    this.#cancel.addEventListener("click", () => this.#around.closed());
    const actions = h("p", { class: "actions" }, this.#send, this.#cancel);
    this.element.append(
      this.#title,
      why,
      this.#conflict,
      ...this.#fields.elements,
      this.#warnings,
      actions,
      this.status,
    );
    this.#rest();
  }

  /** The form as it is when nobody was faster. */
  #rest() {
    this.#conflict.replaceChildren();
    say(this.#title, "act.version", { act: { t: `act.${this.#act}` }, version: this.#base.version });
    say(this.#send, `act.${this.#act}`);
    say(this.#cancel, "cancel");
  }

  /** @param {KeyboardEvent} event */
  #keydown(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      if (!event.repeat) this.send();
    } else if (event.key === "Escape") this.#around.closed();
    else if (!(event.key === "Enter" && event.target instanceof HTMLTextAreaElement)) return;
    event.preventDefault();
    event.stopPropagation();
  }
}

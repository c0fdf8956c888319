/**
 * Acts that an earlier page sent, in a list of their own: those on items that have no row, until their outcome is known;
 * and those that are too old to be repeated, until the person removes them.
 */

import { Attempt } from "../shell/attempt.js";
import { $, h } from "../shell/dom.js";
import { errorText } from "../shell/error-text.js";
import { showText, showTime } from "../shell/i18n.js";

/** @import { Item, SentAct, Session, Written } from "../shell/types.d.ts" */

/**
 * @typedef {object} Options
 * @property {Session} session
 * @property {(act: SentAct) => Promise<Written>} post sends the act
 * @property {(act: SentAct) => void} forget called once an act needs no page any more
 * @property {(item: Item) => void} onDone
 */

export class UnlistedActs {
  #options;
  #section = $("unlisted");
  #list = $("unlisted-acts");
  /** @type {Set<Attempt>} */
  #pending = new Set();

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
  }

  /** Whether the outcome of one of them is unknown. */
  get isPending() {
    return this.#pending.size > 0;
  }

  repeatNow() {
    for (const attempt of this.#pending) attempt.repeatNow();
  }

  repeatIfRecent() {
    for (const attempt of this.#pending) attempt.repeatIfRecent();
  }

  /** Removes all of them from the page, because another person signs in. */
  clear() {
    for (const attempt of this.#pending) attempt.stop();
    this.#pending.clear();
    this.#list.replaceChildren();
    this.#section.hidden = true;
  }

  /** Asks for the outcome of `act` until it is known. @param {SentAct} act */
  async add(act) {
    const { session, post, forget, onDone } = this.#options;
    const { status, button } = this.#show(act, "outcome.ask");
    const attempt = new Attempt(session, (repeating) =>
      showText(status, repeating ? "act.unknown" : "act.open"),
    );
    this.#pending.add(attempt);
    button.addEventListener("click", () => attempt.repeatNow());
    const outcome = await attempt.send({
      post: () => post(act),
      sent: act.sent,
      resumed: true,
      forget: () => {
        this.#pending.delete(attempt);
        forget(act);
      },
    });
    button.remove();
    if (outcome.kind === "done") {
      showText(status, `done.${outcome.item.act}`);
      onDone(outcome.item);
    } else {
      const detail = errorText(outcome.error);
      showText(status, outcome.kind === "done-before" ? "plain" : "act.refused", { detail, value: detail });
    }
  }

  /** Shows an act that is too old to be repeated, and leaves it to the person. @param {SentAct} act */
  addOld(act) {
    const { row, status, button } = this.#show(act, "act.remove");
    showText(status, "act.old");
    button.addEventListener("click", () => {
      this.#options.forget(act);
      row.remove();
      this.#section.hidden = !this.#list.hasChildNodes();
      $("filter").focus();
    });
  }

  /**
   * @param {SentAct} act
   * @param {string} buttonText
   */
  #show(act, buttonText) {
    const title = h("b");
    showText(title, `act.${act.body.act}`);
    const time = h("time");
    showTime(time, act.sent);
    const { headline, infoSources, note } = act.body;
    const values = [infoSources?.[0]?.name, headline, note];
    const words = values.flatMap((value) => (value ? [" · ", h("bdi", {}, value)] : []));
    const status = h("p", { class: "act-status", role: "status" });
    const button = h("button", { type: "button", class: "quiet" });
    showText(button, buttonText);
    const row = h("li", { "data-uri": act.uri }, title, " · ", time, ...words, status, button);
    this.#list.append(row);
    this.#section.hidden = false;
    return { row, status, button };
  }
}

/**
 * Acts that an earlier page has sent, in a list of their own: those on items that the desk cannot show, which have no
 * row, until their outcome is known; and those that are too old to be asked for, until the person removes them.
 */

import { RefusedError } from "../shell/api.js";
import { Attempt, wasDone } from "../shell/attempt.js";
import { $, h } from "../shell/dom.js";
import { say, t, tell } from "../shell/i18n.js";

/** @typedef {import("./sent-acts.js").KeptAct} KeptAct */
/**
 * @typedef {{keyMs: number, ask: (act: KeptAct) => Promise<import("../shell/api.js").Written>, isOwner: () => Promise<boolean>, expired: () => void,
 *   drop: (act: KeptAct) => void, done: (item: import("./items.js").Item) => void}} Around
 *   What the list needs of the page: `drop` forgets an act whose outcome is known.
 */

export class RowlessActs {
  #around;
  #section = $("rowless");
  #list = $("rowless-acts");
  /** @type {Set<Attempt>} */
  #pending = new Set();

  /** @param {Around} around */
  constructor(around) {
    this.#around = around;
  }

  /** Whether the outcome of one of them is unknown. */
  get isPending() {
    return this.#pending.size > 0;
  }

  /** Asks now for each of them, because a person wants to know. */
  again() {
    for (const attempt of this.#pending) attempt.again();
  }

  /** Asks now where the page may still repeat the request by itself. */
  repeat() {
    for (const attempt of this.#pending) attempt.repeat();
  }

  /** Another person signs in: asks for none of them any more. */
  clear() {
    for (const attempt of this.#pending) attempt.stop();
    this.#pending.clear();
    this.#list.replaceChildren();
    this.#section.hidden = true;
  }

  /** Goes on asking what became of `act`. @param {KeptAct} act */
  async add(act) {
    const { keyMs, ask, isOwner, expired, drop, done } = this.#around;
    const { status, button } = this.#show(act, "outcome.ask");
    const attempt = new Attempt({
      ask: () => ask(act),
      isOwner,
      sent: act.sent,
      keyMs,
      resumed: true,
      onUnknown: (repeating) => say(status, repeating ? "act.unknown" : "act.open"),
      onExpired: expired,
    });
    this.#pending.add(attempt);
    button.addEventListener("click", () => attempt.again());
    try {
      const { item } = await attempt.outcome;
      say(status, `done.${item.act}`);
      done(item);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      const detail = error.detail || t("error.unknown", { status: error.status });
      say(status, wasDone(error) ? "plain" : "act.refused", { detail, value: detail });
    }
    this.#pending.delete(attempt);
    button.remove();
    drop(act);
  }

  /** Shows what was entered, and that the person decides. @param {KeptAct} act */
  keep(act) {
    const { row, status, button } = this.#show(act, "act.remove");
    say(status, "act.old");
    button.addEventListener("click", () => {
      this.#around.drop(act);
      row.remove();
      this.#section.hidden = !this.#list.hasChildNodes();
      $("filter").focus();
    });
  }

  /**
   * @param {KeptAct} act
   * @param {string} does what the button says
   */
  #show(act, does) {
    const title = h("b");
    say(title, `act.${act.body.act}`);
    const time = h("time");
    tell(time, act.sent);
    const { headline, infoSources, note } = act.body;
    const entered = [infoSources?.[0]?.name, headline, note].filter(Boolean);
    const words = entered.flatMap((each) => [" · ", h("bdi", {}, each)]);
    const status = h("p", { class: "said", role: "status" });
    const button = h("button", { type: "button", class: "quiet" });
    say(button, does);
    const row = h("li", { "data-uri": act.uri }, title, " · ", time, ...words, status, button);
    this.#list.append(row);
    this.#section.hidden = false;
    return { row, status, button };
  }
}

/** The tickers of one page that ask for the same: each gets the list once, and then every message. */

import { Feed } from "./feed.js";

/** @import { Message, State } from "../types.d.ts" */
/** @import { Member } from "./types.d.ts" */

export class Group {
  #query;
  /** @type {Set<Member>} */
  #members = new Set();
  /** @type {State} */
  state = "connecting";
  reason = "";
  feed;

  /** @param {URLSearchParams} query */
  constructor(query) {
    this.#query = query;
    this.feed = new Feed(query);
  }

  get size() {
    return this.#members.size;
  }

  get isUp() {
    return this.state === "live" || this.state === "stale";
  }

  /** @param {Member} member */
  has(member) {
    return this.#members.has(member);
  }

  /** @param {Member} member @returns {boolean} whether it has its list */
  add(member) {
    this.#members.add(member);
    if (this.state !== "connecting") member.onState(this.state, this.reason);
    // The first ticker of an adopted connection receives what that brings.
    if (member.hasList && !member.cursor) return true;
    if (this.feed.hasList) this.#greet(member);
    return this.feed.hasList;
  }

  /** @param {Member} member */
  remove(member) {
    this.#members.delete(member);
  }

  /** Whether a ticker waits for its list. */
  get isWaiting() {
    return [...this.#members].some((member) => !member.hasList);
  }

  /** @param {Message} message the next one */
  read(message) {
    this.feed.read(message);
    for (const member of this.#members) {
      if (!member.hasList) continue;
      member.cursor = this.feed.cursor;
      member.onMessage(message);
    }
    this.greetAll();
  }

  /** A list that was fetched apart from the stream. @param {Message} snapshot */
  readApart(snapshot) {
    this.feed.readApart(snapshot);
    this.greetAll();
  }

  /** Forgets what has come, because its list was not among it. */
  reset() {
    this.feed = new Feed(this.#query);
  }

  greetAll() {
    if (!this.feed.hasList) return;
    for (const member of this.#members) if (!member.hasList) this.#greet(member);
  }

  /** @param {Member} member */
  #greet(member) {
    const list = /** @type {Message} */ (this.feed.first());
    const first = this.feed.first(member.cursor) ?? { ...list, complete: false };
    member.hasList = true;
    member.cursor = this.feed.cursor;
    member.onMessage(first);
  }

  /** @param {State} state @param {string} reason */
  report(state, reason) {
    if (state === this.state && reason === this.reason) return;
    this.state = state;
    this.reason = reason;
    for (const member of this.#members) member.onState(state, reason);
  }
}

/** The tickers of one page that ask for the same: each gets the list once, and then every message. */

import { Feed } from "./feed.js";
import { Kept } from "./kept.js";

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
  kept;
  /** Whether a line may have left the list since it was kept. */
  #mustKeep = false;

  /** @param {URL} url with the filters */
  constructor(url) {
    this.#query = url.searchParams;
    this.feed = new Feed(this.#query);
    this.kept = new Kept(url);
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

  /** @param {Member} member */
  add(member) {
    this.#members.add(member);
    if (this.state !== "connecting") member.onState(this.state, this.reason);
    // The first ticker of an adopted connection receives what that brings.
    if (member.hasList && !member.cursor) member.cursor = this.feed.cursor;
    else if (this.feed.hasList) this.#greet(member);
  }

  /** @param {Member} member */
  remove(member) {
    this.#members.delete(member);
  }

  /** @param {Message} message the next one */
  read(message) {
    this.feed.read(message);
    this.#mustKeep ||= Boolean(
      [message.item, ...(message.items ?? [])].some((item) => item && item.pubStatus !== "usable"),
    );
    for (const member of this.#members) {
      if (!member.hasList) continue;
      member.cursor = this.feed.cursor;
      member.onMessage(message);
    }
    this.greetAll();
  }

  /** Keeps the list for the next visit. @param {boolean} [isUrgent] not in some seconds but now */
  keep(isUrgent = this.#mustKeep) {
    if (!this.feed.hasList || this.state !== "live") return;
    this.#mustKeep = false;
    this.kept.save(() => /** @type {Message} */ (this.feed.first()), isUrgent);
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

/**
 * The tickers of one page that ask for the same, and their part in the election. The leader is connected and sends
 * each message to the other pages; a follower asks it for a first message with its cursor, and then receives the rest.
 */

import { fetchList } from "./apart.js";
import { Election } from "./election.js";
import { Group } from "./group.js";
import { announceSharing } from "./memory.js";
import { Upstream } from "./upstream.js";

/** @import { Connection } from "../connection.js" */
/** @import { ConnectionOptions, Message, State } from "../types.d.ts" */
/** @import { Member, Note } from "./types.d.ts" */
/** @typedef {ReturnType<typeof setTimeout> | undefined} Timer */

/** In milliseconds. A leader that does not answer within it hangs, and is replaced. */
const ANSWER_LIMIT = 1500;
/** As in `connection.js`, and a second for the way. */
const SILENT_HEARTBEATS = 2.5;
const SPARE = 1000;

export class Hub {
  #url;
  #upstream;
  #group;
  #election;
  #name;
  #id = crypto.getRandomValues(new Uint32Array(2)).join("-");
  /** @type {BroadcastChannel | undefined} */
  #channel;
  #isOpen = false;
  #isLeader = false;
  /** Whether another page has taken the lead, and no leader has answered since. */
  #wasReplaced = false;
  /** The hub that leads, if another does. */
  #leader = "";
  /** Whether the leader has answered, so that its next messages continue the list. */
  #follows = false;
  /** Messages of the leader that arrive while a list is fetched. @type {Message[] | undefined} */
  #held;
  /** Followers that wait for the first list, with their cursors. @type {Map<string, string>} */
  #waiting = new Map();
  /** @type {{ answer?: Timer, silence?: Timer }} */
  #timers = {};

  /** @param {Connection} connection one of the kind to make @param {ConnectionOptions} options of it @param {URL} url */
  constructor(connection, options, url) {
    this.#url = url;
    this.#group = new Group(url);
    this.#name = `breaking-ticker ${url.href}`;
    this.#election = new Election(
      this.#name,
      () => this.#lead(),
      () => this.#loseLead(),
    );
    const handlers = {
      onMessage: (/** @type {Message} */ message) => this.#read(message),
      onState: (/** @type {State} */ state, /** @type {string} */ reason) => this.#report(state, reason),
    };
    const newest = () => this.#group.feed.cursor;
    this.#upstream = new Upstream(connection, { ...options, ...handlers }, url, newest);
  }

  /**
   * Takes over a ticker's connection that is open.
   * @param {Connection} connection @param {ConnectionOptions} options @param {State} state @param {string} reason
   * @returns {boolean} false if the hub has another
   */
  adopt(connection, options, state, reason) {
    if (this.#upstream.isOpen || this.#follows) return false;
    this.#upstream.adopt(connection, options);
    const { cursor, heartbeat } = connection;
    const [items = [], now = Date.now()] = options.list?.() ?? [];
    const rest = { time: new Date(now).toISOString(), stale: state === "stale" };
    if (cursor) {
      this.#group.feed.read({ type: "snapshot", cursor, heartbeat, items, ...rest });
      // Other tickers of the page may have come first, and wait for it.
      this.#group.greetAll();
      this.#answerAll();
    }
    this.#report(state, reason);
    return true;
  }

  /** The list for the next visit. */
  get kept() {
    return this.#group.kept;
  }

  /** @param {Member} member */
  has(member) {
    return this.#group.has(member);
  }

  /** @param {Member} member */
  add(member) {
    this.open();
    this.#group.add(member);
  }

  /** @param {Member} member @returns {boolean} whether it was the last */
  remove(member) {
    this.#group.remove(member);
    if (!this.#group.size) this.close();
    return !this.#group.size;
  }

  open() {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#wasReplaced = false;
    this.#channel = Election.channel(this.#name);
    if (this.#channel) {
      this.#channel.onmessage = ({ data }) => this.#hear(data);
      this.#election.stand(false);
      this.#ask(false);
    } else this.#lead();
  }

  /** Leaves the election; the list stays for the next `open`. */
  close() {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#isLeader) {
      this.#group.keep(true);
      announceSharing(false, this.#url.host);
      this.#post({ leads: false });
    }
    this.#election.withdraw();
    this.#disconnect();
    this.#channel?.close();
    this.#channel = undefined;
    this.#stopWaiting();
    clearTimeout(this.#timers.silence);
  }

  /** Looks after the connection: the page has come to the front, or the network is back. */
  wake() {
    if (!this.#isOpen) this.open();
    else if (this.#isLeader) this.#upstream.wake();
    else if (!this.#timers.answer) this.#ask(true);
  }

  /** @param {Omit<Note, "from">} note */
  #post(note) {
    try {
      this.#channel?.postMessage({ ...note, from: this.#id });
    } catch {}
  }

  #lead() {
    this.#isLeader = true;
    this.#stopWaiting();
    clearTimeout(this.#timers.silence);
    announceSharing(true, this.#url.host);
    this.#post({ leads: true });
    if (this.#upstream.isOpen) return;
    if (this.#group.isUp) this.#report("catching-up", "");
    this.#upstream.open();
  }

  #loseLead() {
    this.#disconnect();
    // Two pages that do not hear or understand each other would replace each other without end.
    if (this.#wasReplaced) return this.#leadAlone();
    this.#wasReplaced = true;
    this.#election.stand(false);
    this.#ask(false);
  }

  /** Connects without the other pages, until the next `open`. */
  #leadAlone() {
    this.#election.withdraw();
    this.#channel?.close();
    this.#channel = undefined;
    this.#lead();
  }

  #disconnect() {
    this.#isLeader = this.#follows = false;
    this.#held = undefined;
    this.#waiting.clear();
    this.#upstream.close();
  }

  /** @param {boolean} wakes */
  #ask(wakes) {
    this.#post({ asks: this.#group.feed.cursor, wakes });
    this.#stopWaiting();
    this.#timers.answer = setTimeout(() => this.#replaceLeader(), ANSWER_LIMIT);
    this.#watch();
  }

  #stopWaiting() {
    clearTimeout(this.#timers.answer);
    this.#timers.answer = undefined;
  }

  /** Takes the lock if a reader may look at this page; a hidden one looks again when it comes to the front. */
  #replaceLeader() {
    this.#stopWaiting();
    if (document.hidden) return;
    // Where the browser neither gives nor refuses the lock.
    this.#timers.answer = setTimeout(() => this.#leadAlone(), 2 * ANSWER_LIMIT);
    this.#election.stand(true);
  }

  /** The leader's page may be hidden, and its timers late, so a follower looks after the silence too. */
  #watch() {
    clearTimeout(this.#timers.silence);
    const limit = this.#group.feed.heartbeat * SILENT_HEARTBEATS * 1000 + SPARE;
    this.#timers.silence = setTimeout(() => this.#ask(this.#group.isUp), limit);
  }

  /** @param {Note} note */
  #hear(note) {
    const { from, to, leads, asks, message } = note ?? {};
    if (!from) return;
    if (asks != null) {
      if (!this.#isLeader) return;
      if (note.wakes) this.#upstream.wake();
      this.#answer(from, asks);
    } else if (this.#isLeader) {
      // Of a leader that does not know yet that it was replaced.
    } else if (leads != null) {
      this.#leader = from;
      this.#follows = false;
      this.#ask(false);
    } else if (to === this.#id && note.isReady != null) {
      this.#leader = from;
      this.#stopWaiting();
      this.#watch();
      if (note.isReady) this.#follow(note);
      else this.#hearState(note);
    } else if (!to && from === this.#leader) {
      this.#watch();
      if (note.state) this.#hearState(note);
      if (message && this.#held) this.#held.push(message);
      else if (message && this.#follows) this.#read(message);
    }
  }

  /** @param {Note} note */
  #hearState({ state = "connecting", reason = "", isHidden }) {
    this.#report(state, reason);
    if (isHidden && !this.#group.isUp && !reason) this.#replaceLeader();
  }

  /** The leader's first message, after which its others continue the list. @param {Note} note */
  async #follow(note) {
    this.#follows = true;
    this.#wasReplaced = false;
    // This page may have connected before it knew of the leader.
    this.#upstream.close();
    if (note.first) this.#read(note.first);
    else {
      /** @type {Message[]} */
      const held = [];
      this.#held = held;
      const list = await fetchList(this.#url, this.#group.feed.cursor);
      if (this.#held !== held) return;
      this.#held = undefined;
      if (!list) return this.#replaceLeader();
      for (const message of [list, ...held]) this.#read(message);
    }
    this.#hearState(note);
  }

  /** @param {string} to @param {string} cursor */
  #answer(to, cursor) {
    const { feed, state, reason } = this.#group;
    const isReady = feed.hasList;
    if (!isReady) this.#waiting.set(to, cursor);
    const first = isReady ? feed.first(cursor) : undefined;
    this.#post({ to, isReady, first, state, reason, isHidden: document.hidden });
  }

  /** @param {Message} message of the node, directly or by the leader */
  #read(message) {
    this.#group.read(message);
    if (this.#isLeader) {
      this.#post({ message });
      this.#group.keep();
    }
    if (this.#group.feed.hasList) this.#answerAll();
  }

  #answerAll() {
    for (const [id, cursor] of this.#waiting) this.#answer(id, cursor);
    this.#waiting.clear();
  }

  /** @param {State} state @param {string} reason */
  #report(state, reason) {
    if (this.#isLeader) this.#post({ state, reason, isHidden: document.hidden });
    this.#group.report(state, reason);
  }
}

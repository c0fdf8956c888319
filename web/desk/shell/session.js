/** Notices the end of a session at once, wherever it was ended, and announces it before its time is over. */

import { $ } from "./dom.js";
import { isDeskError, RefusedError } from "./errors.js";
import { showText } from "./i18n.js";

/** @import { User } from "./types.d.ts" */

/** How often the session is checked, in milliseconds: another person or another tab may end it. */
const PERIOD_MS = 5000;
const HIDDEN_PERIOD_MS = 30_000;
/** How long before its end a session's end is announced. */
const NOTICE_MS = 10 * 60_000;

export class SessionWatch {
  #api;
  #onEnd;
  #onRights;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isRunning = false;
  /** The name of the person who signed in on this page. */
  #owner = "";
  #rights = "";
  /** Counts the sessions: a late answer may belong to an earlier one. */
  #round = 0;

  /**
   * @param {import("./api.js").DeskApi} api
   * @param {() => void} onEnd called once for each session
   * @param {() => void} onRights called when the same person has another role or other editions
   */
  constructor(api, onEnd, onRights) {
    this.#api = api;
    this.#onEnd = onEnd;
    this.#onRights = onRights;
    $("session-keep").addEventListener("click", () => this.#keep());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#isRunning) this.check();
    });
  }

  /** Watches the session of `user`, who has just signed in. @param {User} user */
  start(user) {
    this.#isRunning = true;
    this.#owner = user.name;
    this.#rights = rightsOf(user);
    this.#round += 1;
    this.#plan(user);
  }

  stop() {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    $("session-notice").hidden = true;
  }

  /** Asks the desk whether the session is still in force. */
  async check() {
    clearTimeout(this.#timer);
    const round = this.#round;
    let user;
    try {
      user = await this.#api.session();
      // All tabs share the cookie: another person signed in, and what is typed here is not theirs.
      const isOther = user.name !== this.#owner;
      const isPresent = round === this.#round && this.#isRunning;
      if (isOther && isPresent) return this.#onEnd();
      if (isPresent && rightsOf(user) !== this.#rights) return this.#onRights();
    } catch (error) {
      // Only the desk ends a session: while it cannot be reached or has lost its database, the page stays open.
      const isEnded = error instanceof RefusedError && error.status === 401;
      if (isEnded && round === this.#round && this.#isRunning) return this.#onEnd();
    }
    if (round === this.#round && this.#isRunning) this.#plan(user);
  }

  /** Use of the page prolongs a session; a person who only reads says so here. */
  async #keep() {
    try {
      const user = await this.#api.request("POST", "/v1/session/keep", { body: {} });
      if (this.#isRunning) this.#plan(user);
    } catch (error) {
      if (!isDeskError(error)) throw error;
      this.check();
    }
  }

  /** Plans the next check: at the session's end, or earlier. @param {User | undefined} user */
  #plan(user) {
    clearTimeout(this.#timer);
    const period = document.hidden ? HIDDEN_PERIOD_MS : PERIOD_MS;
    const left = 1000 * (user?.endsIn ?? Number.POSITIVE_INFINITY);
    if (user) {
      $("session-notice").hidden = left > NOTICE_MS;
      if (left <= NOTICE_MS)
        showText($("session-words"), "session.ends", { time: { moment: Date.now() + left, form: "clock" } });
      // Its idle time can be prolonged, and its longest time cannot.
      $("session-keep").hidden = !user.idleExpires || user.idleExpires >= (user.expires ?? "");
    }
    this.#timer = setTimeout(() => this.check(), Math.min(period, left + 50));
  }
}

/** What a person may do, to be compared. @param {User} user */
const rightsOf = ({ role, editions }) => JSON.stringify([role, editions ?? null]);

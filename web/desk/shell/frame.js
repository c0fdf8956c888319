/**
 * What all pages of the desk share: language, session, navigation, the desk's status line, and signing in and out.
 *
 * When a session ends the page is hidden and stays as it is, so that nothing that was typed is lost.
 */

import { StopNotice } from "../kill/stops.js";
import { SignIn } from "../sign-in/sign-in.js";
import { DeskApi } from "./api.js";
import { askConfirmation } from "./confirm.js";
import { $ } from "./dom.js";
import { LostError, RefusedError } from "./errors.js";
import { removeOldDrafts } from "./field-draft.js";
import { currentLanguage, setLanguage, showText, startLanguage } from "./i18n.js";
import { restoreEntries } from "./journal.js";
import { mayUse, showNavigation } from "./navigation.js";
import { SessionWatch } from "./session.js";
import { ReadinessCheck, showStatus } from "./status.js";

/** @import { User } from "./types.d.ts" */

/** Time between two attempts to reach the desk at the start, in milliseconds. */
const RETRY_MS = 2000;

/**
 * @typedef {object} Page
 * @property {string[]} ids the elements that only a person who is signed in sees; the first one is the page's content
 * @property {(user: User) => Promise<void>} enter called after each sign-in, before the page is shown
 * @property {() => void} [shown] called when the page is visible, to set the focus
 * @property {() => void} [leave] called when the session has ended
 * @property {() => void} [forget] called after signing out: removes what only people who are signed in may see
 * @property {() => boolean} [isPending] whether the outcome of something that was sent is unknown
 * @property {() => string} [unsent] the key of a sentence about what is kept, for a person whose session has ended
 * @property {(isReady: boolean) => void} [ready] called when the desk's readiness changes
 */

export class Frame {
  #page;
  #signIn;
  #watch;
  #readiness;
  #stops;
  /** @type {User | null} */
  user = null;
  /** @type {Promise<void> | undefined} */
  #restored;

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
    this.api = new DeskApi(currentLanguage, (reachable) => {
      if (!reachable) showStatus("desk", "offline");
    });
    this.#signIn = new SignIn(this.api, (user) => this.#enter(user));
    this.#watch = new SessionWatch(
      this.api,
      () => this.#handleEnd(),
      () => this.#handleRights(),
    );
    this.#readiness = new ReadinessCheck(this.api, (isReady) => page.ready?.(isReady));
    this.#stops = new StopNotice(this.api);
    startLanguage();
    $("language").value = currentLanguage();
    $("language").addEventListener("change", () => setLanguage($("language").value));
    $("signout").addEventListener("click", () => this.#signOut());
    showStatus("desk", "connecting");
    addEventListener("beforeunload", (event) => {
      if (page.isPending?.()) event.preventDefault();
    });
  }

  /** Whether a person is signed in and sees the page. */
  get isOpen() {
    return !this.#content.hidden;
  }

  /** Opens the page if the browser has a session, and otherwise shows the sign-in. */
  async start() {
    this.#restored ??= restoreEntries();
    // Before anything reads what was typed: a killed browser may have it in the second copy alone.
    await this.#restored;
    this.#readiness.run();
    const code = SignIn.code();
    if (code) return this.#signIn.show({ code });
    try {
      await this.#enter(await this.api.session());
    } catch (error) {
      if (error instanceof RefusedError) this.#signIn.show();
      else if (error instanceof LostError) setTimeout(() => this.start(), RETRY_MS);
      else throw error;
    }
  }

  /** Shows the sign-in in place: what the person wants to do needs a fresh one. */
  signInAgain() {
    this.#close();
    this.#signIn.show();
  }

  /** Checks now whether the desk is ready. */
  checkReadiness() {
    return this.#readiness.run();
  }

  /** Whether the session still belongs to the person signed in here: another tab may have changed it for all tabs. */
  async isOwner() {
    return (await this.api.session()).name === this.user?.name;
  }

  /** The outcome of something that was sent is known now: a sign-in that is shown must say so. */
  handleOutcome() {
    this.#signIn.showUnsent();
  }

  /** An answer says that no session is in force. It may be a late one to a request of an earlier session. */
  async handleUnauthorized() {
    if (this.isOpen) await this.#watch.check();
  }

  /** The session has ended: shows the sign-in, and keeps everything that was typed. */
  #handleEnd() {
    this.#close();
    const unsent = () => (this.#page.isPending?.() ? "sign.unknown" : (this.#page.unsent?.() ?? ""));
    this.#signIn.show({ expired: true, unsent });
  }

  /** The same person has signed in with other rights in another tab: the page begins again, with what was typed. */
  #handleRights() {
    this.#close();
    this.start();
  }

  get #content() {
    return $(this.#page.ids[0] ?? "");
  }

  /** @param {User} user */
  async #enter(user) {
    this.user = user;
    removeOldDrafts(user.name);
    const needed = document.documentElement.dataset.role ?? "";
    showNavigation(user.role);
    showText($("user"), "sign.who", { name: user.name, role: { t: `desk.${user.role}` } });
    const isAllowed = mayUse(user.role, needed);
    if (isAllowed) await this.#page.enter(user);
    else showText($("forbidden-why"), "forbidden.why", { role: { t: `desk.${needed}` } });
    this.#signIn.hide();
    $("forbidden").hidden = isAllowed;
    for (const id of ["signout", "user", "pages"]) $(id).hidden = false;
    for (const id of this.#page.ids) $(id).hidden = !isAllowed;
    this.#watch.start(user);
    this.#stops.start();
    if (isAllowed) this.#page.shown?.();
  }

  async #signOut() {
    const question = { title: "leave.title", words: "leave.words", yes: "leave.yes" };
    if (this.#page.isPending?.() && !(await askConfirmation(question))) return;
    try {
      await this.api.signOut();
    } catch (error) {
      if (error instanceof LostError) return this.#readiness.run();
      if (!(error instanceof RefusedError)) throw error;
    }
    this.#close();
    this.#page.forget?.();
    this.#signIn.show();
  }

  #close() {
    this.#watch.stop();
    this.#stops.stop();
    this.#page.leave?.();
    for (const id of ["signout", "user", "pages", "forbidden", ...this.#page.ids]) $(id).hidden = true;
  }
}

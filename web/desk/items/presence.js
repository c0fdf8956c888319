/** Who else is at work: tells the desk what this page has open, and shows the others on the rows and in the bar. */

import { $ } from "../shell/dom.js";
import { isDeskError } from "../shell/errors.js";
import { showText } from "../shell/i18n.js";
import { newKey } from "../shell/storage.js";

/** @import { Person } from "../shell/types.d.ts" */

/** The desk forgets a page 20 s after its last report, in milliseconds. */
const PERIOD_MS = 5000;

export class Presence {
  #api;
  #onPeople;
  #page = newKey();
  #owner = "";
  /** Whether the person who opened this page is signed in: another one's session must not report what is open here. */
  #isRunning = false;
  #open = { uri: "", act: "" };
  /** @type {Person[]} */
  #people = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {import("../shell/api.js").DeskApi} api
   * @param {() => void} onPeople called when the people or what they have open has changed
   */
  constructor(api, onPeople) {
    this.#api = api;
    this.#onPeople = onPeople;
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", () => this.#report());
  }

  /** @param {string} owner the name of the person signed in */
  start(owner) {
    this.#owner = owner;
    this.resume();
  }

  /** The person has signed in again. */
  resume() {
    this.#isRunning = this.#owner !== "";
    this.#report();
  }

  /** The session has ended: leaves the list of the others. */
  stop() {
    this.#leave();
    this.#isRunning = false;
  }

  #leave() {
    clearTimeout(this.#timer);
    if (this.#isRunning) this.#api.leave(this.#page);
  }

  /** Reports the form that is open; both are empty if none is. @param {string} uri @param {string} act */
  open(uri, act) {
    if (this.#open.uri === uri && this.#open.act === act) return;
    this.#open = { uri, act };
    this.#report();
  }

  /**
   * The others who have a form of this item open.
   * @param {string} uri
   * @returns {Person[]}
   */
  on(uri) {
    return this.#people.filter((person) => person.uri === uri);
  }

  async #report() {
    clearTimeout(this.#timer);
    if (!this.#isRunning) return;
    try {
      const people = await this.#api.reportPresence({ page: this.#page, ...this.#open });
      const others = people.filter(({ page }) => page !== this.#page);
      const isSame = JSON.stringify(others.map(summary)) === JSON.stringify(this.#people.map(summary));
      this.#people = others;
      if (!isSame) this.#show();
    } catch (error) {
      // Nobody is shown who may have left since.
      if (!isDeskError(error)) throw error;
      this.#people = [];
      this.#show();
    }
    clearTimeout(this.#timer);
    if (this.#isRunning) this.#timer = setTimeout(() => this.#report(), PERIOD_MS);
  }

  #show() {
    const names = [...new Set(this.#people.map(({ name }) => name))].filter((name) => name !== this.#owner);
    $("people").hidden = names.length === 0;
    showText($("people"), names.length ? "people.here" : "", { names: { list: names } });
    this.#onPeople();
  }
}

/** @param {Person} person */
function summary({ page, name, uri, act }) {
  return [page, name, uri, act];
}

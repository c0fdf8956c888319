/** The bar below the header that says what is stopped, by whom and why, on every page of the desk. */

import { $, h } from "../shell/dom.js";
import { isDeskError } from "../shell/errors.js";
import { showText } from "../shell/i18n.js";

/** @typedef {{id: string, scope: string, name: string, by: string, reason: string, since: string}} Stop */

/** Time between two looks, in milliseconds. */
const PERIOD_MS = 2000;
const HIDDEN_PERIOD_MS = 15_000;

export class StopNotice {
  #api;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isRunning = false;
  #shown = "";
  /** @type {import("../shell/types.d.ts").Site["editions"] | undefined} */
  #editions;

  /** @param {import("../shell/api.js").DeskApi} api */
  constructor(api) {
    this.#api = api;
    document.addEventListener("stops-changed", () => this.look());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.look();
    });
  }

  start() {
    this.#isRunning = true;
    this.look();
  }

  stop() {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    this.#show([]);
  }

  /** Asks the desk what is stopped. */
  async look() {
    clearTimeout(this.#timer);
    if (!this.#isRunning) return;
    try {
      const stops = await this.#api.stops();
      const named = await Promise.all(stops.map((/** @type {Stop} */ stop) => this.#named(stop)));
      if (this.#isRunning) this.#show(named);
    } catch (error) {
      // What was shown stays: a stop does not end because the desk cannot be asked.
      if (!isDeskError(error)) throw error;
    }
    if (!this.#isRunning) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.look(), document.hidden ? HIDDEN_PERIOD_MS : PERIOD_MS);
  }

  /** The stop with the name of its edition in place of the id. @param {Stop} stop */
  async #named(stop) {
    if (stop.scope !== "edition") return stop;
    this.#editions ??= (await this.#api.site()).editions;
    return { ...stop, name: this.#editions[stop.name]?.name ?? stop.name };
  }

  /** @param {Stop[]} stops */
  #show(stops) {
    const shown = JSON.stringify(stops);
    // A screen reader reads the bar again whenever it changes.
    if (shown === this.#shown || (!this.#shown && !stops.length)) return;
    this.#shown = stops.length ? shown : "";
    $("stops").replaceChildren(...stops.map(stopLine));
    $("stops").hidden = stops.length === 0;
    document.dispatchEvent(new CustomEvent("stops-shown", { detail: stops }));
  }
}

/** One stop as a sentence with its reason. @param {Stop} stop */
export function stopLine(stop) {
  const [what, why] = [h("b"), h("span")];
  showText(what, `stop.${stop.scope}`, { name: stop.name });
  const time = stop.since ? { moment: stop.since, form: /** @type {const} */ ("clock") } : "";
  showText(why, "stop.why", { by: stop.by, time, reason: stop.reason });
  return h("p", {}, what, " ", why);
}

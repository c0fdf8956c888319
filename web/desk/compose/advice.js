/**
 * What should be looked at in a line while it is typed: the page's own checks at once, the desk's after a short pause.
 * Advice never refuses anything; what asks first is shown again in the question before publishing.
 */

import { isDeskError, RefusedError } from "../shell/errors.js";
import { editionDoubt } from "./edition-doubt.js";
import { invisibleMarks } from "./marks.js";
import { splitAsTyped } from "./split.js";

/** @import { Draft, Site, Warning } from "../shell/types.d.ts" */

/**
 * @typedef {object} Advice
 * @property {string} code
 * @property {import("../shell/i18n.js").Param} message
 * @property {boolean} [ask] publishing asks first
 * @property {number} [start] in code points of the line
 * @property {number} [end]
 * @property {string} [fix] replaces what is between `start` and `end`
 * @property {string} [edition] the edition that the text seems to be for
 */

/** The desk answers within a few milliseconds; a pause of this length is between two words. */
const PAUSE_MS = 180;
/** What the page says itself, at once. */
export const OWN_ADVICE = new Set(["edition-script", "edition-language", "invisible-marks"]);

/**
 * The page's own advice about `draft`.
 * @param {Draft} draft
 * @param {Site} site
 * @returns {Advice[]}
 */
export function ownAdvice(draft, site) {
  const { text } = splitAsTyped(draft.line, site.sources);
  const advice = editionAdvice(text, draft.edition, site);
  const { length } = invisibleMarks(draft.line);
  if (length > 0)
    advice.push({ code: "invisible-marks", message: { t: "advice.marks", p: { count: length } } });
  return advice;
}

/**
 * Whether a text seems to be for another edition.
 * @param {string} text without its source
 * @param {string} edition
 * @param {Site} site
 * @returns {Advice[]}
 */
export function editionAdvice(text, edition, site) {
  const doubt = editionDoubt(text, edition, site.editions);
  if (!doubt) return [];
  const name = site.editions[edition]?.name ?? edition;
  const other = doubt.edition;
  const message = other
    ? { t: "advice.edition", p: { edition: name, other: site.editions[other]?.name ?? other } }
    : { t: "advice.script", p: { edition: name } };
  return [{ code: `edition-${doubt.kind}`, message, ask: true, ...(other ? { edition: other } : {}) }];
}

export class DeskAdvice {
  #api;
  #onAdvice;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #controller = new AbortController();
  /** The desk's advice about the draft that was asked about last. @type {Advice[]} */
  advice = [];

  /**
   * @param {import("../shell/api.js").DeskApi} api
   * @param {() => void} onAdvice called when `advice` has changed
   */
  constructor(api, onAdvice) {
    this.#api = api;
    this.#onAdvice = onAdvice;
  }

  /** Forgets the advice and asks for none. */
  clear() {
    clearTimeout(this.#timer);
    this.#controller.abort();
    this.advice = [];
  }

  /** Asks about `draft` after a short pause. @param {Draft} draft */
  plan(draft) {
    clearTimeout(this.#timer);
    this.#controller.abort();
    const controller = new AbortController();
    this.#controller = controller;
    this.#timer = setTimeout(() => this.#ask(draft, controller.signal), PAUSE_MS);
  }

  /**
   * @param {Draft} draft
   * @param {AbortSignal} signal
   */
  async #ask(draft, signal) {
    const { line, edition, urgency, role } = draft;
    try {
      const body = { text: line, edition, urgency, ...(role ? { role } : {}) };
      const { warnings } = await this.#api.similar(body, signal);
      if (signal.aborted) return;
      this.advice = warnings.filter((/** @type {Warning} */ { code }) => !OWN_ADVICE.has(code));
      this.#onAdvice();
    } catch (error) {
      if (signal.aborted) return;
      // Without the desk there is no advice; publishing says so itself.
      if (!isDeskError(error)) throw error;
      if (error instanceof RefusedError && error.status === 429)
        this.#timer = setTimeout(() => this.#ask(draft, signal), error.wait);
    }
  }
}

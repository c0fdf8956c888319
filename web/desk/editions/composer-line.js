/** The composer's line as the panel of several editions reads and changes it. */

import { publishBody } from "../compose/line.js";
import { showOutcome } from "../compose/outcome.js";
import { dueOf } from "../compose/times.js";

/** @import { Draft, PublishBody, Site } from "../shell/types.d.ts" */

export class ComposerLine {
  #form;
  #site;

  /**
   * @param {import("../compose/draft-form.js").DraftForm} form
   * @param {Site} site
   */
  constructor(form, site) {
    this.#form = form;
    this.#site = site;
  }

  get draft() {
    return this.#form.draft;
  }

  get urgency() {
    return this.draft.urgency;
  }

  /** When the line leaves; empty if at once. */
  get due() {
    return dueOf(this.draft);
  }

  get isEmpty() {
    return !this.#form.hasText;
  }

  /** The request of the line with everything chosen for it. */
  body() {
    return publishBody(this.draft, this.#site);
  }

  /** @param {string} edition @param {string} line @param {string} role */
  setLine(edition, line, role) {
    const { draft } = this;
    if (draft.edition === edition && draft.line === line && draft.role === role) return;
    const { direction } = draft.edition === edition ? draft : (this.#site.editions[edition] ?? draft);
    this.#form.fill({ ...draft, edition, line, role, direction });
  }

  /** Frees the composer for the next line, and returns the draft that was sent. */
  takeDraft() {
    const { draft } = this;
    this.#form.fill(this.#form.emptyDraft(draft));
    return draft;
  }

  /** Puts a line back that was not published. @param {Draft} draft */
  putBack(draft) {
    this.#form.fill(draft);
  }

  /** The draft of a request that an earlier page sent. @param {PublishBody} body @returns {Draft} */
  draftOf({ text, edition, urgency, role = "", sections = [], places = [], link = "", direction }) {
    const empty = this.#form.emptyDraft({ edition, urgency });
    return { ...empty, line: text, role, sections, places, link, direction };
  }

  /** @param {number} urgency */
  setUrgency(urgency) {
    this.#form.setUrgency(urgency);
  }

  /** @param {string} key @param {import("../shell/i18n.js").Params} [params] */
  say(key, params) {
    showOutcome(key, params);
  }

  focus() {
    this.#form.focus();
  }
}

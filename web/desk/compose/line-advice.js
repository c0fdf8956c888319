/** All advice about the line in the field: the page's own, the desk's while typing, and that of a check before sending. */

import { DeskAdvice, ownAdvice } from "./advice.js";
import { showAdvice } from "./advice-list.js";
import { LineCheck } from "./line-check.js";

/** @import { Draft, Site, Warning } from "../shell/types.d.ts" */
/** @import { Advice } from "./advice.js" */
/** @import { DraftForm } from "./draft-form.js" */

export class LineAdvice {
  #site;
  #form;
  #check;
  #desk;
  /** Of the check of this line, or of the answer to the line before it. @type {Warning[]} */
  #warnings = [];
  #removeMarks;

  /**
   * @param {Site} site
   * @param {import("../shell/api.js").DeskApi} api
   * @param {() => DraftForm} form
   * @param {() => void} removeMarks
   */
  constructor(site, api, form, removeMarks) {
    this.#site = site;
    this.#form = form;
    this.#removeMarks = removeMarks;
    this.#check = new LineCheck(site, api, {
      onRefused: (error) => form().showErrors(error, false),
      onWarnings: (warnings) => this.show(warnings),
    });
    this.#desk = new DeskAdvice(api, () => this.show());
  }

  /** What the desk says about the readers of the line. */
  get confirmation() {
    return this.#check.confirmation;
  }

  /** The draft has changed. @param {Draft} draft @param {boolean} mayPublish */
  handleChange(draft, mayPublish) {
    this.clear();
    this.show([]);
    if (draft.line.trim() !== "") this.#desk.plan(draft);
    if (mayPublish) this.#check.plan(draft);
  }

  /** Removes what was said about an earlier text. */
  clear() {
    this.#check.clear();
    this.#desk.clear();
  }

  /** What publishing asks about first. */
  asking() {
    return this.#advice().filter(({ ask }) => ask);
  }

  /** @param {Warning[]} [warnings] */
  show(warnings = this.#warnings) {
    this.#warnings = warnings;
    showAdvice(this.#advice(), {
      removeMarks: this.#removeMarks,
      chooseEdition: (edition) => this.#form().chooseEdition(edition),
      replace: ({ start = 0, end = 0, fix = "" }) => this.#form().replace(start, end, fix),
    });
  }

  /** @returns {Advice[]} */
  #advice() {
    return [...ownAdvice(this.#form().draft, this.#site), ...this.#desk.advice, ...this.#warnings];
  }
}

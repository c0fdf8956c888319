/** The request with several editions whose outcome is unknown, stored for the person who sent it. */

import { FieldDraft } from "../shell/field-draft.js";

/** @import { PublishBody } from "../shell/types.d.ts" */

/**
 * @typedef {{edition: string, text?: string, direction?: string, role?: string}} Line
 * @typedef {PublishBody & {siblings: Line[]}} Body
 * @typedef {{body: Body, key: string, sent: number}} SentRequest
 */

export class SentEditions {
  #draft;

  /** @param {string} owner the name of the person signed in */
  constructor(owner) {
    this.#draft = new FieldDraft(owner, "sent-editions");
  }

  /** @param {SentRequest} request */
  store(request) {
    this.#draft.save({ request: JSON.stringify(request) });
  }

  forget() {
    this.#draft.forget();
  }

  /** @returns {SentRequest | null} */
  load() {
    const stored = this.#draft.load()?.request;
    return typeof stored === "string" ? JSON.parse(stored) : null;
  }
}

/** Drafts, approvals and scheduled lines in the desk's API, and the shapes that they share with the page. */

/** @import { Item } from "../shell/types.d.ts" */

/**
 * @typedef {object} Waiting a line that waits for approval or for its time
 * @property {string} id
 * @property {number} version
 * @property {string} state
 * @property {string} by
 * @property {string} act
 * @property {Item} item
 * @property {Item[]} siblings the lines of other editions that leave together with it
 * @property {string[]} missing the editions whose translation becomes a draft
 * @property {{draftId?: string}} request
 * @property {string} digest
 * @property {string | null} note
 * @property {string} created
 * @property {string | null} expires
 * @property {string | null} due
 * @property {string | null} embargoedUntil
 * @property {string | null} approvedBy
 * @property {string | null} refusedBy
 * @property {string | null} reason
 * @property {({code: string, detail: string} & import("../shell/errors.js").Spoken) | null} problem
 * @property {boolean} canceling
 * @property {boolean} own
 * @property {boolean} mayApprove
 * @property {boolean} mayBypass
 * @property {boolean} mayChange
 */

/**
 * @typedef {object} ServerDraft
 * @property {string} id
 * @property {number} version
 * @property {"draft" | "submitted"} state
 * @property {string} by
 * @property {string} edition
 * @property {Record<string, any>} line the body of a publication, complete or not
 * @property {string | null} note
 * @property {string | null} translationOf
 * @property {string} changed
 * @property {string} changedBy
 */

export class WaitingApi {
  #http;

  /** @param {import("../shell/http.js").Http} http */
  constructor(http) {
    this.#http = http;
  }

  /** Everything that waits. @returns {Promise<{drafts: ServerDraft[], approvals: Waiting[], schedule: Waiting[]}>} */
  async all() {
    const [{ drafts }, { approvals }, { schedule }] = await Promise.all([
      this.#http.json("GET", "/v1/drafts?state=submitted&state=draft"),
      this.#http.json("GET", "/v1/approvals"),
      this.#http.json("GET", "/v1/schedule"),
    ]);
    return { drafts, approvals, schedule };
  }

  /**
   * @param {Waiting} line
   * @param {"approve" | "refuse" | "bypass"} decision
   * @param {string} [reason]
   * @returns {Promise<Waiting>}
   */
  async decide(line, decision, reason = "") {
    const body = { digest: line.digest, reason };
    return (await this.#http.json("POST", `/v1/approvals/${line.id}/${decision}`, { body })).waiting;
  }

  /**
   * Publishes a submitted draft as it is. The draft itself is the key: two editors publish it once.
   * @param {ServerDraft} draft
   */
  async publishDraft(draft) {
    const body = { ...draft.line, edition: draft.edition, draftId: draft.id };
    const headers = { "Idempotency-Key": `draft-${draft.id}-${draft.version}` };
    await this.#http.json("POST", "/v1/items", { body, headers });
  }

  /** Publishes a stopped line now. @param {Waiting} line @returns {Promise<Waiting>} */
  async publish(line) {
    const body = { digest: line.digest };
    return (await this.#http.json("POST", `/v1/schedule/${line.id}/publish`, { body })).waiting;
  }

  /** Takes a line back. @param {Waiting} line */
  async cancel(line) {
    await this.#http.json("DELETE", `/v1/schedule/${line.id}`);
  }

  /**
   * Asks a second person to approve a request; a repeat with the same key asks once.
   * @param {object} request the body of a publication, or of an act
   * @param {string} key
   * @param {{uri?: string, seen?: number}} [target] the item of an act, and the version that it follows
   * @returns {Promise<Waiting>}
   */
  async ask(request, key, target = {}) {
    const headers = { "Idempotency-Key": key };
    return (await this.#http.json("POST", "/v1/approvals", { body: { request, ...target }, headers }))
      .waiting;
  }

  /**
   * Keeps a draft; a repeat with the same key gets the same draft.
   * @param {object} body
   * @param {string} key
   * @returns {Promise<ServerDraft>}
   */
  async addDraft(body, key) {
    const headers = { "Idempotency-Key": key };
    return (await this.#http.json("POST", "/v1/drafts", { body, headers })).draft;
  }

  /**
   * @param {{id: string, version: number}} draft
   * @param {object} body what it is from now on
   * @returns {Promise<ServerDraft>}
   */
  async changeDraft({ id, version }, body) {
    const headers = { "If-Match": `"${version}"` };
    return (await this.#http.json("PUT", `/v1/drafts/${id}`, { body, headers })).draft;
  }
}

/**
 * The desk's API as the page uses it (docs/protocol.md, Publishing).
 *
 * After a `LostError` the request may have been carried out: only the same Idempotency-Key may be sent again.
 */

import { LostError } from "./errors.js";
import { Http } from "./http.js";

/** @import { Item, Site, User, Written } from "./types.d.ts" */

/** @param {string} uri */
const pathOf = (uri) => `/v1/items/${encodeURIComponent(uri)}`;

/**
 * An item with the number of its newest version, which an act must name.
 * @param {Item & {newestVersion?: number}} item
 * @returns {Item}
 */
function withNewestVersion({ newestVersion, ...item }) {
  if (!item.unreadable || !newestVersion) return item;
  return { ...item, version: newestVersion, shownVersion: item.version };
}

export class DeskApi {
  #http;

  /**
   * @param {() => string} language the language of the answers
   * @param {(reachable: boolean) => void} [onReachable] called after each request
   */
  constructor(language, onReachable = () => {}) {
    this.#http = new Http(language, onReachable);
  }

  /** @returns {Promise<Site>} */
  site() {
    return this.#http.json("GET", "/v1/site");
  }

  /** @returns {Promise<User>} */
  session() {
    return this.#http.json("GET", "/v1/session");
  }

  /** @param {string} token @returns {Promise<User>} */
  signIn(token) {
    return this.#http.json("POST", "/v1/session", { body: { token } });
  }

  async signOut() {
    await this.#http.json("DELETE", "/v1/session");
  }

  /** @param {string} code @param {string} name @returns {Promise<User & {token: string}>} */
  welcome(code, name) {
    return this.#http.json("POST", "/v1/welcome", { body: { code, name } });
  }

  /** @returns {Promise<Item[]>} the newest items, including those on hold */
  async items() {
    return (await this.#http.json("GET", "/v1/items?limit=100")).items;
  }

  /** @returns {Promise<Item[]>} the items whose newest version is unreadable, each as its newest readable version */
  async unreadable() {
    const { items } = await this.#http.json("GET", "/v1/items?limit=200&status=unreadable");
    return items.map(withNewestVersion);
  }

  /** @param {string} uri @returns {Promise<Item>} */
  async item(uri) {
    return withNewestVersion(await this.#http.json("GET", pathOf(uri)));
  }

  /** @param {object} body @param {string} key @returns {Promise<Written>} */
  publish(body, key) {
    return this.#write("/v1/items", body, { "Idempotency-Key": key });
  }

  /**
   * Acts on an item.
   * @param {string} uri
   * @param {number} version the version that the editor saw
   * @param {object} body
   * @param {string} key
   * @returns {Promise<Written>}
   */
  act(uri, version, body, key) {
    return this.#write(`${pathOf(uri)}/acts`, body, {
      "If-Match": `"${version}"`,
      "Idempotency-Key": key,
    });
  }

  /**
   * Checks a publication without publishing it.
   * @param {object} body
   * @param {AbortSignal} signal
   * @returns {Promise<Written>}
   */
  check(body, signal) {
    return this.#http.json("POST", "/v1/items", { body: { ...body, dryRun: true }, signal });
  }

  /**
   * Checks an act without doing it.
   * @param {string} uri
   * @param {number} version
   * @param {object} body
   * @param {AbortSignal} signal
   * @returns {Promise<Written>}
   */
  checkAct(uri, version, body, signal) {
    const headers = { "If-Match": `"${version}"` };
    return this.#http.json("POST", `${pathOf(uri)}/acts`, {
      body: { ...body, dryRun: true },
      headers,
      signal,
    });
  }

  /** Whether the desk can publish now. Throws `LostError` if it cannot be reached. */
  async isReady() {
    return (await this.#http.fetch("/health/ready", { method: "GET" })).ok;
  }

  /**
   * @param {string} path
   * @param {object} body
   * @param {Record<string, string>} headers
   * @returns {Promise<Written>}
   */
  async #write(path, body, headers) {
    const answer = await this.#http.json("POST", path, { body, headers });
    // A success without an item comes from another program: the outcome is unknown.
    if (typeof answer.item?.uri !== "string" || !(answer.item.version > 0)) throw new LostError();
    return answer;
  }
}

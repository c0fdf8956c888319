/**
 * The desk's API as the page uses it (docs/protocol.md, Publishing).
 *
 * After a `LostError` the request may have been carried out: only the same Idempotency-Key may be sent again.
 */

import { LostError } from "./errors.js";
import { Http } from "./http.js";

/** @import { Byline, Item, ItemVersion, Person, Site, User, Written } from "./types.d.ts" */

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

  /** Requests of other parts of a page. */
  get http() {
    return this.#http;
  }

  /**
   * Which lists of the desk have changed since `seen`; waits for a change.
   * @param {string} seen the value of the last answer
   * @param {number} wait seconds
   * @param {AbortSignal} signal
   * @returns {Promise<{seen: string, topics: string[]}>}
   */
  events(seen, wait, signal) {
    return this.#http.json("GET", `/v1/events?seen=${seen}&wait=${wait}`, { signal });
  }

  /**
   * A request of a page with its own part of the API.
   * @param {string} method
   * @param {string} path
   * @param {import("./http.js").Options} [options]
   * @returns {Promise<any>} the JSON object of the answer; empty for 204 and 304
   */
  request(method, path, options) {
    return this.#http.json(method, path, options);
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
    return (await this.#http.json("GET", "/v1/items?limit=200&bylines=true")).items;
  }

  /** @returns {Promise<Item[]>} the items whose newest version is unreadable, each as its newest readable version */
  async unreadable() {
    const { items } = await this.#http.json("GET", "/v1/items?limit=200&bylines=true&status=unreadable");
    return items.map(withNewestVersion);
  }

  /**
   * The list as readers had it at a moment.
   * @param {Record<string, string>} query
   * @param {AbortSignal} signal
   * @returns {Promise<{items: Item[], complete: boolean, earliest: string | null}>}
   */
  at(query, signal) {
    return this.#http.json("GET", `/v1/at?${new URLSearchParams(query)}`, { signal });
  }

  /** @param {AbortSignal} signal @returns {Promise<Item[]>} the newest items, whatever their status */
  async newest(signal) {
    const statuses = "status=usable&status=withheld&status=canceled";
    return (await this.#http.json("GET", `/v1/items?limit=200&${statuses}`, { signal })).items;
  }

  /** @param {string} uri @returns {Promise<Item>} */
  async item(uri) {
    return withNewestVersion(await this.#http.json("GET", `${pathOf(uri)}?bylines=true`));
  }

  /**
   * A part of a search through all that the desk holds.
   * @param {Record<string, string>} conditions
   * @param {string} after the `next` of the part before; empty at the beginning
   * @returns {Promise<{items: Item[], next: string | null}>}
   */
  search(conditions, after) {
    const query = new URLSearchParams({ ...conditions, limit: "50", ...(after ? { after } : {}) });
    return this.#http.json("GET", `/v1/search?${query}`);
  }

  /**
   * The stories on air that an item may belong to, those most like it first.
   * @param {Item} item
   * @returns {Promise<{id: string, title: {value: string}}[]>}
   */
  async stories({ edition, headline }) {
    const query = new URLSearchParams({ edition, text: headline.value, limit: "20" });
    return (await this.#http.json("GET", `/v1/stories?${query}`)).stories;
  }

  /** @param {string} uri @returns {Promise<ItemVersion[]>} the oldest first */
  async history(uri) {
    return (await this.#http.json("GET", `${pathOf(uri)}/history`)).versions;
  }

  /** @param {{page: string, uri: string, act: string}} report @returns {Promise<Person[]>} everyone at work */
  async reportPresence(report) {
    return (await this.#http.json("PUT", "/v1/presence", { body: report })).people;
  }

  /** Says that a page closes; the browser sends it even while the page goes. @param {string} page */
  leave(page) {
    const headers = { "Flashwire-Page": "desk" };
    this.#http
      .fetch(`/v1/presence?page=${page}`, { method: "DELETE", keepalive: true, headers })
      .catch(() => {});
  }

  /**
   * Who stored each version of items, which the stream does not say.
   * @param {string[]} uris at most 100
   * @returns {Promise<Record<string, Byline[]>>}
   */
  async bylines(uris) {
    const query = uris.map((uri) => `uri=${encodeURIComponent(uri)}`).join("&");
    return (await this.#http.json("GET", `/v1/bylines?${query}`)).bylines;
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

  /** @returns {Promise<import("../kill/stops.js").Stop[]>} what is stopped now */
  async stops() {
    return (await this.#http.json("GET", "/v1/kill")).stops;
  }

  /** Stops publishing. @param {{scope: string, name: string, reason: string, endSessions: boolean}} body */
  async kill(body) {
    await this.#http.json("POST", "/v1/kill", { body });
  }

  /** Ends a stop. @param {string} id @param {string} reason */
  async liftStop(id, reason) {
    await this.#http.json("POST", `/v1/kill/${encodeURIComponent(id)}/lift`, { body: { reason } });
  }

  /**
   * @param {URLSearchParams} query
   * @returns {Promise<{records: import("../audit/record.js").AuditRecord[],
   *   head: {number: number, hash: string}, spooled: number}>}
   */
  audit(query) {
    return this.#http.json("GET", `/v1/audit?${query}`);
  }

  /** @param {number} seconds @returns {Promise<import("../items/receipts.js").Receipts>} what nodes have reported in that time */
  receipts(seconds) {
    return this.#http.json("GET", `/v1/receipts?seconds=${seconds}`);
  }

  /**
   * Advice about a line while it is typed. Nothing is stored.
   * @param {object} body
   * @param {AbortSignal} signal
   * @returns {Promise<{warnings: import("./types.d.ts").Warning[]}>}
   */
  similar(body, signal) {
    return this.#http.json("POST", "/v1/similar", { body, signal });
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
    const { waiting } = answer;
    if (typeof waiting?.due === "string") {
      const written = waiting.siblings.map((/** @type {Item} */ item) => ({ item }));
      const missing = waiting.missing.map((/** @type {string} */ edition) => ({ draft: { edition } }));
      return { item: waiting.item, due: waiting.due, siblings: [...written, ...missing] };
    }
    // A success without an item comes from another program: the outcome is unknown.
    if (typeof answer.item?.uri !== "string" || !(answer.item.version > 0)) throw new LostError();
    return answer;
  }
}

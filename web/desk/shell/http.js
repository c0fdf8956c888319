/** Requests to the desk, with its answers turned into values, `LostError` or `RefusedError`. */

import { LostError, RefusedError, spoken } from "./errors.js";

/** The limit for an answer, in milliseconds. The desk gives up on the stream after 3 s. */
const TIMEOUT_MS = 10_000;
/** The desk's address: a proxy may serve it under a path. */
const ROOT = new URL("../..", import.meta.url);

/**
 * @typedef {object} Options
 * @property {object} [body]
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal | undefined} [signal]
 */

export class Http {
  #language;
  #onReachable;

  /**
   * @param {() => string} language the language of the answers
   * @param {(reachable: boolean) => void} onReachable called after each request
   */
  constructor(language, onReachable) {
    this.#language = language;
    this.#onReachable = onReachable;
  }

  /**
   * Sends a request and returns the JSON object of its answer.
   * @param {string} method
   * @param {string} path
   * @param {Options} [options]
   * @returns {Promise<any>}
   */
  async json(method, path, { body, headers = {}, signal } = {}) {
    const answer = await this.fetch(path, {
      method,
      headers: {
        Accept: "application/json",
        "Accept-Language": this.#language(),
        "Flashwire-Page": "desk",
        ...headers,
        ...(body ? { "Content-Type": "application/json" } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      ...(signal ? { signal } : {}),
    });
    // Not modified: the caller keeps what it has.
    if (answer.status === 304) return {};
    const content = answer.status === 204 ? {} : await answer.json().catch(() => null);
    const isObject = typeof content === "object" && content !== null;
    // Half an answer, or a page of a proxy: the desk may have answered with a success.
    if (!isObject && (answer.ok || answer.status >= 500)) throw new LostError();
    if (answer.ok)
      return Array.isArray(content.warnings) ? { ...content, warnings: spoken(content.warnings) } : content;
    // A gateway's 502 or 504 without a problem body says nothing about what the desk did.
    if (answer.status >= 500 && typeof content.detail !== "string") throw new LostError();
    throw new RefusedError(answer.status, isObject ? content : {}, answer.headers.get("Retry-After"));
  }

  /**
   * @param {string} path
   * @param {RequestInit} options
   * @returns {Promise<Response>}
   */
  async fetch(path, options) {
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    const { signal } = options;
    try {
      const answer = await fetch(new URL(path.slice(1), ROOT), {
        ...options,
        credentials: "same-origin",
        cache: "no-store",
        redirect: "error",
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      this.#onReachable(true);
      return answer;
    } catch (error) {
      if (signal?.aborted) throw error;
      this.#onReachable(false);
      throw new LostError();
    }
  }
}

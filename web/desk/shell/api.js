/**
 * The desk's API as the page speaks it; it knows no words of the interface and nothing of the page.
 *
 * An answer that did not come is its own kind of error: what was asked may have been done, so only the same
 * Idempotency-Key may ask again.
 */

/** How long an answer may take. The desk itself gives up on the stream after 3 s. */
const PATIENCE = 10_000;
/** Where the desk is: a proxy may serve it below a path of its own. */
const ROOT = new URL("../..", import.meta.url);

/** The desk answered, and the answer is no. */
export class RefusedError extends Error {
  /**
   * @param {number} status
   * @param {{type?: string, title?: string, detail?: string, errors?: {field: string, message: string, code?: string}[]}} problem
   * @param {string | null} [retryAfter] the header, in seconds
   */
  constructor(status, problem, retryAfter) {
    super(problem.detail ?? problem.title ?? String(status));
    this.status = status;
    /** The sentence for a person, in the language that was asked for; empty where the desk gave none. */
    this.detail = problem.detail ?? "";
    this.kind = (problem.type ?? "").split(":").pop() ?? "";
    // The desk answers its page 403: a 401 would make a browser ask for the password of a proxy with Basic authentication.
    if (this.kind === "unauthorized") this.status = 401;
    this.errors = Array.isArray(problem.errors) ? problem.errors : [];
    /** How long the desk asks to wait, in milliseconds. */
    this.wait = 1000 * Math.min(60, Number(retryAfter) || 0);
  }
}

/** @param {string} uri */
const pathOf = (uri) => `/v1/items/${encodeURIComponent(uri)}`;

/** No answer came: nobody knows whether it was done. */
export class LostError extends Error {}

/** @typedef {import('../items/items.js').Item} Item */
/** @typedef {{code: string, message: string, field: string}} Warning */
/** @typedef {{item: Item, cursor?: string, warnings?: Warning[]}} Written */

/**
 * An item that the desk sends, under the number of its newest version, which an act must name.
 * @param {Item & {newestVersion?: number}} item
 * @returns {Item}
 */
function asNewest({ newestVersion, ...item }) {
  if (!item.unreadable || !newestVersion) return item;
  return { ...item, version: newestVersion, shownVersion: item.version };
}

export class Desk {
  /** @type {() => string} */
  #language;
  /** @type {(reached: boolean) => void} */
  #onReach;

  /**
   * @param {() => string} language the language in which to be answered
   * @param {(reached: boolean) => void} onReach told after each request whether the desk could be reached
   */
  constructor(language, onReach = () => {}) {
    this.#language = language;
    this.#onReach = onReach;
  }

  /** @returns {Promise<any>} */
  site() {
    return this.#ask("GET", "/v1/site");
  }

  /** @returns {Promise<{name: string, role: string}>} */
  session() {
    return this.#ask("GET", "/v1/session");
  }

  /**
   * @param {string} token
   * @returns {Promise<{name: string, role: string}>}
   */
  signIn(token) {
    return this.#ask("POST", "/v1/session", { token });
  }

  async signOut() {
    await this.#ask("DELETE", "/v1/session");
  }

  /**
   * @param {string} code
   * @param {string} name
   * @returns {Promise<{name: string, role: string, token: string}>}
   */
  welcome(code, name) {
    return this.#ask("POST", "/v1/welcome", { code, name });
  }

  /** @returns {Promise<Item[]>} the newest items, held ones included */
  async items() {
    return (await this.#ask("GET", "/v1/items?limit=100")).items;
  }

  /** @returns {Promise<Item[]>} the items whose newest version the desk cannot read, each as its newest readable version */
  async unreadable() {
    const { items } = await this.#ask("GET", "/v1/items?limit=200&status=unreadable");
    return items.map(asNewest);
  }

  /** @param {string} uri @returns {Promise<Item>} */
  async item(uri) {
    return asNewest(await this.#ask("GET", pathOf(uri)));
  }

  /**
   * @param {object} body
   * @param {string} key
   * @returns {Promise<Written>}
   */
  publish(body, key) {
    return this.#write("/v1/items", body, { "Idempotency-Key": key });
  }

  /**
   * Asks what the desk would say to `body`, and publishes nothing.
   * @param {object} body
   * @param {AbortSignal} signal
   * @returns {Promise<Written>}
   */
  check(body, signal) {
    return this.#ask("POST", "/v1/items", { ...body, dryRun: true }, {}, signal);
  }

  /**
   * @param {string} uri
   * @param {number} version the version that the editor saw
   * @param {object} body
   * @param {string} key
   * @returns {Promise<Written>}
   */
  act(uri, version, body, key) {
    const headers = { "If-Match": `"${version}"`, "Idempotency-Key": key };
    return this.#write(`${pathOf(uri)}/acts`, body, headers);
  }

  /**
   * Asks what the desk would say to an act, and does nothing.
   * @param {string} uri
   * @param {number} version
   * @param {object} body
   * @param {AbortSignal} signal
   * @returns {Promise<Written>}
   */
  checkAct(uri, version, body, signal) {
    const headers = { "If-Match": `"${version}"` };
    return this.#ask("POST", `${pathOf(uri)}/acts`, { ...body, dryRun: true }, headers, signal);
  }

  /** Whether the desk can publish now; raises `LostError` where it cannot be reached. */
  async ready() {
    const answer = await this.#fetch("/health/ready", { method: "GET" });
    return answer.ok;
  }

  /**
   * @param {string} path
   * @param {object} body
   * @param {Record<string, string>} headers
   * @returns {Promise<Written>}
   */
  async #write(path, body, headers) {
    const answer = await this.#ask("POST", path, body, headers);
    // A success without an item is another program's answer: nobody knows what the desk did.
    if (typeof answer.item?.uri !== "string" || !(answer.item.version > 0)) throw new LostError();
    return answer;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @param {Record<string, string>} [headers]
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  async #ask(method, path, body, headers = {}, signal) {
    /** @type {Record<string, string>} */
    const told = {
      Accept: "application/json",
      "Accept-Language": this.#language(),
      "Flashwire-Page": "desk",
      ...headers,
    };
    if (body) told["Content-Type"] = "application/json";
    const answer = await this.#fetch(
      path,
      { method, headers: told, ...(body ? { body: JSON.stringify(body) } : {}) },
      signal,
    );
    let content;
    try {
      content = answer.status === 204 ? {} : await answer.json();
    } catch {
      content = null;
    }
    const isObject = typeof content === "object" && content !== null;
    // Half an answer, or a proxy's own page: a success may stand behind it.
    if (!isObject && (answer.ok || answer.status >= 500)) throw new LostError();
    if (answer.ok) return content;
    // A gateway's 502 or 504 without a problem body says nothing about what the desk did.
    if (answer.status >= 500 && typeof content.detail !== "string") throw new LostError();
    throw new RefusedError(answer.status, isObject ? content : {}, answer.headers.get("Retry-After"));
  }

  /**
   * @param {string} path
   * @param {RequestInit} options
   * @param {AbortSignal} [signal]
   */
  async #fetch(path, options, signal) {
    const limit = AbortSignal.timeout(PATIENCE);
    try {
      const answer = await fetch(new URL(path.slice(1), ROOT), {
        ...options,
        credentials: "same-origin",
        cache: "no-store",
        redirect: "error",
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      this.#onReach(true);
      return answer;
    } catch (error) {
      if (signal?.aborted) throw error;
      this.#onReach(false);
      throw new LostError();
    }
  }
}

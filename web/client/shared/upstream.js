/** The connection of the page that leads: a new one each time, or at first the one that a ticker had opened. */

import { remembering } from "./memory.js";
import { inTurn } from "./turns.js";

/** @import { Connection } from "../connection.js" */
/** @import { ConnectionOptions } from "../types.d.ts" */

export class Upstream {
  #url;
  #options;
  #create;
  #newest;
  /** @type {Connection | undefined} */
  #connection;

  /**
   * @param {Connection} connection one of the kind to make
   * @param {ConnectionOptions} options of it, with other handlers
   * @param {URL} url @param {() => string} newest the cursor of the newest message, by whatever page it came
   */
  constructor(connection, options, url, newest) {
    const Kind = /** @type {typeof Connection} */ (connection.constructor);
    this.#create = () => new Kind(this.#options);
    this.#url = url;
    this.#newest = newest;
    this.#options = remembering(url.host, {
      ...options,
      ...inTurn(url.host, options.transports),
      address: (cursor, wait) => this.#address(cursor, wait),
    });
  }

  get isOpen() {
    return this.#connection !== undefined;
  }

  /** @param {string} cursor of the connection @param {number} [wait] */
  #address(cursor, wait) {
    const url = new URL(this.#url);
    // A new leader goes on where the one before it was.
    const newest = this.#newest() || cursor;
    if (newest) url.searchParams.set("cursor", newest);
    if (wait) url.searchParams.set("wait", `${wait}`);
    return url;
  }

  /** Takes over a connection that is open. @param {Connection} connection @param {ConnectionOptions} options which it goes by */
  adopt(connection, options) {
    this.#connection = connection;
    const { address, onMessage, onState } = this.#options;
    remembering(this.#url.host, Object.assign(options, { address, onMessage, onState }));
  }

  open() {
    this.#connection = this.#create();
    this.#connection.start();
  }

  close() {
    this.#connection?.stop();
    this.#connection = undefined;
  }

  wake() {
    this.#connection?.wake();
  }
}

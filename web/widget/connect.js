/**
 * Connects a ticker. Where the page or the browser has others, they share one connection, by a part; the first ticker does
 * not wait for it.
 */

import { load } from "./parts.js";

/** @import { Connection } from "../client/connection.js" */
/** @import { ConnectionOptions, State } from "../client/types.d.ts" */

/** In milliseconds. A part that does not come keeps no ticker from its news. */
const LONGEST_WAIT = 3000;

/** How many connections this page has wanted. */
let joins = 0;

/**
 * @param {Connection} connection @param {ConnectionOptions} options of it @param {URL} url with the filters
 * @param {() => false | [State, string]} status the ticker's state and its reason; false once it has another connection
 * @returns {Promise<Pick<Connection, "stop" | "wake"> | undefined>} what takes the place of the connection
 */
export async function connect(connection, options, url, status) {
  /** @type {unknown} */
  let isShared = joins++;
  try {
    // A page with the part has set it.
    isShared ||= localStorage["breaking-ticker"];
  } catch {}
  const start = () => {
    isShared = 0;
    if (status()) connection.start();
  };
  /** @type {any} */
  const timer = isShared ? setTimeout(start, LONGEST_WAIT) : start();
  const { share } = await load("shared");
  clearTimeout(timer);
  const now = status();
  if (share && now) return share(connection, options, url, !isShared && now);
  if (isShared) start();
}

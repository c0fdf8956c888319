/**
 * One connection for all tickers of a browser that ask for the same: the ones of a page share a hub, and the hubs of an
 * origin's pages elect a leader, which alone is connected.
 *
 * Web Locks elect, because a lock ends with its page, however that ends; BroadcastChannel carries the messages. A
 * SharedWorker would need a script of the page's own origin, and the widget's is the ticker's.
 */

import { Hub } from "./hub.js";
import { firstPaint } from "./kept.js";

/** @import { Connection } from "../connection.js" */
/** @import { Member } from "./types.d.ts" */
/** @import { ConnectionOptions, State } from "../types.d.ts" */

/** By address. @type {Map<string, Hub>} */
const hubs = new Map();
/** Elements that have had an address: the list in their markup is of their first. @type {WeakSet<Element>} */
const known = new WeakSet();

/**
 * Connects a ticker by the hub of its address.
 * @param {Connection} connection of the ticker; the hub uses it if it is started
 * @param {ConnectionOptions} options of that connection, which the hub changes
 * @param {URL} url with the filters, without a cursor
 * @param {false | [State, string]} status of the connection, with its reason; false if it was not started
 * @returns {{ stop(): void, wake(): void }}
 */
export function share(connection, options, url, status) {
  const { onMessage, onState, element } = options;
  const ownHub = hubs.get(url.href) ?? new Hub(connection, options, url);
  const isAdopted = status && ownHub.adopt(connection, options, ...status);
  if (!isAdopted) connection.stop();
  ownHub.kept.limit(element?.getAttribute("keep") ?? null);
  // The page may have given it another address since.
  const own = element && !known.has(element) ? element : undefined;
  if (element) known.add(element);
  // A ticker that was moved or put back has its own list, which may be longer than the one that is kept.
  if (!connection.cursor && !options.list?.()[0].length) {
    for (const message of firstPaint(ownHub.kept, own)) onMessage(message);
    // The reader learns with it how old the list is.
    onState(...(status || /** @type {[State, string]} */ (["connecting", ""])));
  }
  /** @type {Member} */
  const member = { onMessage, onState, hasList: isAdopted, cursor: "" };
  let current = ownHub;
  const join = () => {
    // After a pause of the page another ticker may have opened a hub for the address.
    current = hubs.get(url.href) ?? ownHub;
    hubs.set(url.href, current);
    current.add(member);
  };
  join();
  return {
    stop() {
      if (current.remove(member)) hubs.delete(url.href);
    },
    wake: () => (current.has(member) ? current.wake() : join()),
  };
}

/** @param {"close" | "open"} act */
const all = (act) => {
  for (const hub of hubs.values()) hub[act]();
};

// A page that is frozen must not lead, and a browser keeps no page with a lock or an open socket for its back button.
addEventListener("pagehide", () => all("close"));
addEventListener("pageshow", () => all("open"));
document.addEventListener("freeze", () => all("close"));
document.addEventListener("resume", () => all("open"));

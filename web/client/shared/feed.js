/**
 * What one query has brought so far: the list for a ticker that joins, and the newest entries for one that returns with a
 * cursor. A cursor is opaque, so it can only be found again, not compared.
 */

import { filter } from "../filter.js";
import { Store } from "../store.js";
import { isValid } from "../valid.js";

/** @import { Item, Message } from "../types.d.ts" */

const ENTRIES_KEPT = 1000;
const BACKLOG = 10;

export class Feed {
  #store = new Store();
  #backlog;
  /** Positions of the stream, each with the items that led to it. @type {{ cursor: string, items: Item[] }[]} */
  #entries = [];
  /** What the node said last, and goes with every first message. @type {Partial<Message>} */
  #node = {};
  /** The node's clock minus this machine's, in milliseconds. */
  #offset = 0;
  hasList = false;
  heartbeat = 15;
  cursor = "";

  /** @param {URLSearchParams} query */
  constructor(query) {
    this.#store.isWanted = filter(query);
    this.#backlog = Number(query.get("backlog") || BACKLOG);
  }

  /** @param {Message} message in the order of the stream */
  read(message) {
    const { type, cursor = "", stale, paint, heartbeat } = message;
    const time = Date.parse(message.time ?? "");
    if (time) this.#offset = time - Date.now();
    if (stale != null) this.#node.stale = stale;
    if (paint != null) this.#node.paint = paint;
    if (heartbeat) this.heartbeat = heartbeat;
    if (cursor) this.cursor = cursor;
    if (type === "snapshot") {
      this.hasList = true;
      this.#store.replace((message.items ?? []).filter(isValid), message.complete !== false);
      this.#entries = [{ cursor, items: [] }];
    } else if (this.hasList) {
      const items = (message.items ?? [/** @type {Item} */ (message.item)]).filter(isValid);
      for (const item of items) this.#store.apply(item);
      if (items.length || cursor !== this.#entries.at(-1)?.cursor) this.#entries.push({ cursor, items });
      if (this.#entries.length > ENTRIES_KEPT) this.#entries.shift();
    }
  }

  /**
   * The first message of a ticker that joins, as the node would send it; undefined if the cursor is not known here.
   * @param {string} [cursor] of a ticker that returns
   * @returns {Message | undefined}
   */
  first(cursor) {
    const now = Date.now() + this.#offset;
    const rest = {
      ...this.#node,
      cursor: this.cursor,
      heartbeat: this.heartbeat,
      time: new Date(now).toISOString(),
      complete: true,
    };
    if (!cursor)
      return { type: "snapshot", items: this.#store.current(now).slice(0, this.#backlog), ...rest };
    const index = this.#entries.findLastIndex((entry) => entry.cursor === cursor);
    if (index < 0) return;
    const missed = this.#entries.slice(index + 1).flatMap(({ items }) => items);
    return { type: "replay", items: [...new Map(missed.map((item) => [item.uri, item])).values()], ...rest };
  }
}

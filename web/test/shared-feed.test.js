/** What one query has brought, and the turns of the connections of a host. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Feed } from "../client/shared/feed.js";
import { inTurn } from "../client/shared/turns.js";
import { item } from "./items.js";

/** @import { Handlers, Item, Message, Transport } from "../client/types.d.ts" */

/** @param {string} cursor @param {Item[]} items @param {Partial<Message>} [rest] @returns {Message} */
const snapshot = (cursor, items, rest = {}) => ({ type: "snapshot", cursor, items, complete: true, ...rest });
/** @param {string} cursor @param {Item} entry @returns {Message} */
const entry = (cursor, entry) => ({ type: "item", cursor, item: entry });
/** @param {string} query @param {Message[]} messages */
function feedOf(query, ...messages) {
  const feed = new Feed(new URLSearchParams(query));
  for (const message of messages) feed.read(message);
  return feed;
}
/** @param {Message | undefined} message */
const uris = (message) => message?.items?.map(({ uri, version }) => `${uri} ${version}`);

test("a ticker that joins gets the newest versions, as many as it asks for", () => {
  const feed = feedOf(
    "backlog=2",
    snapshot("c1", [item("a", 1), item("b", 1)]),
    entry("c2", item("c", 1)),
    entry("c3", item("b", 2)),
  );
  const first = feed.first();
  assert.equal(first?.type, "snapshot");
  assert.equal(first?.cursor, "c3");
  assert.deepEqual(uris(first), ["c 1", "b 2"]);
});

test("a ticker that returns gets each item that changed since once, withdrawals too", () => {
  const gone = item("a", 3, { pubStatus: "canceled" });
  const feed = feedOf(
    "",
    snapshot("c1", [item("a", 1)]),
    entry("c2", item("a", 2)),
    entry("c3", item("b", 1)),
    entry("c4", gone),
  );
  assert.deepEqual(uris(feed.first("c1")), ["a 3", "b 1"]);
  assert.deepEqual(uris(feed.first("c3")), ["a 3"]);
  assert.deepEqual(uris(feed.first("c4")), []);
  assert.deepEqual(uris(feed.first()), ["b 1"]);
});

test("a cursor that no message had, and one of before a new list, are unknown", () => {
  const feed = feedOf("", snapshot("c1", []), entry("c2", item("a", 1)));
  assert.equal(feed.first("c0"), undefined);
  feed.read(snapshot("c9", [item("b", 1)], { complete: false }));
  assert.equal(feed.first("c2"), undefined);
  assert.deepEqual(uris(feed.first()), ["b 1"]);
});

test("a cursor is known for a thousand entries", () => {
  const feed = feedOf("", snapshot("c0", []));
  for (let number = 1; number <= 1000; number++) feed.read(entry(`c${number}`, item(`a${number}`, 1)));
  assert.equal(feed.first("c0"), undefined);
  assert.equal(feed.first("c1")?.items?.length, 999);
});

test("heartbeats move the position and add no entry for the same one", () => {
  const feed = feedOf("", snapshot("c1", []), entry("c2", item("a", 1)));
  for (let count = 0; count < 2000; count++) feed.read({ type: "heartbeat", cursor: "c3", stale: false });
  assert.equal(feed.cursor, "c3");
  assert.deepEqual(uris(feed.first("c1")), ["a 1"]);
});

test("a first message has the server's time and what the server said last", () => {
  const ahead = new Date(Date.now() + 3_600_000).toISOString();
  const feed = feedOf("", snapshot("c1", [], { time: ahead, heartbeat: 5, stale: false, paint: 0.5 }));
  feed.read({ type: "heartbeat", cursor: "c1", stale: true });
  const first = feed.first();
  assert.ok(Math.abs(Date.parse(first?.time ?? "") - Date.parse(ahead)) < 5000);
  assert.deepEqual([first?.heartbeat, first?.stale, first?.paint], [5, true, 0.5]);
});

test("an item that leaves the filter leaves the list, and an expired one is not in it", () => {
  const feed = feedOf("section=world", snapshot("c1", [item("a", 1, { sections: ["world"] })]));
  feed.read(entry("c2", item("a", 2, { sections: ["sport"] })));
  feed.read(entry("c3", item("b", 1, { sections: ["world"], expires: "2026-05-01T10:00:00.000Z" })));
  assert.deepEqual(uris(feed.first()), []);
});

/** Connections of one host, each with what it has opened. @param {string} host @param {number} count */
function connections(host, count) {
  /** @type {(Handlers & { isOpen: boolean })[]} */
  const opened = [];
  const each = Array.from({ length: count }, () => {
    /** @type {Transport} */
    const transport = (_address, on) => {
      const record = { ...on, isOpen: true };
      opened.push(record);
      return () => {
        record.isOpen = false;
      };
    };
    return inTurn(host, [transport]);
  });
  const start = (/** @type {number} */ index, /** @type {Partial<Handlers>} */ on = {}) =>
    each[index]?.transports[0]?.(
      () => new URL("http://node/"),
      { message() {}, loss() {}, ...on },
      () => 15,
    ) ?? (() => {});
  return { opened, each, start };
}

test("one transport of a host opens at a time; a message, a loss or a close lets the next open", () => {
  const { opened, start } = connections("a.example", 4);
  const close = [0, 1, 2, 3].map((index) => start(index));
  assert.equal(opened.length, 1);
  opened[0]?.message("x");
  assert.equal(opened.length, 2);
  opened[0]?.message("y");
  assert.equal(opened.length, 2);
  opened[1]?.loss({});
  assert.equal(opened.length, 3);
  close[2]?.();
  assert.equal(opened.length, 4);
  assert.equal(opened[2]?.isOpen, false);
});

test("a transport that is closed before its turn never opens, and other hosts do not wait", () => {
  const { opened, start } = connections("b.example", 3);
  const close = [0, 1, 2].map((index) => start(index));
  close[1]?.();
  opened[0]?.message("x");
  assert.equal(opened.length, 2);
  const other = connections("c.example", 1);
  other.start(0);
  assert.equal(other.opened.length, 1);
});

test("the clock of a connection stands still while it waits for its turn", () => {
  mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const { opened, each, start } = connections("d.example", 2);
  start(0);
  start(1);
  const before = each[1]?.clock.now();
  mock.timers.setTime(1_060_000);
  assert.equal(each[1]?.clock.now(), before);
  assert.equal(each[0]?.clock.now(), 1_060_000);
  opened[0]?.message("x");
  mock.timers.setTime(1_061_000);
  assert.equal(each[1]?.clock.now(), (before ?? 0) + 1000);
  mock.timers.reset();
});

test("a transport that cannot be made is a loss, and the next has its turn", async () => {
  /** @type {object[]} */
  const losses = [];
  const broken = inTurn("e.example", [
    () => {
      throw new Error("no such scheme");
    },
  ]);
  broken.transports[0]?.(
    () => new URL("http://node/"),
    { message() {}, loss: (loss) => losses.push(loss) },
    () => 15,
  );
  const { opened, start } = connections("e.example", 1);
  start(0);
  await Promise.resolve();
  assert.equal(losses.length, 1);
  assert.equal(opened.length, 1);
});

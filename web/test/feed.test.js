/** The desk page's feed, with a fake WebSocket and a clock that the tests move. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Connection } from "../client/connection.js";
import { TRANSPORTS } from "../client/transports.js";
import { Feed } from "../desk/shell/feed.js";

/** @typedef {{ onmessage?: (event: { data: string }) => void, onclose?: (event: object) => void }} Socket */

/** The time in seconds and the address of each connection attempt. @type {{ at: number, url: URL }[]} */
let attempts = [];
/** What each new connection does. @type {(socket: Socket) => void} */
let behave = () => {};

class FakeSocket {
  /** @type {Socket["onmessage"]} */
  onmessage;
  /** @type {Socket["onclose"]} */
  onclose;
  /** @param {URL} url */
  constructor(url) {
    attempts.push({ at: Date.now() / 1000, url });
    setTimeout(() => behave(/** @type {Socket} */ (this)), 1);
  }
  close() {}
}

/** @param {Socket} socket @param {object} message */
const send = (socket, message) => socket.onmessage?.({ data: JSON.stringify(message) });

/** @param {Socket} socket @param {object} [fields] */
const sendSnapshot = (socket, fields = {}) =>
  send(socket, { type: "snapshot", cursor: "e.1.a", items: [], complete: true, heartbeat: 15, ...fields });

/** @param {Socket} socket */
function hangUpAfterSnapshot(socket) {
  sendSnapshot(socket);
  socket.onclose?.({ code: 1006, reason: "" });
}

/** @param {number} seconds */
function pass(seconds) {
  // In small steps: a mocked timer that a timer sets runs only in a later tick.
  for (let step = 0; step < seconds * 100; step++) mock.timers.tick(10);
}

/** @param {unknown[][]} [calls] @param {string[]} [states] */
const feedOf = (calls = [], states = []) =>
  new Feed(
    "http://ticker.example/",
    (...args) => calls.push(args),
    (state) => states.push(state),
  );

beforeEach(() => {
  attempts = [];
  behave = () => {};
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 0 });
  mock.method(Math, "random", () => 0.5);
  Object.assign(globalThis, { WebSocket: FakeSocket, document: new EventTarget() });
  globalThis.addEventListener ??= () => {};
});

afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

test("a ticker that hangs up after its snapshot meets the desk page as rarely as the widget", () => {
  behave = hangUpAfterSnapshot;
  const widget = new Connection({
    address: () => new URL("http://ticker.example/v1/live"),
    transports: TRANSPORTS,
    onMessage: () => {},
    onState: () => {},
  });
  widget.start();
  pass(120);
  widget.stop();
  const ofWidget = attempts.map(({ at }) => at);
  attempts = [];
  const startedAt = Date.now() / 1000;
  const feed = feedOf();
  feed.start();
  pass(120);
  feed.stop();
  const ofDesk = attempts.map(({ at }) => at - startedAt);
  assert.equal(ofDesk.filter((at) => at < 6).length, 4);
  assert.deepEqual(
    ofDesk.map((at) => at.toFixed(1)),
    ofWidget.map((at) => at.toFixed(1)),
  );
});

test("a final close is tried again after a minute", () => {
  /** @type {string[]} */
  const states = [];
  behave = (socket) => {
    sendSnapshot(socket);
    socket.onclose?.({ code: 4501, reason: "a parameter is wrong" });
  };
  const feed = feedOf([], states);
  feed.start();
  pass(59);
  assert.equal(attempts.length, 1);
  assert.deepEqual(states, ["live", "offline"]);
  pass(2);
  assert.equal(attempts.length, 2);
  feed.stop();
  pass(200);
  assert.equal(attempts.length, 2);
});

test("the desk page comes back with its cursor, also after it was stopped", () => {
  behave = sendSnapshot;
  /** @type {string[]} */
  const states = [];
  const feed = feedOf([], states);
  feed.start();
  pass(1);
  feed.stop();
  feed.start();
  pass(1);
  feed.stop();
  assert.deepEqual(
    attempts.map(({ url }) => url.searchParams.get("cursor")),
    [null, "e.1.a"],
  );
  assert.deepEqual(states, ["live", "live"]);
});

test("a snapshot is oldest first and never complete, because it lacks the items on hold", () => {
  /** @type {unknown[][]} */
  const calls = [];
  behave = (socket) => {
    sendSnapshot(socket, { items: ["b", "a"] });
    sendSnapshot(socket, { items: ["b", "a"], complete: false });
    send(socket, { type: "replay", cursor: "e.2.a", items: ["c"], complete: true });
    send(socket, { type: "item", cursor: "e.3.a", item: "d" });
    send(socket, { type: "heartbeat", cursor: "e.3.a", stale: false });
  };
  const feed = feedOf(calls);
  feed.start();
  pass(1);
  feed.stop();
  assert.deepEqual(calls, [
    [["a", "b"], false, false],
    [["a", "b"], false, true],
    [["c"], true, false],
    [["d"], true, false],
  ]);
});

test("after a loss the ticker is offline for the desk page until it sends again", () => {
  /** @type {string[]} */
  const states = [];
  behave = hangUpAfterSnapshot;
  const feed = feedOf([], states);
  feed.start();
  pass(0.1);
  behave = sendSnapshot;
  pass(2);
  feed.stop();
  assert.deepEqual(states, ["live", "offline", "live"]);
});

/** The few HTTP connections to a host that tickers may hold. This Node.js has no locks, as a page without TLS has none. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { inPlace } from "../client/shared/places.js";

/** @import { Loss } from "../client/types.d.ts" */

Reflect.deleteProperty(globalThis, "navigator");
/** @type {{ url: string, answer: (response: Response) => void }[]} */
const requests = [];

beforeEach(() => {
  requests.length = 0;
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(
    globalThis,
    "fetch",
    (/** @type {URL} */ url) => new Promise((answer) => requests.push({ url: `${url}`, answer })),
  );
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

/** Waits for everything that needs no answer and no timer. */
async function settled() {
  for (let count = 0; count < 10; count++) await turn();
}

/** A connection to a host, and what it did. @param {string} host */
function connect(host) {
  const record = { opened: 0, isOpen: false, messages: /** @type {string[]} */ ([]) };
  const losses = /** @type {Loss[]} */ ([]);
  const transport = inPlace(host, () => {
    record.opened++;
    record.isOpen = true;
    return () => {
      record.isOpen = false;
    };
  });
  const on = {
    message: (/** @type {string} */ text) => record.messages.push(text),
    loss: (/** @type {Loss} */ loss) => losses.push(loss),
  };
  const close = transport(
    () => new URL(`http://${host}/v1/live`),
    on,
    () => 15,
  );
  return { record, losses, close };
}

test("three connections stay open, and another asks until there is a place for it", async () => {
  const all = Array.from({ length: 4 }, () => connect("a.example"));
  await settled();
  assert.deepEqual(
    all.map(({ record }) => record.opened),
    [1, 1, 1, 0],
  );
  const last = all[3];
  assert.equal(requests.length, 1);
  requests[0]?.answer(Response.json({ type: "snapshot", items: [] }));
  await settled();
  assert.deepEqual(last?.record.messages, ['{"type":"snapshot","items":[]}']);
  // Within 6.25 s it asks once more.
  mock.timers.tick(6250);
  await settled();
  assert.equal(requests.length, 2);
  all[0]?.close();
  requests[1]?.answer(Response.json({ type: "replay", items: [] }));
  await settled();
  mock.timers.tick(6250);
  await settled();
  assert.deepEqual([last?.record.isOpen, requests.length, last?.losses], [true, 2, []]);
  for (const { close } of all) close();
  await settled();
  assert.equal(last?.record.isOpen, false);
});

test("a refusal of a request ends it, and one that was closed asks no more", async () => {
  const all = Array.from({ length: 5 }, () => connect("b.example"));
  await settled();
  const problem = { status: 400, headers: { "content-type": "application/problem+json" } };
  requests[0]?.answer(new Response('{"detail":"There is no edition xx."}', problem));
  await settled();
  assert.deepEqual(all[3]?.losses, [{ final: true, retryAfter: 0, reason: "There is no edition xx." }]);
  requests[1]?.answer(Response.json({ type: "snapshot", items: [] }));
  await settled();
  all[4]?.close();
  mock.timers.tick(10_000);
  await settled();
  assert.equal(requests.length, 2);
  for (const { close } of all) close();
});

test("a host that speaks HTTP/2 has room for all", async () => {
  mock.method(performance, "getEntriesByType", () => [
    { name: "https://c.example/widget/breaking-ticker.js", nextHopProtocol: "h2" },
    { name: "data:,", nextHopProtocol: "" },
  ]);
  const all = Array.from({ length: 20 }, () => connect("c.example"));
  assert(all.every(({ record }) => record.isOpen));
  const other = Array.from({ length: 4 }, () => connect("d.example"));
  await settled();
  assert.equal(other.filter(({ record }) => record.isOpen).length, 3);
  for (const { close } of [...all, ...other]) close();
});

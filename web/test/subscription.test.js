import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, mock, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { fileCursors } from "../client/node.js";
import { item } from "./items.js";

/** @import { IncomingMessage, ServerResponse } from "node:http" */
/** @import { CursorStore, FollowOptions, NewsEvent } from "../client/api.d.ts" */

/** @type {typeof import("../client/api.d.ts")} */
const { follow, RefusedError, Store, storageCursors } = /** @type {any} */ (
  await import("../client/index.js")
);

/** @type {(request: IncomingMessage, response: ServerResponse) => void} */
let answer = () => {};
/** @type {URL[]} */
const requests = [];
const server = createServer((request, response) => {
  requests.push(new URL(request.url ?? "", "http://node"));
  answer(request, response);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
const url = `http://127.0.0.1:${port}`;
afterEach(() => {
  requests.length = 0;
});
after(() => {
  server.close();
  server.closeAllConnections();
});

/** @param {object} message */
const event = (message) => `event: x\ndata: ${JSON.stringify(message)}\n\n`;
/** @param {object} [fields] */
const snapshot = (fields) =>
  event({ type: "snapshot", cursor: "e.1.a", items: [], complete: true, heartbeat: 15, ...fields });
/** @param {number} number */
const live = (number) => event({ type: "item", cursor: `e.${number}.a`, item: item(`u${number}`, 1) });

/** Answers every request with a stream of these pieces, which stays open. @param {...string} pieces */
function stream(...pieces) {
  answer = (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const piece of pieces) response.write(piece);
  };
}

/** A store that keeps every cursor it gets. @param {string | null} cursor */
function recorded(cursor = null) {
  /** @type {string[]} */
  const saved = [];
  return {
    saved,
    load: () => cursor,
    /** @param {string} newest */
    save: (newest) => {
      saved.push(newest);
    },
  };
}

/**
 * The content events of a subscription until there are `count` of them, without its states.
 * @param {number} count @param {FollowOptions} [options]
 */
async function read(count, options) {
  /** @type {NewsEvent[]} */
  const events = [];
  for await (const next of follow(url, options)) {
    if (next.type !== "state") events.push(next);
    if (events.length === count) break;
  }
  return events;
}

test("filters, numbers and the stored cursor are in the address", async () => {
  stream(snapshot());
  await read(1, {
    edition: ["en", "es"],
    section: "sport",
    urgency: 2,
    heartbeat: 5,
    cursors: recorded("e.9.z"),
  });
  assert.equal(
    `${requests[0]?.pathname}${requests[0]?.search}`,
    "/v1/live?edition=en&edition=es&section=sport&urgency=2&heartbeat=5&cursor=e.9.z",
  );
});

test("a cursor that was lost is sent as an empty one, so that the node announces the gap", async () => {
  stream(snapshot({ complete: false }));
  const events = await read(2, { cursors: recorded("") });
  assert.equal(requests[0]?.search, "?cursor=");
  assert.deepEqual(
    events.map(({ type }) => type),
    ["gap", "snapshot"],
  );
});

test("a cursor is saved when the program asks for the next event, and not before", async () => {
  stream(snapshot(), live(2), live(3), event({ type: "heartbeat", cursor: "e.4.a" }), live(5));
  const cursors = recorded();
  const seen = [];
  for await (const { type } of follow(url, { cursors })) {
    if (type === "state") continue;
    seen.push(cursors.saved.at(-1));
    if (seen.length === 4) break;
  }
  assert.deepEqual(seen, [undefined, "e.1.a", "e.2.a", "e.4.a"]);
  assert.equal(cursors.saved.at(-1), "e.4.a", "the event that the program left is not saved");
});

test("events are split at any byte and at each kind of line end", async () => {
  const inLines = JSON.stringify({ type: "item", cursor: "c", item: item("ä", 1) }, undefined, 1);
  const text = `${snapshot()}data: ${inLines.replaceAll("\n", "\r\ndata: ")}\r\n\r\n${live(3)}`;
  answer = async (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const byte of Buffer.from(text)) {
      response.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const events = await read(3);
  assert.deepEqual(
    events.map((next) => [next.type, next.items[0]?.uri]),
    [
      ["snapshot", undefined],
      ["item", "ä"],
      ["item", "u3"],
    ],
  );
});

test("a long list in many pieces is looked through once", async () => {
  const items = Array.from({ length: 8000 }, (_, number) => item(`u${number}`, 1));
  const text = snapshot({ items });
  stream(text);
  const { split } = String.prototype;
  let length = 0;
  const counting = mock.method(
    String.prototype,
    "split",
    /** @this {string} @param {any[]} all */ function (...all) {
      length += this.length;
      return split.apply(this, /** @type {any} */ (all));
    },
  );
  const [first] = await read(1);
  counting.mock.restore();
  assert.equal(first?.items.length, 8000);
  assert(length < 2 * text.length, `${length} of ${text.length} characters`);
});

test("an item without text is skipped, and the subscription goes on", async () => {
  const broken = { ...item("u2", 1), headline: null };
  stream(snapshot(), event({ type: "item", cursor: "e.2.a", item: broken }), live(3));
  const events = await read(3);
  assert.deepEqual(
    events.map(({ type }) => type),
    ["snapshot", "skipped", "item"],
  );
});

test("a program that is slow gets a replay instead of an endless queue", async () => {
  const many = Array.from({ length: 1200 }, (_, number) => live(number + 2));
  let closed = () => {};
  /** @type {Promise<void>} */
  const isClosed = new Promise((resolve) => {
    closed = resolve;
  });
  answer = (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (requests.length === 1) {
      response.once("close", closed);
      response.write(snapshot() + many.join(""));
    } else
      response.write(event({ type: "replay", cursor: "e.2000.a", items: [item("last", 1)], heartbeat: 15 }));
  };
  let count = 0;
  for await (const next of follow(url)) {
    if (next.type === "item") count++;
    // The program is slow at its first item: until the client has closed its connection, since the queue is full.
    if (count === 1) await isClosed;
    if (next.type === "replay") break;
  }
  assert(count >= 1000 && count <= 1002, `${count} items waited`);
  assert.equal(requests[1]?.searchParams.get("cursor"), `e.${count + 1}.a`);
});

test("a refusal for good ends the iteration with its sentence, and a second use too", async () => {
  answer = (_request, response) => {
    response.writeHead(400, { "content-type": "application/problem+json" });
    response.end(JSON.stringify({ detail: "There is no edition xx." }));
  };
  const news = follow(url, { edition: "xx" });
  /** @type {string[]} */
  const states = [];
  const reading = async () => {
    for await (const next of news) if (next.type === "state") states.push(`${next.state}: ${next.reason}`);
  };
  await assert.rejects(
    reading,
    (error) => error instanceof RefusedError && /no edition xx/.test(error.message),
  );
  assert.deepEqual(states, ["connecting: ", "offline: There is no edition xx."]);
  await assert.rejects(() => news[Symbol.asyncIterator]().next(), /used once/);
});

test("a temporary refusal is tried again, not before the time that it names", async () => {
  answer = (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (requests.length === 1) response.end("retry: 1100\n: busy\n");
    else response.write(snapshot());
  };
  const startedAt = Date.now();
  await read(1);
  // The client's own first wait is at most a second.
  assert(Date.now() - startedAt >= 1100);
});

test("a stream that ends after its events is opened again by the client's own rule", async () => {
  answer = (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (requests.length === 1) response.end(`retry: 60000\n${snapshot()}`);
    else response.write(event({ type: "replay", cursor: "e.2.a", items: [], heartbeat: 15 }));
  };
  const startedAt = Date.now();
  await read(2);
  assert.equal(requests[1]?.search, "?cursor=e.1.a");
  assert(Date.now() - startedAt < 5000);
});

test("the signal ends the iteration without an error, also while it waits", async () => {
  stream(snapshot());
  const abort = new AbortController();
  let count = 0;
  for await (const { type } of follow(url, { signal: abort.signal })) {
    count++;
    if (type === "snapshot") setTimeout(() => abort.abort(), 20);
  }
  assert(count >= 2);
  for await (const _ of follow(url, { signal: abort.signal })) assert.fail("it was aborted before");
  assert.equal(requests.length, 1);
});

test("listeners get the same events, and close ends them", async () => {
  stream(snapshot({ items: [item("u1", 1)] }), live(2));
  const cursors = recorded();
  const news = follow(url, { cursors });
  const list = new Store();
  news.addEventListener("snapshot", ({ detail }) => list.replace(detail.items, detail.isComplete));
  news.addEventListener("item", ({ detail }) => {
    list.apply(detail.item);
    news.close();
  });
  await news.start();
  assert.deepEqual(
    list.current(Date.now()).map(({ uri }) => uri),
    ["u2", "u1"],
  );
  assert.deepEqual(cursors.saved, ["e.1.a"]);
});

test("an event whose listener ends the program of Node.js by an error comes again", async () => {
  stream(snapshot(), live(2), live(3));
  const folder = await mkdtemp(join(tmpdir(), "cursor-"));
  const path = join(folder, "cursor");
  const program = `
    const { follow } = await import(${JSON.stringify(new URL("../client/index.js", import.meta.url).href)});
    const { writeFileSync } = await import("node:fs");
    const cursors = { load: () => null, save: (cursor) => writeFileSync(${JSON.stringify(path)}, cursor) };
    const news = follow(${JSON.stringify(url)}, { cursors });
    news.addEventListener("item", ({ detail }) => {
      if (detail.item.uri === "u3") throw new Error("the database is away");
    });
    news.start();`;
  try {
    await assert.rejects(
      promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]),
      /the database is away/,
    );
    assert.equal(await readFile(path, "utf8"), "e.2.a");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a list is current by the clock of the ticker", async () => {
  const ahead = 3_600_000;
  const time = new Date(Date.now() + ahead).toISOString();
  const expires = new Date(Date.now() + ahead / 2).toISOString();
  stream(snapshot({ time, items: [item("u1", 1, { expires }), item("u2", 1)] }));
  const news = follow(url);
  const list = new Store();
  assert(Math.abs(news.now() - Date.now()) < 1000);
  for await (const next of news)
    if (next.type === "snapshot") {
      list.replace(next.items, next.isComplete);
      break;
    }
  assert(Math.abs(news.now() - Date.now() - ahead) < 60_000);
  assert.deepEqual(
    list.current(news.now()).map(({ uri }) => uri),
    ["u2"],
  );
});

test("an error of the cursor store reaches the program", async () => {
  stream(snapshot(), live(2));
  /** @type {CursorStore} */
  const full = { load: () => null, save: () => Promise.reject(new Error("disk full")) };
  await assert.rejects(() => read(3, { cursors: full }), /disk full/);
});

test("a file keeps its cursor between two runs and leaves no other file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cursor-"));
  try {
    const path = join(folder, "a cursor");
    assert.equal(await fileCursors(path).load(), null);
    await fileCursors(path).save("e.1.a");
    await fileCursors(path).save("e.2.b");
    assert.equal(await fileCursors(path).load(), "e.2.b");
    const url = pathToFileURL(join(folder, "a folder", "of a URL"));
    await mkdir(join(folder, "a folder"));
    await fileCursors(url).save("e.3.c");
    assert.equal(await fileCursors(url).load(), "e.3.c");
    assert.deepEqual(await readdir(folder), ["a cursor", "a folder"]);
    await assert.rejects(async () => fileCursors(join(folder, "none", "x")).save("e.1.a"));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a storage keeps its cursor under a key", async () => {
  /** @type {Map<string, string>} */
  const map = new Map();
  const storage = {
    /** @param {string} key */
    getItem: (key) => map.get(key) ?? null,
    /** @param {string} key @param {string} value */
    setItem: (key, value) => {
      map.set(key, value);
    },
  };
  assert.equal(await storageCursors(storage, "en").load(), null);
  await storageCursors(storage, "en").save("e.1.a");
  assert.equal(await storageCursors(storage, "en").load(), "e.1.a");
});

test("an address may have any of the four schemes and the path of the stream", async () => {
  stream(snapshot());
  for (const address of [`ws://127.0.0.1:${port}`, `${url}/v1/live/`, new URL(url)]) {
    for await (const { type } of follow(address)) if (type === "snapshot") break;
    assert.equal(requests.at(-1)?.pathname, "/v1/live");
  }
  assert.throws(() => follow("ftp://node"), TypeError);
  assert.throws(() => follow("node"), TypeError);
});

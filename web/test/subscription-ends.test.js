/** How a program of Node.js leaves a subscription, and what refusals and damaged answers mean for it. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createServer as createRawServer } from "node:net";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { refusal } from "../client/refusal.js";
import { item } from "./items.js";

/** @import { AddressInfo, Server, Socket } from "node:net" */

const { follow } = /** @type {typeof import("../client/api.d.ts")} */ (
  /** @type {unknown} */ (await import("../client/index.js"))
);
const CLIENT = JSON.stringify(new URL("../client/index.js", import.meta.url).href);
const SNAPSHOT = JSON.stringify({ type: "snapshot", cursor: "e.1.a", items: [], heartbeat: 15 });
/** A program that has not ended by then never will. */
const HUNG_MS = 60_000;
/** Node.js 20 has a WebSocket only on request. */
const OPTIONS = "WebSocket" in globalThis ? [] : ["--experimental-websocket"];

/** @param {Server} server @returns {Promise<string>} */
async function listen(server) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  return `http://127.0.0.1:${/** @type {AddressInfo} */ (server.address()).port}`;
}

/** Runs a program that has `follow` and its first argument; returns what it prints. @param {string} body @param {string} url */
async function run(body, url) {
  const code = `import { follow } from ${CLIENT}; const url = process.argv[1]; ${body}`;
  const options = { timeout: HUNG_MS, killSignal: /** @type {const} */ ("SIGKILL") };
  const command = [...OPTIONS, "--input-type=module", "-e", code, url];
  return (await promisify(execFile)(process.execPath, command, options)).stdout;
}

/** The first text frame of a WebSocket. @param {string} text */
const frame = (text) => Buffer.concat([Buffer.of(0x81, text.length), Buffer.from(text)]);

/** @type {Set<Socket>} */
const sockets = new Set();
/** A server that sends its first message and then neither reads nor answers, as after a cut; `/silent` sends nothing. */
const frozen = createRawServer((socket) => {
  sockets.add(socket.on("error", () => {}));
  socket.once("data", (data) => {
    const head = `${data}`;
    const key = /sec-websocket-key: (\S+)/i.exec(head)?.[1];
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    socket.pause();
    if (head.startsWith("GET /silent")) return;
    if (key) {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.write(frame(SNAPSHOT));
    } else socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: ${SNAPSHOT}\n\n`);
  });
});
const frozenUrl = await listen(frozen);
/** A server of which only the long poll answers. */
const polled = createServer((request, response) => {
  const isPoll = request.headers.accept === "application/json";
  response.writeHead(isPoll ? 200 : 404, { "content-type": isPoll ? "application/json" : "text/html" });
  response.end(isPoll ? SNAPSHOT : "<html>");
});
const polledUrl = await listen(polled);
after(() => {
  for (const socket of sockets) socket.destroy();
  frozen.close();
  polled.close();
  polled.closeAllConnections();
});

test("a program that leaves a frozen server has nothing left that keeps it running", async () => {
  const leave = `for await (const { type } of follow(url)) if (type === "snapshot") break;
    console.log(JSON.stringify(process.getActiveResourcesInfo()));`;
  const left = JSON.parse(await run(leave, frozenUrl));
  assert(!left.includes("Timeout"), `${left}`);
});

test("the signal ends a program whose server never answers", async () => {
  const abort = `const signal = AbortSignal.timeout(100);
    for await (const { state } of follow(url, { signal })) console.log(state);
    console.log("end");`;
  assert.equal(await run(abort, `${frozenUrl}/silent`), "connecting\nend\n");
});

test("a program that leaves the long poll has no timer left", async () => {
  const leave = `for await (const { type } of follow(url)) if (type === "snapshot") break;
    console.log(JSON.stringify(process.getActiveResourcesInfo()));`;
  const left = JSON.parse(await run(leave, polledUrl));
  assert(!left.includes("Timeout"), `${left}`);
});

test("Retry-After is a number of seconds or a date by the clock of its sender", async () => {
  const date = "Thu, 01 Jan 2026 00:00:00 GMT";
  /** @type {[Record<string, string>, number][]} */
  const cases = [
    [{ "retry-after": "30" }, 30],
    [{ "retry-after": "Thu, 01 Jan 2026 00:01:30 GMT", date }, 90],
    [{ "retry-after": "Wed, 31 Dec 2025 23:59:00 GMT", date }, 0],
    [{ "retry-after": "soon", date }, 0],
    [{}, 0],
  ];
  for (const [headers, seconds] of cases)
    assert.equal((await refusal(new Response("", { status: 503, headers }))).retryAfter, seconds);
  const inAMinute = { "retry-after": new Date(Date.now() + 60_000).toUTCString() };
  const { retryAfter = 0 } = await refusal(new Response("", { status: 429, headers: inAMinute }));
  assert(retryAfter > 30 && retryAfter <= 60);
});

test("a refusal for good stays one if a proxy has cut off its problem", async () => {
  const headers = { "content-type": "application/problem+json" };
  const cut = await refusal(new Response('{"detail":"There is no', { status: 400, headers }));
  assert.deepEqual([cut.final, cut.reason], [true, ""]);
});

test("a second loop over one subscription is refused and leaves the first one alone", async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`data: ${SNAPSHOT}\n\n`);
    for (const [uri, cursor] of [
      ["u2", 7],
      ["u3", "e.3.a"],
    ])
      response.write(`data: ${JSON.stringify({ type: "item", cursor, item: item(`${uri}`, 1) })}\n\n`);
  });
  const url = await listen(server);
  /** @type {string[]} */
  const saved = [];
  const cursors = { load: () => null, save: (/** @type {string} */ cursor) => void saved.push(cursor) };
  const news = follow(url, { cursors });
  const seen = [];
  for await (const { type } of news) {
    if (type === "state") continue;
    seen.push(type);
    await assert.rejects(() => news[Symbol.asyncIterator]().next(), /used once/);
    if (seen.length === 3) break;
  }
  assert.deepEqual(seen, ["snapshot", "item", "item"]);
  // A cursor that is no text is none.
  assert.deepEqual(saved, ["e.1.a"]);
  server.close();
  server.closeAllConnections();
});

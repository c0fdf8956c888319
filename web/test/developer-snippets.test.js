import assert from "node:assert/strict";
import { test } from "node:test";
import { snippet } from "../developers/element-snippet.js";
import { CONNECTS } from "../developers/live.js";
import { examples } from "../developers/snippets.js";

const STREAM = new URL("https://t.example/v1/live?edition=en&urgency=2");

test("the HTML of the element has its attributes and properties, and no markup of theirs", () => {
  const html = snippet(
    "https://t.example/widget/breaking-ticker.js",
    new Map([
      ["edition", "en,es"],
      ["aria-label", `"><script>alert('1')</script>`],
    ]),
    new Map([
      ["--ticker-fill", "#00437a"],
      ["--ticker-ink", "red}</style>"],
    ]),
  );
  assert.equal(
    html,
    `<script type="module" src="https://t.example/widget/breaking-ticker.js"></script>
<breaking-ticker edition="en,es" aria-label="&#34;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"></breaking-ticker>
<style>
breaking-ticker {
  --ticker-fill: #00437a;
}
</style>`,
  );
});

test("each transport has a command and programs with the filter of the form", () => {
  for (const transport of /** @type {const} */ (["ws", "sse", "json"])) {
    const { curl, js, python } = examples(transport, STREAM);
    assert.match(curl, /'https:\/\/t\.example\/v1\/live\?edition=en&urgency=2/);
    assert.match(js, transport === "ws" ? /"wss:\/\/t\.example/ : /"https:\/\/t\.example/);
    assert.match(python, /follow\("https:\/\/t\.example", edition="en", urgency=2\)/);
  }
});

test("a quote in the address does not end the shell's text", () => {
  // The URL encodes a quote of a query, and keeps one of a path.
  const url = new URL("https://t.example/it's/v1/live");
  for (const transport of /** @type {const} */ (["ws", "sse", "json"]))
    assert.match(examples(transport, url).curl, /'https:\/\/t\.example\/it'\\''s\/v1\/live[^']*'$/);
});

test("a source that connects again is shown as connecting, a refused one as closed", () => {
  const source = { readyState: 0, onerror: () => {} };
  const { EventSource } = globalThis;
  globalThis.EventSource = /** @type {any} */ (
    class {
      static CLOSED = 2;
      constructor() {
        // biome-ignore lint/correctness/noConstructorReturn: the test sets the state of the one source.
        return Object.assign(source, { addEventListener() {} });
      }
    }
  );
  /** @type {string[]} */
  const states = [];
  try {
    CONNECTS.sse(STREAM, {
      onOpen() {},
      onMessage() {},
      onRetry: () => states.push("connecting"),
      onEnd: () => states.push("closed"),
    });
    source.onerror();
    source.readyState = 2;
    source.onerror();
  } finally {
    globalThis.EventSource = EventSource;
  }
  assert.deepEqual(states, ["connecting", "closed"]);
});

test("a quote in a filter does not end the program's text", () => {
  const url = new URL(STREAM);
  url.searchParams.set("story", `a'"$(x)`);
  const { python } = examples("sse", url);
  assert.ok(python.includes(`story="a'\\"$(x)"`));
});

/** Holds the types of the package against its code: `make check` fails where they differ. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as client from "../client/index.js";
import * as node from "../client/node.js";

/** The widget gives its `Store` items of a wider type. @type {Omit<typeof import("../client/api.d.ts"), "Store">} */
const declared = client;
/** @type {typeof import("../client/api-node.d.ts")} */
const declaredForNode = node;

test("the package has the names that its types declare, and no others", async () => {
  const { readFile } = await import("node:fs/promises");
  for (const [file, module] of /** @type {const} */ ([
    ["api.d.ts", declared],
    ["api-node.d.ts", declaredForNode],
  ])) {
    const text = await readFile(new URL(`../client/${file}`, import.meta.url), "utf8");
    const values = [...text.matchAll(/^export declare (?:class|function|const) (\w+)/gm)].map(
      ([, name]) => name,
    );
    assert.deepEqual(values.sort(), Object.keys(module).sort());
  }
});

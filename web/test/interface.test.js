/** What is made from the table of the element's interface. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { customElements, documented, types } from "../describe.js";
import { ATTRIBUTES, EVENTS, PARTS } from "../interface.js";

test("a table of the docs is replaced and nothing else changes", () => {
  const page = "# A\n<!-- made from web/interface.js: events -->\n| old |\n<!-- end -->\nafter\n";
  const made = documented(page);
  for (const { name, description } of EVENTS) assert.ok(made.includes(`| \`${name}\` | ${description} |`));
  assert.ok(made.startsWith("# A\n") && made.endsWith("\n<!-- end -->\nafter\n") && !made.includes("old"));
  assert.equal(documented(made), made);
  assert.equal(documented("no table"), "no table");
});

test("the manifest has every attribute and part once, and no Markdown", () => {
  const declaration = JSON.parse(customElements()).modules[0].declarations[0];
  assert.deepEqual(
    declaration.attributes.map((/** @type {any} */ row) => row.name),
    ATTRIBUTES.map((row) => row.name),
  );
  assert.equal(new Set(PARTS.map((row) => row.name)).size, PARTS.length);
  assert.ok(!/`|\]\(/.test(JSON.stringify(declaration)));
});

test("every reflected attribute is a member of the types", () => {
  const made = types("");
  for (const { name, type } of ATTRIBUTES)
    if (type === undefined) assert.ok(!made.includes(`\n  ${name}:`), name);
    else assert.ok(made.includes(`\n  ${name}: ${type};`), name);
});

/** The page splits a line as the desk does: one table tests both (tests/split_examples.json). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { split, splitAsTyped } from "../desk/compose/split.js";
import { matchingSources, sourceName } from "../desk/shell/sources.js";

const table = JSON.parse(readFileSync(new URL("../../tests/split_examples.json", import.meta.url), "utf8"));
/** @type {import("../desk/shell/types.d.ts").Sources} */
const sources = table.sources;

for (const { line, source, text, id, why } of table.examples) {
  test(`the page splits as the desk does: ${why}`, () => {
    assert.deepEqual(split(line, sources), { source, text, id });
  });
}

test("a source is named before the first word of the text is typed", () => {
  assert.deepEqual(splitAsTyped("Our correspondent: ", sources), {
    source: "Our correspondent",
    text: "",
    id: "our-correspondent",
  });
  assert.deepEqual(splitAsTyped("Blast", sources), { source: null, text: "Blast", id: null });
  assert.deepEqual(splitAsTyped(":", sources), { source: null, text: ":", id: null });
});

test("a source is suggested by the beginning of any of its names, in the language of the edition", () => {
  const matches = matchingSources(sources, "our", "ar");
  assert.deepEqual(matches, [{ id: "our-correspondent", label: "مراسلنا", role: "correspondent" }]);
  assert.deepEqual(matchingSources(sources, "def", "en"), [
    { id: "civil-defence", label: "Civil Defence", role: "correspondent" },
  ]);
  assert.deepEqual(matchingSources(sources, "zzz", "en"), []);
});

test("names that begin with what was typed come before names with a later word that does", () => {
  const names = matchingSources(sources, "c", "en").map(({ label }) => label);
  assert.deepEqual(names, ["Civil Defence", "Our correspondent"]);
});

test("a label is looked up by language, primary subtag, then English", () => {
  const source = { role: "official", names: { en: "A", es: "B" } };
  assert.deepEqual(sourceName(source, "es-419"), { value: "B", language: "es" });
  assert.deepEqual(sourceName(source, "fr"), { value: "A", language: "en" });
});

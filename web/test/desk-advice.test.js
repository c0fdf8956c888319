/** Which advice about a line is shown, where there is room for four. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { mostImportant } from "../desk/compose/advice-list.js";

const figure = (/** @type {number} */ number) => ({
  code: "figures",
  message: `figure ${number}`,
  ask: true,
});
const source = { code: "source-alike", message: "looks like a registered source", ask: false };
const style = { code: "style", message: "say police officer", ask: false };

test("several of one kind do not push another kind out of the list", () => {
  const shown = mostImportant([1, 2, 3, 4].map(figure).concat(style, source));
  assert.deepEqual(
    shown.map(({ message }) => message),
    ["figure 1", "figure 2", "looks like a registered source", "say police officer"],
  );
});

test("what asks first stays first, and each message is shown once", () => {
  assert.deepEqual(mostImportant([source, figure(1), figure(1)]), [figure(1), source]);
});

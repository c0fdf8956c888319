import assert from "node:assert/strict";
import { test } from "node:test";
import { reflect, upgrade } from "../widget/properties.js";

/** An element without a document. */
class Element {
  /** @type {Map<string, string>} */
  attributes = new Map();
  /** @param {string} name */
  getAttribute = (name) => this.attributes.get(name) ?? null;
  /** @param {string} name @param {string} value */
  setAttribute = (name, value) => this.attributes.set(name, value);
  /** @param {string} name */
  removeAttribute = (name) => this.attributes.delete(name);
}
reflect(/** @type {any} */ (Element.prototype), ["section", "show"]);

test("a property sets its attribute and reads it", () => {
  const element = /** @type {any} */ (new Element());
  element.section = ["sport", "arts"];
  element.show = 3;
  assert.deepEqual(
    [...element.attributes],
    [
      ["section", "sport,arts"],
      ["show", "3"],
    ],
  );
  assert.deepEqual([element.section, element.show], ["sport,arts", "3"]);
  element.section = undefined;
  element.show = null;
  assert.deepEqual([...element.attributes], []);
  assert.equal(element.section, null);
});

test("a property that was set before the element was defined becomes its attribute", () => {
  const element = /** @type {any} */ (new Element());
  Object.defineProperty(element, "show", { value: 5, configurable: true, writable: true });
  upgrade(element, ["section", "show"]);
  assert.equal(element.getAttribute("show"), "5");
  assert.equal(Object.hasOwn(element, "show"), false);
  assert.equal(element.getAttribute("section"), null);
});

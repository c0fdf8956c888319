/**
 * Prints what a page needs to load exactly this release of the widget: each file's name and integrity, and the
 * script element. It needs no npm package.
 *
 *     node web/integrity.js https://ticker.example
 */

import { readFileSync } from "node:fs";

const DIST = new URL("dist/", import.meta.url);
const [address = "https://ticker.example"] = process.argv.slice(2);
const { release, integrity } = JSON.parse(readFileSync(new URL("manifest.json", DIST), "utf8"));

/** @param {string} name */
const released = (name) => `${address}/widget/${name.replace(/\.js$/, `-${release}.js`)}`;

const entry = "breaking-ticker.js";
/** @type {Record<string, string>} */
const imports = {};
for (const [name, hash] of Object.entries(integrity)) {
  console.log(`${hash}	${name}`);
  imports[released(name)] = hash;
  // A part that cannot be loaded by the release's name is loaded by this one.
  if (name !== entry) imports[`${address}/widget/${name}`] = hash;
}
console.log(`
<script type="importmap">
${JSON.stringify({ integrity: imports }, null, 2)}
</script>
<script type="module" src="${released(entry)}" integrity="${integrity[entry]}" crossorigin></script>`);

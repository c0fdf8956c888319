/**
 * Builds `dist/`, the files that pages load from a ticker: the widget as one file, and its words in other languages.
 *
 *     node build.js           writes the folder
 *     node build.js --check   fails where the folder is not what the sources give
 */

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { rollup } from "@rollup/wasm-node";
import { minify } from "terser";

const ENTRY = "breaking-ticker.js";
const SOURCES = fileURLToPath(new URL("widget/", import.meta.url));
const DIST = fileURLToPath(new URL("dist/", import.meta.url));

/** @type {import("terser").MinifyOptions} */
const OPTIONS = { module: true, ecma: 2020, compress: { passes: 3 } };

/** Removes spaces that mean nothing in the style sheet. @param {string} sheet */
const shortened = (sheet) =>
  sheet
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,]) ?/g, "$1")
    .replace(/: /g, ":")
    .replace(/;}/g, "}");

/** For terser the style sheet is a text that it must not change. @type {import("@rollup/wasm-node").Plugin} */
const styleSheet = {
  name: "style-sheet",
  transform: (code, id) =>
    basename(id) === "style.js" ? { code: code.replace(/(?<== )`[^`]*`/, shortened), map: null } : null,
};

/** @returns {Promise<Map<string, string>>} every file of `dist/` by its name */
async function build() {
  const bundle = await rollup({
    input: SOURCES + ENTRY,
    // Words are loaded when a page needs them, so they stay files of their own.
    external: /\/words-/,
    plugins: [styleSheet],
  });
  const { output } = await bundle.generate({ dir: DIST, sourcemap: true });
  const [{ code, map }] = output;
  const widget = await minify(
    { [ENTRY]: code },
    {
      ...OPTIONS,
      sourceMap: {
        content: /** @type {any} */ (map),
        filename: ENTRY,
        includeSources: true,
        url: `${ENTRY}.map`,
      },
    },
  );
  const files = new Map([
    [ENTRY, `${widget.code}\n`],
    [`${ENTRY}.map`, `${widget.map}\n`],
  ]);
  for (const name of (await readdir(SOURCES)).filter((file) => file.startsWith("words-"))) {
    const words = await minify(await readFile(SOURCES + name, "utf8"), OPTIONS);
    files.set(name, `${words.code}\n`);
  }
  return files;
}

/** @param {Map<string, string>} files @returns {Promise<string[]>} the names whose content differs, sorted */
async function differences(files) {
  const names = new Set([...files.keys(), ...(await readdir(DIST).catch(() => []))]);
  const differing = [];
  for (const name of names) {
    const content = await readFile(DIST + name, "utf8").catch(() => undefined);
    if (content !== files.get(name)) differing.push(name);
  }
  return differing.sort();
}

const files = await build();
if (process.argv.includes("--check")) {
  const stale = await differences(files);
  if (stale.length) {
    console.error(
      `web/dist is not what the sources give (${stale.join(", ")}): run \`make web\` and commit it.`,
    );
    process.exitCode = 1;
  }
} else {
  await rm(DIST, { recursive: true, force: true });
  await mkdir(DIST);
  for (const [name, content] of files) await writeFile(DIST + name, content);
}

/**
 * Builds `dist/`, the files that pages load from a ticker: the widget as one file, and its parts that a page loads when
 * it needs them. All files of a release have one name for it, made from their content; `manifest.json` has that name and
 * each file's integrity. The tables of docs/theming.md are made too.
 *
 *     node build.js           writes the folder
 *     node build.js --check   fails where the folder is not what the sources give
 */

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { rollup } from "@rollup/wasm-node";
import { minify } from "terser";
import { customElements, documented, types } from "./describe.js";

const ENTRY = "widget/breaking-ticker.js";
/** Modules that the widget loads when a page needs them; each is a file of `dist/`. */
const PARTS = [
  "widget/card.js",
  "widget/controls.js",
  "widget/crawl.js",
  "widget/own-words.js",
  "widget/paint.js",
  "widget/steps.js",
  "widget/words-ar.js",
  "widget/words-es.js",
  "client/poll.js",
  "client/shared/shared.js",
];
const SOURCES = fileURLToPath(new URL("./", import.meta.url));
const DOCS = fileURLToPath(new URL("../docs/theming.md", import.meta.url));
const DIST = fileURLToPath(new URL("dist/", import.meta.url));
/** Stands for the release until all files are known. */
const PLACEHOLDER = "00000000";

/** @type {import("terser").MinifyOptions} */
const OPTIONS = { module: true, ecma: 2020, compress: { passes: 3, pure_getters: true, unsafe: true } };

/**
 * Names that only the widget's own modules use, not messages, words or the DOM: 100 bytes when shortened. Not those that
 * it shares with its parts either: a node of another release may have sent the part.
 */
const INTERNAL =
  /^(silent|heard|postpone|rest|current|label|announce|nextChange|isWanted|apply|key|isLoud|isNew)$/;

/** Removes spaces that mean nothing in the style sheet. @param {string} sheet */
const shortened = (sheet) =>
  sheet
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,]) ?/g, "$1")
    .replace(/: /g, ":")
    .replace(/;}/g, "}");

/** For terser a style sheet is a text that it must not change. @type {import("@rollup/wasm-node").Plugin} */
const styleSheets = {
  name: "style-sheets",
  transform: (code) => ({ code: code.replace(/(?<=\bcss = )`[^`]*`/, shortened), map: null }),
};

/** Leaves the parts out of a file that imports them. @param {string} source @returns {import("@rollup/wasm-node").Plugin} */
const parts = (source) => ({
  name: "parts",
  resolveId: (id) =>
    id !== source && PARTS.some((part) => basename(part) === basename(id))
      ? { id: id.replace(/\.js$/, `-${PLACEHOLDER}.js`), external: true }
      : null,
  transform: (code, id) =>
    basename(id) === "parts.js"
      ? { code: code.replace('RELEASE = ""', `RELEASE = "-${PLACEHOLDER}"`), map: null }
      : null,
});

/**
 * One file from a module and what it imports.
 * @param {string} path @returns {Promise<[string, string][]>} the file and its source map
 */
async function bundle(path) {
  const source = SOURCES + path;
  const name = basename(path);
  const built = await rollup({ input: source, plugins: [styleSheets, parts(source)] });
  const { output } = await built.generate({ dir: DIST, sourcemap: true });
  const [{ code, map }] = output;
  const minified = await minify(
    { [name]: code },
    {
      ...OPTIONS,
      mangle: { properties: { regex: INTERNAL, builtins: true } },
      sourceMap: {
        content: /** @type {any} */ (map),
        filename: name,
        includeSources: true,
        url: `${name}.map`,
      },
    },
  );
  return [
    [name, `${minified.code}\n`],
    [`${name}.map`, `${minified.map}\n`],
  ];
}

/** @param {string} algorithm @param {string} content @param {"hex" | "base64"} encoding */
const digest = (algorithm, content, encoding) => createHash(algorithm).update(content).digest(encoding);

/** @returns {Promise<Map<string, string>>} every file of `dist/` by its name */
async function build() {
  const files = new Map();
  for (const path of [ENTRY, ...PARTS])
    for (const [name, content] of await bundle(path)) files.set(name, content);
  const release = digest("sha256", [...files.values()].join(""), "hex").slice(0, PLACEHOLDER.length);
  /** @type {Record<string, string>} */
  const integrity = {};
  for (const [name, content] of [...files].sort()) {
    const named = content.replaceAll(`-${PLACEHOLDER}`, `-${release}`);
    files.set(name, named);
    if (name.endsWith(".js")) integrity[name] = `sha384-${digest("sha384", named, "base64")}`;
  }
  const { Text, Item, Correction } = await clientTypes();
  files.set("breaking-ticker.d.ts", types([Text, Item, Correction].join("\n")));
  files.set("custom-elements.json", customElements());
  files.set("manifest.json", `${JSON.stringify({ release, integrity }, null, 2)}\n`);
  return files;
}

/** The interfaces of the client's types by name. @returns {Promise<Record<string, string>>} */
async function clientTypes() {
  const source = await readFile(`${SOURCES}client/types.d.ts`, "utf8");
  const interfaces = source.matchAll(/export interface (\w+) \{\n[\s\S]*?\n\}\n/g);
  return Object.fromEntries([...interfaces].map(([text, name]) => [name, text]));
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
const page = await readFile(DOCS, "utf8");
if (process.argv.includes("--check")) {
  const stale = await differences(files);
  if (documented(page) !== page) stale.push("docs/theming.md");
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
  await writeFile(DOCS, documented(page));
}

/**
 * Bundles the pages of this folder with the frameworks that are installed in the current folder.
 *
 *     cd build/hosts && node ../../tests/browser/hosts/frameworks/bundle.mjs
 */

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCES = fileURLToPath(new URL(".", import.meta.url));
const load = createRequire(join(process.cwd(), "package.json"));
const { build } = load("esbuild");
const { compile } = load("svelte/compiler");

const svelte = {
  name: "svelte",
  setup(build) {
    build.onLoad({ filter: /\.svelte$/ }, ({ path }) => ({
      contents: compile(readFileSync(path, "utf8"), { filename: path, generate: "client", dev: true }).js.code,
      resolveDir: SOURCES,
    }));
  },
};
const options = {
  absWorkingDir: SOURCES,
  bundle: true,
  format: "esm",
  jsx: "automatic",
  nodePaths: [join(process.cwd(), "node_modules")],
  outdir: process.cwd(),
  logLevel: "warning",
  // The builds that warn: a production build hydrates over every difference in silence.
  define: {
    "process.env.NODE_ENV": '"development"',
    __VUE_OPTIONS_API__: "true",
    __VUE_PROD_DEVTOOLS__: "false",
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "true",
  },
};
await build({
  ...options,
  entryPoints: ["react.jsx", "vue.js", "svelte.js", "lit.js"],
  conditions: ["browser", "development"],
  alias: { vue: "vue/dist/vue.esm-bundler.js" },
  plugins: [svelte],
});
await build({
  ...options,
  entryPoints: ["react-server.jsx"],
  platform: "node",
  format: "cjs",
  outExtension: { ".js": ".cjs" },
});
writeFileSync("react.html", execFileSync(process.execPath, ["react-server.cjs"]));

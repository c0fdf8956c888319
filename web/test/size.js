/** Prints what the widget weighs, gzipped file by file as a node serves it, and fails above its budget. */

import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET = 8 * 1024;
const folder = new URL("../widget/", import.meta.url);
let total = 0;
for (const name of readdirSync(folder).filter((name) => name.endsWith(".js"))) {
  const size = gzipSync(readFileSync(new URL(name, folder)), { level: 9 }).length;
  total += size;
  console.log(`${String(size).padStart(6)}  ${name}`);
}
console.log(`${String(total).padStart(6)}  all, of ${BUDGET} bytes`);
process.exitCode = total > BUDGET ? 1 : 0;

/** What only Node.js, Deno and Bun have: a cursor that is kept in a file. */

import { readFile, rename, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** @import { CursorStore } from "./api.d.ts" */

/**
 * Keeps the cursor in a file, which is replaced as a whole: a killed program leaves the old cursor or the new one.
 * @param {string | URL} path
 * @returns {CursorStore}
 */
export const fileCursors = (path) => ({
  async load() {
    try {
      return (await readFile(path, "utf8")).trim();
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return null;
      throw error;
    }
  },
  async save(cursor) {
    const temporary = `${path instanceof URL ? fileURLToPath(path) : path}.${process.pid}.tmp`;
    await writeFile(temporary, `${cursor}\n`);
    await rename(temporary, path);
  },
});

/** Where a program keeps its position between two runs. */

/** @import { CursorStore } from "./api.d.ts" */

/**
 * Keeps the cursor in a storage of the browser, such as `localStorage`. Use one key for each subscription: a cursor
 * says nothing of items that another filter left out.
 * @param {Pick<Storage, "getItem" | "setItem">} storage @param {string} key
 * @returns {CursorStore}
 */
export const storageCursors = (storage, key) => ({
  load: () => storage.getItem(key),
  save: (cursor) => storage.setItem(key, cursor),
});

import type { CursorStore } from "./api.d.ts";

/** Keeps the cursor in a file, which is replaced as a whole. Both methods reject if the file cannot be used. */
export declare function fileCursors(path: string | URL): CursorStore;

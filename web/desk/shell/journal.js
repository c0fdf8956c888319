/**
 * A second copy of the local storage in IndexedDB. Chromium writes the local storage to the disk seconds later, so a
 * browser that is killed loses what was typed last; a transaction of IndexedDB is written when it ends.
 */

const DATABASE = "flashwire";
const STORE = "entries";
const LOCK = "flashwire.page";
/** The entry of the local storage with the number of its newest write. */
const WRITTEN = "flashwire.written";

/** The number of the newest write before this page was loaded, or null if the storage is blocked. */
const NEWEST_AT_START = newestAtStart();
/** @type {Promise<IDBDatabase | null> | undefined} */
let opening;

function newestAtStart() {
  try {
    return newestNumber();
  } catch {
    return null;
  }
}

/** @returns {Promise<IDBDatabase | null>} null if this browser blocks IndexedDB */
function openDatabase() {
  opening ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  return opening;
}

/**
 * Notes that the local storage now has `value` under `name`; null: that it has nothing there.
 * @param {string} name
 * @param {string | null} value
 */
export async function recordEntry(name, value) {
  const written = nextNumber();
  const database = await openDatabase();
  try {
    database?.transaction(STORE, "readwrite").objectStore(STORE).put({ value, written }, name);
  } catch {
    // The database was closed by the browser: the local storage still has the entry.
  }
}

/** The number of this write, in milliseconds of the clock, and above that of every earlier write. */
function nextNumber() {
  const written = Math.max(Date.now(), newestNumber() + 1);
  localStorage.setItem(WRITTEN, String(written));
  return written;
}

/** The number of the newest write that the local storage has. */
function newestNumber() {
  return Number(localStorage.getItem(WRITTEN) ?? 0);
}

/**
 * Puts back what a killed browser had not yet written. Only the first open page does: while another one is open, the
 * local storage in the browser's memory is the newest.
 */
export async function restoreEntries() {
  if (!navigator.locks) return restoreAll();
  await navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? restoreAll() : undefined));
  // Held until the page ends.
  navigator.locks.request(LOCK, { mode: "shared" }, () => new Promise(() => {}));
}

async function restoreAll() {
  const database = await openDatabase();
  if (!database || NEWEST_AT_START === null) return;
  const store = database.transaction(STORE, "readwrite").objectStore(STORE);
  await new Promise((resolve) => {
    const request = store.openCursor();
    request.onerror = () => resolve(undefined);
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return resolve(undefined);
      const { value, written } = cursor.value;
      // After a reload the local storage is the newer copy: a page that ends may cut off its last transaction.
      if (written > NEWEST_AT_START) restoreEntry(String(cursor.key), value);
      if (value === null) cursor.delete();
      cursor.continue();
    };
  });
}

/**
 * @param {string} name
 * @param {string | null} value
 */
function restoreEntry(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // A blocked storage keeps nothing.
  }
}

/** The browser's storage, which may be blocked: then the page works without it and keeps nothing. */

import { recordEntry } from "./journal.js";

/** 128 random bits in hexadecimal. `crypto.randomUUID` is missing on an insecure page. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {"localStorage" | "sessionStorage"} storage by name: a blocked storage throws when the object is read
 * @param {string} name
 * @returns {string | null}
 */
export function readStored(storage, name) {
  try {
    return globalThis[storage].getItem(name);
  } catch {
    return null;
  }
}

/**
 * Stores `value`, or removes the entry if it is null; false if this browser stores nothing.
 * @param {"localStorage" | "sessionStorage"} storage
 * @param {string} name
 * @param {string | null} value
 */
export function writeStored(storage, name, value) {
  try {
    if (value === null) globalThis[storage].removeItem(name);
    else globalThis[storage].setItem(name, value);
    if (storage === "localStorage") recordEntry(name, value);
    return true;
  } catch {
    return false;
  }
}

/**
 * The names in the local storage that are `prefix` and a key.
 * @param {string} prefix
 * @returns {string[]}
 */
export function storedNames(prefix) {
  try {
    return Object.keys(localStorage).filter((name) => isPrefixedKey(prefix, name));
  } catch {
    return [];
  }
}

/**
 * Whether `name` is `prefix` and then a key. A person's name may begin with another's name and a dot.
 * @param {string} prefix
 * @param {string} name
 */
export function isPrefixedKey(prefix, name) {
  return name.startsWith(prefix) && /^[0-9a-f]{32}$/u.test(name.slice(prefix.length));
}

/**
 * What a person typed into the fields of a form, kept through Escape, a reload, a crash and another person at the same
 * machine. The composer's line has its own storage, because a draft there belongs to a tab (`compose/draft-slot.js`).
 */

import { readStored, writeStored } from "./storage.js";

const PREFIX = "flashwire.field.";
/** A draft of an item that has left every screen would stay for ever otherwise. */
const LIFETIME_MS = 7 * 86_400_000;

/** @typedef {Record<string, string | string[]>} Values of the fields by name */

/** The draft of one form of one person. */
export class FieldDraft {
  #name;

  /**
   * @param {string} owner the name of the person signed in
   * @param {string} form which form, for example `act.correction.urn:flashwire:…`
   */
  constructor(owner, form) {
    this.#name = `${ownPrefix(owner)}${form}`;
  }

  /** What was typed before, or null. @returns {Values | null} */
  load() {
    return parse(readStored("localStorage", this.#name))?.values ?? null;
  }

  /**
   * Stores what is typed; false if this browser stores nothing.
   * @param {Values} values
   */
  save(values) {
    return writeStored("localStorage", this.#name, JSON.stringify({ values, saved: Date.now() }));
  }

  /** Removes the draft: it was sent, or the person said that it is not wanted. */
  forget() {
    writeStored("localStorage", this.#name, null);
  }
}

/** Removes the drafts of `owner` on this page that are older than a week. @param {string} owner */
export function removeOldDrafts(owner) {
  const prefix = ownPrefix(owner);
  for (const name of storageNames()) {
    if (!name.startsWith(prefix)) continue;
    const draft = parse(readStored("localStorage", name));
    if (!draft || Date.now() - draft.saved >= LIFETIME_MS) writeStored("localStorage", name, null);
  }
}

/**
 * One person's prefix; a name cannot be the beginning of another one, because its dots are encoded. Two desks under
 * different paths of one origin share its storage.
 * @param {string} owner
 */
function ownPrefix(owner) {
  const [path, name] = [location.pathname, owner].map((part) =>
    encodeURIComponent(part).replaceAll(".", "%2E"),
  );
  return `${PREFIX}${path}.${name}.`;
}

/**
 * @param {string | null} text
 * @returns {{values: Values, saved: number} | null}
 */
function parse(text) {
  try {
    const value = JSON.parse(text ?? "null");
    return typeof value?.values === "object" && typeof value.saved === "number" ? value : null;
  } catch {
    return null;
  }
}

function storageNames() {
  try {
    return Object.keys(localStorage);
  } catch {
    return [];
  }
}

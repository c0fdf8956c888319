/**
 * The storage of lines that were sent and are not settled, one entry for each line.
 *
 * 1. An entry holds the request and its Idempotency-Key until the outcome is known, so that a page opened later can ask
 *    again and cannot publish the line twice. If the line then waits for a person, no page sends it again.
 * 2. An entry is locked by the tab that asks for its outcome. Another tab of the same person takes over the entries of
 *    a tab that has crashed or was closed.
 */

import { isPrefixedKey, readStored, storedNames, writeStored } from "../shell/storage.js";
import { lockForTab } from "../shell/tab-lock.js";
import { emptyDraft, parseDraft } from "./draft.js";

/** @import { Draft, SentLine } from "../shell/types.d.ts" */

/** @typedef {Draft & {pending: SentLine, outcome?: "refused" | "old"}} SentDraft a draft with the request that was sent, and its outcome once it waits for a person */

const PREFIX = "flashwire.sent.";

export class SentLines {
  #prefix;
  /** What releases each lock, by the entry's key. @type {Map<string, () => void>} */
  #locks = new Map();

  /** @param {string} owner the name of the person signed in */
  constructor(owner) {
    this.#prefix = `${PREFIX}${location.pathname.slice(1)}${owner}.`;
  }

  /** Stores `draft` with its request; false if this browser stores nothing. @param {SentDraft} draft */
  store(draft) {
    const name = this.#prefix + draft.key;
    if (!this.#locks.has(draft.key)) this.#lock(draft.key);
    return writeStored("localStorage", name, JSON.stringify({ ...draft, saved: Date.now() }));
  }

  /** Removes the entry: its outcome is known. @param {string} key */
  forget(key) {
    writeStored("localStorage", this.#prefix + key, null);
    this.#locks.get(key)?.();
    this.#locks.delete(key);
  }

  /** The entries that no open tab asks for, oldest first; they are this tab's from now on. */
  async adopt() {
    /** @type {SentDraft[]} */
    const drafts = [];
    for (const name of storedNames(this.#prefix).filter((name) => isPrefixedKey(this.#prefix, name))) {
      const draft = parseDraft(readStored("localStorage", name), emptyDraft("", "auto"));
      const { pending } = draft ?? {};
      if (!draft || !pending || this.#locks.has(draft.key) || !(await this.#lock(draft.key))) continue;
      // The tab that held the lock a moment ago may have removed the entry.
      if (readStored("localStorage", name) !== null) drafts.push({ ...draft, pending });
    }
    return drafts.sort((a, b) => a.pending.sent - b.pending.sent);
  }

  close() {
    for (const release of this.#locks.values()) release();
    this.#locks.clear();
  }

  /** @param {string} key */
  async #lock(key) {
    const release = await lockForTab(this.#prefix + key, true);
    if (release) this.#locks.set(key, release);
    return release !== null;
  }
}

/**
 * The storage of a draft through reloads and crashes: one slot for each tab of each person.
 *
 * 1. A tab's slot is locked while the tab lives (Web Locks), so that two tabs never write one draft: a duplicated tab
 *    inherits the slot's name with its session storage and finds it locked.
 * 2. A new tab takes over the newest slot that is not locked: that tab has crashed or was closed.
 * 3. A line that was sent is stored elsewhere (sent-lines.js); a page of an earlier release kept it in the slot.
 */

import { isPrefixedKey, newKey, readStored, storedNames, writeStored } from "../shell/storage.js";
import { lockForTab } from "../shell/tab-lock.js";
import { emptyDraft, isEmptyDraft, parseDraft } from "./draft.js";

/** @import { Draft } from "../shell/types.d.ts" */

const PREFIX = "flashwire.draft.";
const TAB_SLOT = "flashwire.slot";

/** The slot of this tab and this person; made by `open`. */
export class DraftSlot {
  /** @type {string} */
  #name;
  #unlock = () => {};

  /** @param {string} name */
  constructor(name) {
    this.#name = name;
  }

  /**
   * Opens this tab's slot, or one that another tab of the same person left behind, or a new one.
   * @param {string} owner the name signed in: on a shared machine nobody may read another person's draft
   */
  static async open(owner) {
    // Two desks under different paths of one origin share its storage.
    const prefix = `${PREFIX}${location.pathname.slice(1)}${owner}.`;
    const tabSlot = readStored("sessionStorage", TAB_SLOT);
    const own = tabSlot && isPrefixedKey(prefix, tabSlot) ? [tabSlot] : [];
    for (const name of [...own, ...byImportance(storedNames(prefix)), prefix + newKey()]) {
      const slot = new DraftSlot(name);
      if (await slot.#lock(name === tabSlot)) {
        writeStored("sessionStorage", TAB_SLOT, name);
        return slot;
      }
    }
    return new DraftSlot(prefix + newKey());
  }

  /** @param {Draft} empty */
  load(empty) {
    return parseDraft(readStored("localStorage", this.#name), empty) ?? empty;
  }

  /**
   * Stores `draft` and those that wait behind it; false if this browser stores nothing.
   * @param {Draft} draft
   * @param {Draft[]} [queue]
   */
  save(draft, queue = []) {
    const isEmpty = isEmptyDraft(draft) && queue.length === 0;
    const text = isEmpty ? null : JSON.stringify({ ...draft, queue, saved: Date.now() });
    return writeStored("localStorage", this.#name, text);
  }

  close() {
    this.#unlock();
  }

  /**
   * Locks the slot until `close` or the end of the tab; false if another tab has it.
   * @param {boolean} isOwn without Web Locks only a tab's own slot is surely free
   */
  async #lock(isOwn) {
    const release = await lockForTab(this.#name, isOwn || readStored("localStorage", this.#name) === null);
    this.#unlock = release ?? (() => {});
    return release !== null;
  }
}

/**
 * Slots whose outcome is unknown first, then the newest ones.
 * @param {string[]} names
 */
function byImportance(names) {
  return names.sort((a, b) => importance(b) - importance(a));
}

/** @param {string} name */
function importance(name) {
  const draft = parseDraft(readStored("localStorage", name), emptyDraft("", "auto"));
  return draft ? draft.saved + (draft.pending ? Number.MAX_SAFE_INTEGER / 2 : 0) : 0;
}

/**
 * The line being written, kept through reloads and crashes, one slot for each tab of each person.
 *
 * 1. A tab's slot is locked while the tab lives (Web Locks), so that two tabs never write one draft: a duplicated
 *    tab inherits the name of the slot with its session storage and finds it taken.
 * 2. A new tab takes over the newest slot that nobody holds any more: that is the tab that crashed.
 * 3. A draft that was sent keeps its request and its Idempotency-Key until the outcome is known, so that a page opened
 *    later can still find out and cannot publish it twice.
 */

/**
 * @typedef {{body: ReturnType<typeof import("./line.js").bodyOf>, sent: number, after: string | null}} Sent
 *   A request whose outcome is not known: its body, when it was first sent, and the `firstCreated` of the newest item
 *   that the page knew then, or null where it knew no list.
 * @typedef {{line: string, edition: string, urgency: number, role: string, direction: string, sections: string[],
 *   places: string[], link: string, key: string, pending: Sent | null, saved: number, attempted?: boolean}} Draft
 *   `attempted` was kept by pages of earlier releases, which did not keep the request.
 */

const PREFIX = "flashwire.draft.";
const MINE = "flashwire.slot";

/**
 * A draft with nothing in it and a key of its own.
 * @param {string} edition
 * @param {string} direction
 * @returns {Draft}
 */
export function emptyDraft(edition, direction) {
  const empty = { line: "", urgency: 4, role: "", sections: [], places: [], link: "" };
  return { ...empty, edition, direction, key: newKey(), pending: null, saved: 0 };
}

/** 128 random bits; `crypto.randomUUID` is absent where the page is not served securely. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * What storage holds, as a draft, or null where it is none of ours.
 * @param {string | null} stored
 * @param {Draft} empty gives the fields that an older page did not keep
 * @returns {Draft | null}
 */
export function readDraft(stored, empty) {
  try {
    const value = JSON.parse(stored ?? "null");
    if (typeof value?.line !== "string" || typeof value.key !== "string") return null;
    return { ...empty, ...value };
  } catch {
    return null;
  }
}

/** The slot of this tab and this person; `open` before anything else. */
export class DraftSlot {
  /** @type {string} */
  #slot;
  /** Gives the lock back. */
  #release = () => {};

  /** @param {string} slot */
  constructor(slot) {
    this.#slot = slot;
  }

  /**
   * Finds this tab's slot, or that of a tab of the same person which is gone, or a new one.
   * @param {string} owner the name signed in, so that nobody finds another's words on a shared machine
   */
  static async open(owner) {
    // Two desks below different paths of one origin share its storage.
    const prefix = `${PREFIX}${location.pathname.slice(1)}${owner}.`;
    const mine = read("sessionStorage", MINE);
    const candidates = [...(mine && isKeyBehind(prefix, mine) ? [mine] : []), ...orphans(prefix)];
    for (const name of [...candidates, prefix + newKey()]) {
      const slot = new DraftSlot(name);
      if (await slot.#take(name === mine)) {
        write("sessionStorage", MINE, name);
        return slot;
      }
    }
    return new DraftSlot(prefix + newKey());
  }

  /** @param {Draft} empty */
  load(empty) {
    return readDraft(read("localStorage", this.#slot), empty) ?? empty;
  }

  /**
   * Keeps `draft`; false where this browser refuses to keep anything.
   * @param {Draft} draft
   */
  save(draft) {
    if (draft.line === "" && !draft.pending) return write("localStorage", this.#slot, null);
    return write("localStorage", this.#slot, JSON.stringify({ ...draft, saved: Date.now() }));
  }

  close() {
    this.#release();
  }

  /**
   * @param {boolean} own without locks (an insecure page) only a tab's own slot can be trusted to be free
   * @returns {Promise<boolean>}
   */
  #take(own) {
    if (!navigator.locks) return Promise.resolve(own || read("localStorage", this.#slot) === null);
    return new Promise((settle) => {
      navigator.locks
        .request(this.#slot, { ifAvailable: true }, (lock) => {
          settle(lock !== null);
          if (!lock) return undefined;
          return new Promise((done) => {
            this.#release = () => done(undefined);
          });
        })
        .catch(() => settle(own));
    });
  }
}

/**
 * The slots with words in them: those whose outcome is unknown first, then the newest.
 * @param {string} prefix
 */
function orphans(prefix) {
  try {
    return Object.keys(localStorage)
      .filter((name) => isKeyBehind(prefix, name))
      .sort((a, b) => rank(b) - rank(a));
  } catch {
    return [];
  }
}

/**
 * Whether `name` is a key with `prefix` before it. The name of one person may begin with another's and a dot.
 * @param {string} prefix
 * @param {string} name
 */
export function isKeyBehind(prefix, name) {
  return name.startsWith(prefix) && /^[0-9a-f]{32}$/u.test(name.slice(prefix.length));
}

/** @param {string} name */
function rank(name) {
  const draft = readDraft(read("localStorage", name), emptyDraft("", "auto"));
  return draft ? draft.saved + (draft.pending ? Number.MAX_SAFE_INTEGER / 2 : 0) : 0;
}

/**
 * @param {"localStorage" | "sessionStorage"} storage by name: where it is blocked, to ask for the object throws already
 * @param {string} name
 */
export function read(storage, name) {
  try {
    return globalThis[storage].getItem(name);
  } catch {
    return null; // a browser that keeps nothing: the draft then lives as long as the page
  }
}

/**
 * @param {"localStorage" | "sessionStorage"} storage
 * @param {string} name
 * @param {string | null} value null removes it
 */
export function write(storage, name, value) {
  try {
    if (value === null) globalThis[storage].removeItem(name);
    else globalThis[storage].setItem(name, value);
    return true;
  } catch {
    return false;
  }
}

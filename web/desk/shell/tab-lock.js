/** A name that one tab holds at a time (Web Locks), until it releases it or ends. */

/**
 * Takes `name`; returns what releases it, or null if another tab has it.
 * @param {string} name
 * @param {boolean} isFree the answer of a browser without Web Locks (an insecure page)
 * @returns {Promise<(() => void) | null>}
 */
export function lockForTab(name, isFree) {
  const none = isFree ? () => {} : null;
  if (!navigator.locks) return Promise.resolve(none);
  return new Promise((resolve) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (!lock) return resolve(null);
        return new Promise((release) => resolve(() => release(undefined)));
      })
      .catch(() => resolve(none));
  });
}

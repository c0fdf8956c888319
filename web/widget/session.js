/**
 * The transport that works in this session with a host. After ten minutes the fastest is tried again: the network may be another
 * one, or a captive portal may let everything pass. A sandboxed frame has no storage, and remembers nothing.
 */

const SESSION_KEY = "breaking-ticker ";
const LIFETIME = 600_000;

/** @param {string} host of the ticker: another may be reached in another way */
export const memory = (host) => ({
  get() {
    try {
      const [index, end] = sessionStorage[SESSION_KEY + host].split(" ");
      return end > Date.now() ? +index : 0;
    } catch {}
  },
  /** @param {number} index */
  set(index) {
    try {
      sessionStorage[SESSION_KEY + host] = `${index} ${Date.now() + LIFETIME}`;
    } catch {}
  },
});

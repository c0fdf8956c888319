/** Acts whose outcome is unknown, stored through reloads and crashes for the person who sent them. */

import { readStored, storedNames, writeStored } from "../shell/storage.js";

/** @import { SentAct } from "../shell/types.d.ts" */

const PREFIX = "flashwire.act.";

/** Two desks under different paths of one origin share its storage. @param {string} owner */
const prefixOf = (owner) => `${PREFIX}${location.pathname.slice(1)}${owner}.`;

/** @param {string} owner @param {SentAct} act */
const nameOf = (owner, act) => `${prefixOf(owner)}${act.key}`;

/** @param {string} owner @param {SentAct} act */
export function storeAct(owner, act) {
  writeStored("localStorage", nameOf(owner, act), JSON.stringify(act));
}

/** @param {string} owner @param {SentAct} act */
export function forgetAct(owner, act) {
  writeStored("localStorage", nameOf(owner, act), null);
}

/**
 * The acts of `owner` whose outcome no page has learned.
 * @param {string} owner
 * @returns {SentAct[]}
 */
export function storedActs(owner) {
  return storedNames(prefixOf(owner))
    .map((name) => parseAct(readStored("localStorage", name)))
    .filter((act) => act !== null);
}

/**
 * @param {string | null} text
 * @returns {SentAct | null}
 */
function parseAct(text) {
  try {
    const act = JSON.parse(text ?? "null");
    return typeof act?.uri === "string" && typeof act.key === "string" && act.body?.act ? act : null;
  } catch {
    return null;
  }
}

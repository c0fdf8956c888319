/**
 * Acts that were sent and whose outcome is unknown, kept through reloads and crashes for the person who sent them.
 */

import { isKeyBehind, read, write } from "../compose/draft.js";

/**
 * @typedef {{uri: string, version: number, body: Record<string, any>, key: string, sent: number}} KeptAct
 *   The request, as it was first sent: `version` is the one that the editor saw.
 */

const PREFIX = "flashwire.act.";

/** @param {string} owner @param {KeptAct} act */
const nameOf = (owner, act) => `${PREFIX}${owner}.${act.key}`;

/** @param {string} owner @param {KeptAct} act */
export function keepAct(owner, act) {
  write("localStorage", nameOf(owner, act), JSON.stringify(act));
}

/** @param {string} owner @param {KeptAct} act */
export function dropAct(owner, act) {
  write("localStorage", nameOf(owner, act), null);
}

/**
 * The acts of `owner` whose outcome no page has learned.
 * @param {string} owner
 * @returns {KeptAct[]}
 */
export function keptActs(owner) {
  try {
    return Object.keys(localStorage)
      .filter((name) => isKeyBehind(`${PREFIX}${owner}.`, name))
      .map((name) => parse(read("localStorage", name)))
      .filter((act) => act !== null);
  } catch {
    return [];
  }
}

/**
 * @param {string | null} stored
 * @returns {KeptAct | null}
 */
function parse(stored) {
  try {
    const act = JSON.parse(stored ?? "null");
    return typeof act?.uri === "string" && typeof act.key === "string" && act.body?.act ? act : null;
  } catch {
    return null;
  }
}

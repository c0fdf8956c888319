/** What the tests of the desk page's requests share: items, errors of the desk, and a request with given answers. */

import { LostError, RefusedError } from "../desk/shell/errors.js";

/** @import { Item, Written } from "../desk/shell/types.d.ts" */

/**
 * An answer of the desk with an error.
 * @param {number} status
 * @param {string} [type]
 * @param {string | null} [retryAfter]
 */
export const refusal = (status, type = "", retryAfter = null) =>
  new RefusedError(status, type ? { type: `urn:flashwire:problem:${type}`, detail: "No." } : {}, retryAfter);

/**
 * A published item.
 * @param {Partial<Item>} [changes]
 * @returns {Item}
 */
export const anItem = (changes = {}) => ({
  uri: "urn:flashwire:a",
  version: 1,
  act: "publish",
  pubStatus: "usable",
  urgency: 4,
  headline: { value: "Two injured", language: "en", direction: "ltr" },
  infoSources: [{ name: { value: "A neighbour", language: "en", direction: "ltr" }, role: "eyewitness" }],
  edition: "en",
  sections: [],
  places: [],
  link: null,
  note: null,
  firstCreated: "2026-01-02T00:00:00.000Z",
  versionCreated: "2026-01-02T00:00:00.000Z",
  expires: null,
  pinnedUntil: null,
  translationOf: null,
  ...changes,
});

/**
 * A request that gets `answers` in turn, and lost answers after them; `log` records what happens.
 * @param {(Error | Item)[]} answers
 * @param {string[]} log
 * @returns {() => Promise<Written>}
 */
export function posting(answers, log) {
  return async () => {
    log.push("post");
    const answer = answers.shift() ?? new LostError();
    if (answer instanceof Error) throw answer;
    return { item: answer };
  };
}

/** How often the request was sent. @param {string[]} log */
export const postCount = (log) => log.filter((entry) => entry === "post").length;

/**
 * A mocked clock: the returned function lets time pass, and lets the promises run.
 * @param {import("node:test").TestContext} context
 * @returns {(ms: number) => Promise<void>}
 */
export function mockClock(context) {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  return async (ms) => {
    context.mock.timers.tick(ms);
    for (let round = 0; round < 30; round++) await Promise.resolve();
  };
}

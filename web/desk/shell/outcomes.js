/**
 * What an error says about a request that may have changed something: done, refused, or unknown.
 *
 * A refusal says nothing about an earlier request under the same key, except where the desk looked for that one first
 * (docs/protocol.md, Three outcomes).
 */

import { RefusedError } from "./errors.js";

const HOUR_MS = 3_600_000;
/** The last 4xx of HTTP is 451; proxies use those above it (499) for a lost connection. */
const LAST_REFUSAL = 451;

/** Problems that the desk reports after it has looked for an earlier request under the key, or that exclude one. */
const DECIDED = new Set([
  "invalid",
  "stale",
  "withdrawn",
  "hold-not-usable",
  "release-not-held",
  "publish-again",
  "unreadable",
  "key-reused",
  "no-item",
]);

/**
 * How long the desk surely knows an Idempotency-Key, in milliseconds.
 * @param {import("./types.d.ts").Site} site
 */
export function keyLifetime(site) {
  return 0.9 * HOUR_MS * (site.limits?.idempotencyHours ?? 24);
}

/** Problem types of 503 and 408 with which the desk ends a request before it writes to the stream. */
const BEFORE_WRITING = new Set(["desk-file", "database-away", "audit-away", "too-slow"]);

/**
 * Whether `error` proves that nothing was written.
 * @param {unknown} error
 * @param {boolean} isRepeat an earlier request under this key has an unknown outcome
 */
export function isRefusal(error, isRepeat) {
  if (!(error instanceof RefusedError)) return false;
  if (isRepeat) return DECIDED.has(error.kind);
  // The desk reads its own file and the whole request before it writes to the stream.
  if (BEFORE_WRITING.has(error.kind)) return true;
  // Any other 408 comes from a proxy, which may have passed the request on.
  return error.status <= LAST_REFUSAL && error.status !== 408;
}

/**
 * Whether the desk says that it carried out the request before, and can no longer read its answer.
 * @param {unknown} error
 */
export function wasDoneBefore(error) {
  return error instanceof RefusedError && error.kind === "answer-unreadable";
}

/**
 * @typedef {object} Failure why a form's request was not carried out
 * @property {"signed-out" | "key-reused" | "done-before" | "conflict" | "refused"} kind
 * @property {RefusedError} error
 * @property {boolean} isKeySpent the form needs a new key for its next request
 */

/**
 * What a form must tell its user after `error`. Throws anything that is not the desk's refusal.
 * @param {unknown} error
 * @returns {Failure}
 */
export function failureOf(error) {
  if (!(error instanceof RefusedError)) throw error;
  const kind = failureKind(error);
  return { kind, error, isKeySpent: kind !== "signed-out" && kind !== "refused" };
}

/** @param {RefusedError} error */
function failureKind(error) {
  if (error.status === 401) return "signed-out";
  if (error.kind === "key-reused") return "key-reused";
  if (wasDoneBefore(error)) return "done-before";
  return error.status === 412 || error.status === 409 ? "conflict" : "refused";
}

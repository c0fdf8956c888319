/** The two ways in which a request to the desk fails. */

/** @import { Param } from "./i18n.js" */
/** @import { FieldError } from "./types.d.ts" */

/** The sentences of the desk, as it sends them to its page: in the language of the request, and in all. */
/** @typedef {{inLanguages?: Record<string, string>}} Spoken */

/**
 * A sentence of the desk, in every language of the page if the desk sent that.
 * @param {string | undefined} sentence
 * @param {Spoken} of what has the sentence
 * @returns {Param}
 */
export function inAllLanguages(sentence, { inLanguages }) {
  return inLanguages ? { names: inLanguages } : (sentence ?? "");
}

/**
 * What the desk says of fields, as messages that change with the language.
 * @param {(FieldError & Spoken & {message: string})[]} entries
 */
export function spoken(entries) {
  return entries.map((entry) => ({ ...entry, message: inAllLanguages(entry.message, entry) }));
}

/** No readable answer came: the request may have been carried out. */
export class LostError extends Error {}

/** The desk answered with an error. */
export class RefusedError extends Error {
  /**
   * @param {number} status
   * @param {{type?: string, title?: string, detail?: string, errors?: any[]} & Spoken} problem
   * @param {string | null} [retryAfter] the header, in seconds
   */
  constructor(status, problem, retryAfter) {
    super(problem.detail ?? problem.title ?? String(status));
    this.status = status;
    /** A sentence for a person; empty if the desk sent none. */
    this.detail = inAllLanguages(problem.detail, problem);
    this.kind = (problem.type ?? "").split(":").pop() ?? "";
    // The desk answers its page 403: after a 401 a browser asks for the password of a proxy with Basic authentication.
    if (this.kind === "unauthorized") this.status = 401;
    /** @type {FieldError[]} */
    this.errors = Array.isArray(problem.errors) ? spoken(problem.errors) : [];
    // A proxy's 429 may have no time, or a date.
    const least = status === 429 ? 1 : 0;
    /** How long the desk asks to wait, in milliseconds. */
    this.wait = 1000 * Math.min(60, Math.max(least, Number(retryAfter) || 0));
  }
}

/**
 * Whether a second person must agree: the site wants one, or this one has published as much as one person may.
 * @param {unknown} error
 */
export function needsSecondPerson(error) {
  return error instanceof RefusedError && ["approval-needed", "second-person"].includes(error.kind);
}

/**
 * Whether `error` is the desk's or the network's, and not a bug of the page.
 * @param {unknown} error
 * @returns {error is LostError | RefusedError}
 */
export function isDeskError(error) {
  return error instanceof RefusedError || error instanceof LostError;
}

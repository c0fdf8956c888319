/** The two ways in which a request to the desk fails. */

/** @import { FieldError } from "./types.d.ts" */

/** No readable answer came: the request may have been carried out. */
export class LostError extends Error {}

/** The desk answered with an error. */
export class RefusedError extends Error {
  /**
   * @param {number} status
   * @param {{type?: string, title?: string, detail?: string, errors?: FieldError[]}} problem
   * @param {string | null} [retryAfter] the header, in seconds
   */
  constructor(status, problem, retryAfter) {
    super(problem.detail ?? problem.title ?? String(status));
    this.status = status;
    /** A sentence for a person, in the language of the request; empty if the desk sent none. */
    this.detail = problem.detail ?? "";
    this.kind = (problem.type ?? "").split(":").pop() ?? "";
    // The desk answers its page 403: after a 401 a browser asks for the password of a proxy with Basic authentication.
    if (this.kind === "unauthorized") this.status = 401;
    this.errors = Array.isArray(problem.errors) ? problem.errors : [];
    /** How long the desk asks to wait, in milliseconds. */
    this.wait = 1000 * Math.min(60, Number(retryAfter) || 0);
  }
}

/**
 * Whether `error` is the desk's or the network's, and not a bug of the page.
 * @param {unknown} error
 * @returns {error is LostError | RefusedError}
 */
export function isDeskError(error) {
  return error instanceof RefusedError || error instanceof LostError;
}

/** The sentence that tells a person why a request failed. */

import { h } from "./dom.js";
import { LostError, RefusedError } from "./errors.js";
import { inSentences, showMessage } from "./i18n.js";

/**
 * @param {import("./errors.js").RefusedError | LostError} error
 * @returns {import("./i18n.js").Param}
 */
export function errorText(error) {
  if (error instanceof LostError) return { t: "error.lost" };
  return error.detail || { t: "error.unknown", p: { status: error.status } };
}

/**
 * As `errorText`, but with what is wrong of each field: for a place that does not have these fields.
 * @param {import("./errors.js").RefusedError | LostError} error
 * @returns {import("./i18n.js").Param}
 */
export function refusalText(error) {
  const messages = error instanceof RefusedError ? error.errors.map(({ message }) => message) : [];
  return messages.length ? inSentences(messages) : errorText(error);
}

/** Why something cannot be shown, in its place. @param {import("./errors.js").RefusedError | LostError} error */
export function errorNotice(error) {
  const notice = h("p", { class: "error", role: "alert" });
  showMessage(notice, errorText(error));
  return notice;
}

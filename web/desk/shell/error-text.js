/** The sentence that tells a person why a request failed. */

import { LostError } from "./errors.js";
import { t } from "./i18n.js";

/**
 * @param {import("./errors.js").RefusedError | LostError} error
 * @returns {string}
 */
export function errorText(error) {
  if (error instanceof LostError) return t("error.lost");
  return error.detail || t("error.unknown", { status: error.status });
}

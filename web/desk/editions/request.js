/** The one request that publishes a line in several editions, and what its answer says of each. */

import { inAllLanguages } from "../shell/errors.js";
import { placeErrors } from "../shell/field-errors.js";

/** @import { Param } from "../shell/i18n.js" */
/** @import { FieldError, PublishBody, Site, Written } from "../shell/types.d.ts" */
/** @import { EditionField } from "./edition-field.js" */

/**
 * @param {PublishBody} original the composer's request: what the translations do not say they take from it
 * @param {EditionField[]} fields the original first
 */
export function editionsBody(original, [first, ...others]) {
  const { role, ...rest } = original;
  const neededRole = first?.neededRole;
  return {
    ...rest,
    text: first?.line ?? "",
    ...(neededRole === undefined ? {} : { role: neededRole }),
    siblings: others.map((field) => siblingOf(field)),
  };
}

/** @param {EditionField} field */
function siblingOf(field) {
  const { id, line, isEmpty, neededRole, edition } = field;
  if (isEmpty) return { edition: id };
  const { direction } = edition;
  return { edition: id, text: line, direction, ...(neededRole === undefined ? {} : { role: neededRole }) };
}

/**
 * Shows each error of the desk in the field of its edition, and returns those that have none.
 * @param {FieldError[]} errors
 * @param {EditionField[]} fields as they were sent: the original, then `siblings` in their order
 */
export function showErrors(errors, fields) {
  /** @type {Param[]} */
  const unplaced = [];
  for (const error of errors) {
    const [, index, name] = /^siblings\[(\d+)\]\.?(.*)$/u.exec(error.field) ?? [];
    const field = fields[index === undefined ? 0 : Number(index) + 1];
    const known = { text: "line", headline: "line", infoSources: "line", role: "role" };
    const rest = placeErrors([{ ...error, field: name ?? error.field }], known, (part, message) =>
      field?.showError(message, part === "role"),
    );
    unplaced.push(...rest);
  }
  return unplaced;
}

/**
 * What became of each edition, or when they leave.
 * @param {Written} answer
 * @param {Site} site
 * @returns {[string, Record<string, Param>]} a key and its parameters
 */
export function resultOf({ item, siblings = [], due }, site) {
  /** @param {string | undefined} id */
  const nameOf = (id) => site.editions[id ?? ""]?.name ?? id ?? "";
  const published = [item, ...siblings.flatMap((row) => row.item ?? [])];
  const drafts = siblings.flatMap(({ draft }) => (draft ? [nameOf(draft.edition)] : []));
  const failed = siblings.filter(({ problem }) => problem);
  const editions = { list: published.map(({ edition }) => nameOf(edition)) };
  const problem = failed[0]?.problem;
  if (problem)
    return [
      "editions.failed",
      {
        editions,
        failed: { list: failed.map(({ edition }) => nameOf(edition)) },
        detail: inAllLanguages(problem.detail, problem),
      },
    ];
  if (due) return ["editions.scheduled", { editions, time: { moment: due } }];
  return drafts.length
    ? ["editions.drafts", { editions, drafts: { list: drafts } }]
    : ["editions.done", { editions }];
}

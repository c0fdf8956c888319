/** From a draft to the request that publishes it. */

import { split } from "./split.js";
import { TIMES } from "./times.js";

/** @import { Draft, PublishBody, Site } from "../shell/types.d.ts" */

/**
 * What a draft lacks before it can be published, as the key of a sentence; null if nothing.
 * @param {Draft} draft
 * @param {Site} site
 * @returns {"line.empty" | "line.nosource" | "role.missing" | null}
 */
export function missingPart(draft, site) {
  const { source, text, id } = split(draft.line, site.sources);
  if (!text) return "line.empty";
  if (source === null) return "line.nosource";
  return id === null && !draft.role ? "role.missing" : null;
}

/**
 * The request that publishes a complete draft. The line is sent as typed, so that the desk can name the position of a
 * character that it refuses.
 * @param {Draft} draft
 * @param {Site} site
 * @returns {PublishBody}
 */
export function publishBody(draft, site) {
  const { id } = split(draft.line, site.sources);
  const title = draft.story.title.trim();
  return {
    ...draft.further,
    ...(draft.opened ? { draftId: draft.opened.id } : {}),
    text: draft.line,
    ...(id === null ? { role: draft.role } : {}),
    direction: draft.direction,
    edition: draft.edition,
    urgency: draft.urgency,
    ...(draft.sections.length ? { sections: draft.sections } : {}),
    ...(draft.places.length ? { places: draft.places } : {}),
    ...(draft.link.trim() ? { link: draft.link.trim() } : {}),
    ...Object.fromEntries(TIMES.filter((time) => draft[time]).map((time) => [time, draft[time]])),
    ...(title ? { story: { ...(draft.story.id ? { id: draft.story.id } : {}), title } } : {}),
    ...(draft.digitalSourceType ? { digitalSourceType: draft.digitalSourceType } : {}),
    ...(draft.reviewedBy.trim() ? { reviewedBy: draft.reviewedBy.trim() } : {}),
  };
}

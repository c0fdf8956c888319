/** Items for tests: whole ones, of which a test says only what it is about. */

/** @import { Item } from "../widget/types.d.ts" */

/**
 * @param {string} uri @param {number} version @param {Partial<Item>} [rest]
 * @returns {Item}
 */
export const item = (uri, version, rest = {}) => ({
  uri,
  version,
  act: version === 1 ? "publish" : "update",
  pubStatus: "usable",
  urgency: 4,
  headline: { value: `${uri} v${version}`, language: "en", direction: "ltr" },
  infoSources: [{ name: { value: "Desk", language: "en", direction: "ltr" }, role: "agency" }],
  edition: "en",
  sections: [],
  places: [],
  link: null,
  note: null,
  firstCreated: "2026-05-01T09:00:00.000Z",
  versionCreated: "2026-05-01T09:00:00.000Z",
  expires: null,
  pinnedUntil: null,
  ...rest,
});

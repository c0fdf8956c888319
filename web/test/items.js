/** Complete items for tests; a test names only the fields that it is about. */

/** @import { Item } from "../client/types.d.ts" */

/**
 * @param {string} uri @param {number} version @param {Partial<Item>} [fields]
 * @returns {Item}
 */
export const item = (uri, version, fields = {}) => ({
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
  ...fields,
});

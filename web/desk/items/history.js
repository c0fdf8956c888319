/** Every version of an item below its row, the newest first: who did what, and which words changed. */

import { h } from "../shell/dom.js";
import { errorNotice } from "../shell/error-text.js";
import { isDeskError } from "../shell/errors.js";
import { setLabel, showText, showTime } from "../shell/i18n.js";
import { changedFields } from "./changed-fields.js";
import { diffLine, lineText } from "./diff-view.js";

/** @import { Item, ItemVersion } from "../shell/types.d.ts" */

/**
 * The history of an item, which fills itself.
 * @param {import("../shell/api.js").DeskApi} api
 * @param {string} uri
 * @returns {HTMLElement}
 */
export function historyOf(api, uri) {
  const element = h("section", { class: "history", tabindex: "-1" });
  setLabel(element, "history");
  load(api, uri, element);
  return element;
}

/**
 * @param {import("../shell/api.js").DeskApi} api
 * @param {string} uri
 * @param {HTMLElement} element
 */
async function load(api, uri, element) {
  try {
    const versions = await api.history(uri);
    const rows = versions.map((version, index) => versionRow(version, versions[index - 1]?.item ?? null));
    const newest = versions.at(-1)?.item;
    const isOff = newest?.pubStatus === "canceled" || newest?.pubStatus === "withheld";
    element.dataset.status = newest?.pubStatus ?? "";
    const mark = h("p", { class: "notice off" });
    if (isOff) showText(mark, `history.${newest.pubStatus}`);
    element.replaceChildren(...(isOff ? [mark] : []), h("ol", {}, ...rows.reverse()));
  } catch (error) {
    if (!isDeskError(error)) throw error;
    element.replaceChildren(errorNotice(error));
  }
}

/**
 * @param {ItemVersion} version
 * @param {Item | null} before
 */
function versionRow({ version, item, by }, before) {
  const number = h("b");
  showText(number, "item.version", { version });
  if (!item) {
    const missing = h("span");
    showText(missing, "history.unreadable");
    return h("li", {}, number, " · ", missing);
  }
  const time = h("time");
  showTime(time, Date.parse(item.versionCreated));
  const act = h("span");
  showText(act, by ? `by.${item.act}` : `done.${item.act}`, { by: by ?? "" });
  const { note, headline } = item;
  const words = diffLine(before ? lineText(before) : lineText(item), lineText(item), headline);
  const notes = note ? [h("p", { class: "note", lang: note.language, dir: note.direction }, note.value)] : [];
  const head = h(
    "p",
    { class: "hint" },
    number,
    " · ",
    time,
    " · ",
    act,
    ...(before ? changedFields(before, item) : []),
  );
  return h("li", {}, head, words, ...notes);
}

/** What the panel asks a person for: the draft that is opened next in the composer, and what came back. */

import { isOneLine } from "../compose/opened-drafts.js";
import { $ } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";
import { lineText } from "./line-view.js";

/** @import { User } from "../shell/types.d.ts" */
/** @import { Shown } from "./line-view.js" */

/** Whether a line asks `user` for something. @param {User | null} user @param {Shown} line */
export function isFor(user, { kind, waiting, draft }) {
  if (kind === "returned") return true;
  if (kind === "submitted") return draft?.by !== user?.name && user?.role !== "reporter";
  if (kind === "waiting") return Boolean(waiting?.mayApprove);
  return kind === "stopped" && Boolean(waiting?.mayChange);
}

/**
 * The draft that is opened next: what came back first, then what other people submitted.
 * @param {Shown[]} lines
 * @param {string} openedId the draft in the field
 * @param {string} user the name of the person
 */
export function nextToOpen(lines, openedId, user) {
  return lines.find(
    ({ draft, kind }) =>
      draft && isOneLine(draft) && draft.id !== openedId && (kind !== "submitted" || draft.by !== user),
  );
}

/**
 * Shows above the composer what came back, until it is in the field.
 * @param {Shown[]} lines
 * @param {string} openedId
 */
export function showReturned(lines, openedId) {
  const returned = lines.filter(({ kind, draft }) => kind === "returned" && draft?.id !== openedId);
  const [first] = returned;
  $("returned").hidden = !first;
  if (!first?.draft) return;
  const { changedBy, note } = first.draft;
  showText($("returned-words"), "waiting.returned", {
    name: changedBy,
    note: note ?? "",
    line: lineText(first),
  });
  const count = returned.length - 1;
  showText($("returned-more"), count ? "waiting.returned.more" : "", { count });
}

/** Shows on a button the key that does the same; the style sheet draws it. @param {HTMLElement} button */
export function showOpenKey(button) {
  button.dataset.key = "Alt+R";
  button.setAttribute("aria-keyshortcuts", "Alt+R");
}

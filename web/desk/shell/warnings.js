/** The desk's warnings about a line that it accepts, as a list on the page. */

import { h } from "./dom.js";
import { showMessage } from "./i18n.js";

/**
 * Shows `warnings` in `list`, which is hidden if there are none.
 * @param {HTMLElement} list
 * @param {Pick<import("./types.d.ts").Warning, "message">[]} [warnings]
 */
export function showWarnings(list, warnings = []) {
  list.replaceChildren(
    ...warnings.map(({ message }) => {
      const entry = h("li");
      showMessage(entry, message);
      return entry;
    }),
  );
  list.hidden = warnings.length === 0;
}

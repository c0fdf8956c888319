/** What the form of an act shows if another editor was faster: their version, and a heading over what is typed here. */

import { h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";
import { diffLine, lineText } from "./diff-view.js";
import { itemLineParts } from "./item-line.js";

/**
 * @param {import("../shell/types.d.ts").Item} item the newer version
 * @param {import("../shell/types.d.ts").Item} seen the version that this editor saw
 * @returns {HTMLElement[]}
 */
export function conflictParts(item, seen) {
  const { version, headline } = item;
  const message = h("p", { role: "alert" });
  showText(message, item.pubStatus === "canceled" ? "act.faster.final" : "act.faster", { version });
  const theirs = h("h4");
  showText(theirs, "act.theirs", { version });
  const { language, direction } = headline;
  const line = h("p", { class: "audience", lang: language, dir: direction }, ...itemLineParts(item));
  const change =
    lineText(seen) === lineText(item) ? [] : [diffLine(lineText(seen), lineText(item), headline)];
  const mine = h("h4");
  showText(mine, "act.mine");
  return [message, theirs, line, ...change, mine];
}

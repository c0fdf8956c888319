/** What the form of an act shows where somebody was faster: their version, and the heading over what is typed here. */

import { h } from "../shell/dom.js";
import { say } from "../shell/i18n.js";
import { lineOf } from "./row.js";

/**
 * @param {import("./items.js").Item} item the version that was faster
 * @returns {HTMLElement[]}
 */
export function conflictParts(item) {
  const { version, headline } = item;
  const words = h("p", { role: "alert" });
  say(words, item.pubStatus === "canceled" ? "act.faster.final" : "act.faster", { version });
  const theirs = h("h4");
  say(theirs, "act.theirs", { version });
  const line = h(
    "p",
    { class: "audience", lang: headline.language, dir: headline.direction },
    ...lineOf(item),
  );
  const mine = h("h4");
  say(mine, "act.mine");
  return [words, theirs, line, mine];
}

/** The line of an item as the audience reads it. */

import { h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";

/**
 * The sources, the text and the link, each name and text in its own bidi isolate.
 * @param {import("../shell/types.d.ts").Item} item
 * @returns {(Node | string)[]}
 */
export function itemLineParts({ infoSources, headline, link }) {
  const sources = infoSources.flatMap(({ name: { value, language, direction } }, index) => [
    ...(index ? [" · "] : []),
    h("bdi", { class: "source", lang: language, dir: direction }, value),
  ]);
  const { value, language, direction } = headline;
  const text = h("bdi", { class: "text", lang: language, dir: direction }, value);
  return [...sources, h("span", { class: "colon" }, ": "), text, ...(link ? [" ", linkTo(link)] : [])];
}

/** @param {string} href */
function linkTo(href) {
  const link = h("a", { href, rel: "noopener noreferrer", target: "_blank", class: "link" });
  showText(link, "item.link");
  return link;
}

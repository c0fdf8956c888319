/** A difference between two wordings as the page shows it: what is gone struck through, what is new underlined. */

import { h } from "../shell/dom.js";
import { diffWords } from "./word-diff.js";

/** @import { Item } from "../shell/types.d.ts" */

/** The line as one text. @param {Pick<Item, "infoSources" | "headline">} item */
export function lineText({ infoSources, headline }) {
  return `${infoSources.map(({ name }) => name.value).join(" · ")}: ${headline.value}`;
}

/**
 * @param {string} before
 * @param {string} after
 * @param {{language: string, direction: string}} text
 * @returns {HTMLElement}
 */
export function diffLine(before, after, { language, direction }) {
  const tags = { same: "span", old: "del", new: "ins" };
  const parts = diffWords(before, after, language).map(({ kind, text }) =>
    h(/** @type {"span" | "del" | "ins"} */ (tags[kind]), {}, text),
  );
  return h("p", { class: "diff", lang: language, dir: direction }, ...parts);
}

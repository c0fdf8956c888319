/** An item and its translations side by side, whatever their state; and what one act did to each of them. */

import { itemLineParts } from "../items/item-line.js";
import { h } from "../shell/dom.js";
import { errorNotice } from "../shell/error-text.js";
import { inAllLanguages, isDeskError } from "../shell/errors.js";
import { setLabel, showText } from "../shell/i18n.js";

/** @import { Item, Sibling, Site } from "../shell/types.d.ts" */

/**
 * The editions of an item, which fill themselves.
 * @param {import("../shell/api.js").DeskApi} api
 * @param {Site} site
 * @param {string} uri
 * @returns {HTMLElement}
 */
export function siblingsOf(api, site, uri) {
  const element = h("section", { class: "siblings", tabindex: "-1" });
  setLabel(element, "siblings");
  load(api, site, uri, element);
  return element;
}

/**
 * @param {import("../shell/api.js").DeskApi} api
 * @param {Site} site
 * @param {string} uri
 * @param {HTMLElement} element
 */
async function load(api, site, uri, element) {
  try {
    const { original, items, missing } = await api.request(
      "GET",
      `/v1/items/${encodeURIComponent(uri)}/siblings`,
    );
    /** @type {Item[]} */
    const all =
      items.some((/** @type {Item} */ item) => item.uri === original?.uri) || !original
        ? items
        : [original, ...items];
    element.replaceChildren(
      h(
        "ul",
        {},
        ...all.map((item) => card(item, site)),
        ...missing.map((/** @type {string} */ id) => emptyCard(id, site)),
      ),
    );
  } catch (error) {
    if (!isDeskError(error)) throw error;
    element.replaceChildren(errorNotice(error));
  }
}

/** @param {Item} item @param {Site} site */
function card(item, site) {
  const { edition, act, stale, headline, translationOf, pubStatus } = item;
  const head = [nameOf(edition, site), sentence(`done.${act}`)];
  if (!translationOf) head.push(sentence("editions.first"));
  if (stale) head.push(sentence(`stale.${stale.act}`));
  const line = h(
    "p",
    { class: "audience", lang: headline.language, dir: headline.direction },
    ...itemLineParts(item),
  );
  return h(
    "li",
    { "data-edition": edition, "data-status": pubStatus },
    h("p", { class: "sibling-head" }, ...head),
    line,
  );
}

/** @param {string} edition @param {Site} site */
function emptyCard(edition, site) {
  const line = sentence("siblings.missing");
  return h("li", { "data-edition": edition }, h("p", { class: "sibling-head" }, nameOf(edition, site)), line);
}

/**
 * One outcome for each edition of an act for all of them.
 * @param {Sibling[]} siblings
 * @param {string} act
 * @param {Site} site
 */
export function outcomesOf(siblings, act, site) {
  const rows = siblings.map(({ edition = "", item, problem }) => {
    const isUnknown = problem?.status === 503;
    const words = sentence(item ? `done.${act}` : isUnknown ? "siblings.unknown" : "siblings.failed", {
      detail: inAllLanguages(problem?.detail ?? problem?.title, problem ?? {}),
    });
    return h("li", { class: problem ? "failed" : "" }, nameOf(item?.edition ?? edition, site), " ", words);
  });
  return h("ul", { class: "sibling-outcomes", "aria-live": "polite" }, ...rows);
}

/** @param {string} id @param {Site} site */
function nameOf(id, site) {
  const { name = id, language = "" } = site.editions[id] ?? {};
  return h("bdi", { class: "edition", lang: language }, name);
}

/** @param {string} key @param {import("../shell/i18n.js").Params} [params] */
function sentence(key, params) {
  const element = h("span");
  showText(element, key, params);
  return element;
}

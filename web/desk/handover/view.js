/** How the hand-over looks: a section for each edition, a list for each kind, and the same as plain text. */

import { addressOf } from "../items/filter-values.js";
import { itemLineParts } from "../items/item-line.js";
import { bylineParts, noteParts } from "../items/row-parts.js";
import { STATES } from "../items/states.js";
import { h } from "../shell/dom.js";
import { timeFact } from "../shell/edition-time.js";
import { showText } from "../shell/i18n.js";
import { urgencyName } from "../shell/options.js";
import { factsOf, remarksOf, wordsOf } from "../waiting/line-view.js";

/** @import { Entry } from "./entries.js" */
/** @import { Item, Site } from "../shell/types.d.ts" */

/**
 * @param {{edition: string, kinds: {kind: string, entries: Entry[]}[]}} group
 * @param {Site} site
 * @returns {HTMLElement}
 */
export function editionSection({ edition, kinds }, site) {
  const known = site.editions[edition];
  const title = h("h2", known ? { lang: known.language } : {});
  if (known) title.textContent = known.name;
  else showText(title, "waiting.no-edition");
  const count = kinds.reduce((sum, { entries }) => sum + entries.length, 0);
  const lists = kinds.flatMap(({ kind, entries }) => [
    kindTitle(kind, edition, entries.length),
    h("ol", { "data-kind": kind }, ...entries.map((entry) => row(entry, site))),
  ]);
  const summary = sentence("p", "hint", count ? "handover.count" : "handover.none", { count });
  return h("section", { "data-edition": edition }, h("header", {}, title, summary), ...lists);
}

/** The name of a kind; that of a state leads to the same lines on the wire. @param {string} kind @param {string} edition @param {number} count */
function kindTitle(kind, edition, count) {
  const isState = STATES.includes(kind);
  const key = isState ? `state.of.${kind}` : `waiting.kind.${kind}`;
  const href = isState ? `./${addressOf({ edition, state: kind })}` : undefined;
  const name = href ? h("a", { href }) : h("span");
  showText(name, key);
  const number = sentence("span", "hint", "plain", { value: count });
  return h("h3", {}, name, " ", number);
}

/** @param {Entry} entry @param {Site} site */
function row({ kind, edition, item, waiting, draft }, site) {
  const zone = site.editions[edition]?.timezone;
  const urgency = item?.urgency ?? waiting?.item.urgency ?? Number(draft?.line.urgency ?? 4);
  const line = item
    ? h("bdi", { dir: item.headline.direction }, ...itemLineParts({ ...item, link: null }))
    : wordsOf(waiting ?? null, draft ?? null, site)[0];
  const shown = {
    key: "",
    kind: /** @type {"waiting"} */ (kind),
    waiting: waiting ?? null,
    draft: draft ?? null,
  };
  const facts = item ? itemFacts(item, zone) : [...factsOf(shown, site), ...remarksOf(shown, "span")];
  const mark = sentence("span", "urgency", ...urgencyName(urgency));
  return h(
    "li",
    { "data-urgency": String(urgency) },
    h("p", { class: "line" }, ...(line ? [line] : [])),
    h("p", { class: "meta" }, mark, ...facts),
  );
}

/** @param {Item} item @param {string | undefined} zone @returns {HTMLElement[]} */
function itemFacts(item, zone) {
  const { firstCreated, expires, pinnedUntil, stale, bylines = [] } = item;
  const facts = [timeFact("fact", "", firstCreated, zone)];
  const names = bylineParts(bylines);
  if (names.length)
    facts.push(
      h("span", { class: "by" }, ...names.flatMap((name, index) => (index ? [" · ", name] : [name]))),
    );
  if (expires) facts.push(timeFact("fact", "item.expires", expires, zone));
  if (pinnedUntil) facts.push(timeFact("fact", "item.pinned", pinnedUntil, zone));
  if (stale) {
    const act = sentence("b", "", `done.${stale.act}`);
    const parts = [
      sentence("span", "", "handover.original"),
      " ",
      act,
      " ",
      ...timeFact("fact", "", stale.since, zone).childNodes,
    ];
    if (stale.note)
      parts.push(" · ", h("bdi", { lang: stale.note.language, dir: stale.note.direction }, stale.note.value));
    facts.push(h("span", { class: "original" }, ...parts));
  }
  const note = noteParts(item);
  if (note.length) facts.push(h("span", { class: "note" }, ...note));
  return facts;
}

/**
 * What the page shows, as plain text for a message or a log.
 * @param {HTMLElement} page
 */
export function plainText(page) {
  /** @param {Element} element */
  const flat = (element) =>
    (element.textContent ?? "")
      .replace(/[\u2068\u2069]/gu, "")
      .replace(/\s+/gu, " ")
      .trim();
  return [...page.querySelectorAll("h1, .as-of, section[data-edition] :is(h2, header p, h3, li)")]
    .filter((element) => !element.closest("[hidden]"))
    .map((element) => {
      if (element.matches("h1")) return flat(element).toLocaleUpperCase();
      if (element.matches("h2")) return `\n${flat(element)}`;
      if (element.matches("h3")) return `\n  ${flat(element)}`;
      if (!element.matches("li")) return flat(element);
      const [line, meta] = element.children;
      const facts = [...(meta?.children ?? [])].map(flat).filter(Boolean).join(" · ");
      return `  - ${line ? flat(line) : ""}\n    ${facts}`;
    })
    .join("\n");
}

/**
 * @template {"p" | "b" | "span"} Tag
 * @param {Tag} tag @param {string} className @param {string} key @param {import("../shell/i18n.js").Params} [params]
 */
function sentence(tag, className, key, params) {
  const element = h(tag, className ? { class: className } : {});
  showText(element, key, params);
  return element;
}

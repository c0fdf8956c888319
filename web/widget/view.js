/** Items and the frame around them as DOM: text only through `textContent`, each run of it in its own isolate. */

import { ago } from "./time.js";

/** @import { Item, Text } from "./types.d.ts" */
/** @import { speak } from "./strings.js" */
/** @typedef {ReturnType<typeof speak>} Voice */

/**
 * An element with its part (also its class), attributes and children.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} [part]
 * @param {Record<string, string>} [attributes]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, part, attributes, ...children) {
  const node = document.createElement(tag);
  if (part) {
    node.className = part;
    node.setAttribute("part", part);
  }
  for (const name in attributes) node.setAttribute(name, attributes[name] ?? "");
  node.append(...children);
  return node;
}

/** @param {Text} text @param {string} [part] */
const bdi = (text, part) =>
  el("bdi", part, { lang: text.language, dir: text.direction || "auto" }, text.value);

/** The link, if it is one that a reader may be sent to. @param {Item} item */
function safe(item) {
  const url = URL.canParse(item.link ?? "") && new URL(item.link ?? "");
  return url && url.protocol === "https:" && !url.username && !url.password ? url.href : "";
}

/** "Source: text", source and text isolated from each other. @param {Item} item @param {Voice} voice */
export function line(item, { strings }) {
  const link = safe(item);
  const headline = bdi(item.headline, "headline");
  return [
    ...item.infoSources.flatMap(({ name, role }, at) => {
      const source = bdi(name, "source");
      source.dataset.role = role;
      return [at ? strings.comma : "", source];
    }),
    strings.colon,
    link ? el("a", "link", { href: link, rel: "noopener", target: "_blank" }, headline) : headline,
  ];
}

/** What a later version says about itself. @param {Item} item @param {Voice} voice */
export function note(item, { strings, language }) {
  if (item.act === "correction" && item.note)
    return [el("b", "", {}, strings.correction + strings.colon), bdi(item.note)];
  const at = new Intl.DateTimeFormat(language, { timeStyle: "short" }).format(
    Date.parse(item.versionCreated),
  );
  if (item.act === "refile") return [strings.refile.replace("{n}", at)];
  if (item.act !== "update") return [];
  return item.note ? [el("b", "", {}, strings.update + strings.colon), bdi(item.note)] : [strings.update];
}

/** One item of the list. @param {Item} item @param {Voice} voice @param {number} now */
export function row(item, voice, now) {
  const { strings, language } = voice;
  const when = Date.parse(item.firstCreated);
  const full = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(when);
  const mark = [strings.u1, strings.u2, strings.u3][item.urgency - 1];
  const said = note(item, voice);
  const { direction } = item.headline;
  return el(
    "li",
    `item u${item.urgency}`,
    {},
    el(
      "div",
      "meta",
      {},
      ...(mark ? [el("span", "mark", {}, mark)] : []),
      el("time", "time", { datetime: item.firstCreated, title: full }, ago(when, now, language)),
      ...(Date.parse(item.pinnedUntil ?? "") > now ? [el("span", "pin", {}, strings.pinned)] : []),
    ),
    el("p", "text", direction === "auto" ? {} : { dir: direction }, ...line(item, voice)),
    ...(said.length ? [el("p", "note", {}, ...said)] : []),
  );
}

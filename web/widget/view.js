/** Items and the frame around them as DOM: text only through `textContent`, each run of it in its own isolate. */

import { ago } from "./time.js";

/** @import { Item, Text } from "./types.d.ts" */
/** @import { Words } from "./strings.js" */
/** @typedef {Node | string | false | undefined} Child nothing is shown for what is not there */

/**
 * An element with its part (also its class), properties and children.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} part
 * @param {Partial<Omit<HTMLElementTagNameMap[T], "dataset" | "style">>} [properties]
 * @param {(Child | Child[])[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, part, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  if (part) node.className = node.part.value = part;
  fill(node, ...children);
  return node;
}

/** Puts `children` in place of what `node` held. @param {Element} node @param {(Child | Child[])[]} children */
export function fill(node, ...children) {
  node.replaceChildren(.../** @type {Node[]} */ (children.flat().filter(Boolean)));
}

/** @param {Text} text @param {string} part */
const bdi = (text, part) =>
  el("bdi", part, { lang: text.language, dir: text.direction || "auto" }, text.value);

/** The link, if it is one that a reader may be sent to. @param {string} link */
function safe(link) {
  const url = URL.canParse(link) && new URL(link);
  return url && url.protocol === "https:" && !url.username && !url.password && url.href;
}

/** "Source: text", source and text isolated from each other. @param {Item} item @param {Words} words */
export function line(item, words) {
  const href = safe(item.link ?? "");
  const headline = bdi(item.headline, "headline");
  return [
    ...item.infoSources.flatMap(({ name, role }, at) => {
      const source = bdi(name, "source");
      source.dataset.role = role;
      return [at > 0 && words.comma, source];
    }),
    ": ",
    href ? el("a", "link", { href, rel: "noopener", target: "_blank" }, headline) : headline,
  ];
}

/** @param {string} moment @param {Words} words */
const clock = (moment, words) => new Date(moment).toLocaleTimeString(words.lang, { timeStyle: "short" });

/**
 * What a later version says about itself.
 * @param {Pick<Item, "act" | "note" | "versionCreated">} version @param {Words} words @returns {Child[]}
 */
export function note({ act, note, versionCreated }, words) {
  const word = act === "correction" || act === "update" ? words[act] : "";
  if (word && note) return [el("b", "", {}, `${word}: `), bdi(note, "")];
  if (act === "refile") return [words.refile.replace("{n}", clock(versionCreated, words))];
  return [act === "update" && word];
}

/** One item of the list. @param {Item} item @param {Words} words @param {number} now */
export function row(item, words, now) {
  const { headline, urgency, firstCreated: dateTime } = item;
  const when = new Date(dateTime);
  const title = when.toLocaleString(words.lang, { dateStyle: "medium", timeStyle: "short" });
  const said = note(item, words);
  const last = item.act !== "correction" && item.corrections?.at(-1);
  const mark = words[/** @type {"u1"} */ (`u${urgency}`)];
  return el(
    "li",
    `item u${urgency}`,
    {},
    el("div", "meta", {}, [
      mark && el("span", "mark", {}, mark),
      el("time", "time", { dateTime, title }, ago(+when, now, words.lang)),
      Date.parse(item.pinnedUntil ?? "") > now && el("span", "pin", {}, words.pinned),
    ]),
    el("p", "text", headline.direction === "auto" ? {} : { dir: headline.direction }, line(item, words)),
    // The newest correction stays with an item that has had another act since.
    last && el("p", "note", {}, note(last, words), ` · ${clock(last.versionCreated, words)}`),
    said[0] && el("p", "note", {}, said),
  );
}

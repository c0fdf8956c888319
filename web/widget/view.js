/** DOM nodes for items. Text enters only through `textContent`, each piece in a bidi isolate of its own. */

/** @import { Item, Text } from "../client/types.d.ts" */
/** @import { Words } from "./strings.js" */
/** @typedef {Node | string | false | undefined} Child false, undefined and empty strings are left out */

/**
 * Creates an element; `part` is its part and its class.
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

/** Replaces the children of `node`. @param {Element} node @param {(Child | Child[])[]} children */
export function fill(node, ...children) {
  node.replaceChildren(.../** @type {Node[]} */ (children.flat().filter(Boolean)));
}

/** @param {Text} text @param {string} part */
const bdi = (text, part) =>
  el("bdi", part, { lang: text.language, dir: text.direction || "auto" }, text.value);

/** The link if it is safe to open: https, without a user name or password. @param {string} link */
function safeLink(link) {
  const url = URL.canParse(link) && new URL(link);
  return url && url.protocol === "https:" && !url.username && !url.password && url.href;
}

/** "Source: text" as nodes. @param {Item} item @param {Words} words */
export function line(item, words) {
  const href = safeLink(item.link ?? "");
  const headline = bdi(item.headline, "headline");
  return [
    ...item.infoSources.flatMap(({ name, role }, index) => {
      const source = bdi(name, "source");
      source.dataset.role = role;
      return [index > 0 && words.comma, source];
    }),
    item.infoSources[0] && ": ",
    href ? el("a", "link", { href, rel: "noopener", target: "_blank" }, headline) : headline,
  ];
}

/** The time of day. @param {string} moment @param {Words} words */
export const clock = (moment, words) =>
  new Date(moment).toLocaleTimeString(words.lang, { timeStyle: "short" });

/**
 * What a version did and its note as nodes; empty for a first version.
 * @param {Pick<Item, "act" | "note" | "versionCreated"> & { pubStatus?: string }} version @param {Words} words
 * @returns {Child[]}
 */
export function note({ act, note, versionCreated, pubStatus }, words) {
  const isNamed = act === "correction" || act === "update";
  const name = isNamed ? words[act] : { canceled: words.withdraw, withheld: words.hold }[`${pubStatus}`];
  if (name && note) return [el("b", "", {}, `${name}: `), bdi(note, "")];
  return [act === "refile" ? words.refile.replace("{n}", clock(versionCreated, words)) : name];
}

/**
 * Says that a machine made the text or parts of it, and who checked it, as nodes; empty for other texts.
 * @param {Item} item @param {Words} words @returns {Child[]}
 */
const disclosure = ({ digitalSourceType, reviewedBy }, words) =>
  /lgorithm|Synth/.test(`${digitalSourceType}`)
    ? [words.ai, ...(reviewedBy ? [` · ${words.reviewed} `, el("bdi", "", {}, reviewedBy)] : [])]
    : [];

/** One item of the list, without its age; of a withdrawn one only the note. @param {Item} item @param {Words} words @param {number} now */
export function row(item, words, now) {
  const { headline, urgency, act, firstCreated: dateTime } = item;
  const isGone = item.pubStatus !== "usable";
  const noteNodes = note(item, words);
  const aiNodes = disclosure(item, words);
  const correction = act !== "correction" && item.corrections?.at(-1);
  const mark = !isGone && words[/** @type {"u1"} */ (`u${urgency}`)];
  /** @param {{ versionCreated: string }} version */
  const since = ({ versionCreated }) => ` · ${clock(versionCreated, words)}`;
  return el(
    "li",
    isGone ? "item gone" : `item u${urgency}`,
    {},
    el("div", "meta", {}, [
      mark && el("span", "mark", {}, mark),
      Date.parse(item.pinnedUntil ?? "") > now && el("span", "pin", {}, words.pinned),
      el("time", "time", { dateTime }),
    ]),
    isGone
      ? []
      : [
          el(
            "p",
            "text",
            headline.direction === "auto" ? {} : { dir: headline.direction },
            line(item, words),
          ),
          aiNodes[0] && el("p", "note", {}, aiNodes),
          // The newest correction stays visible after later acts.
          correction && el("p", "note", {}, note(correction, words), since(correction)),
        ],
    noteNodes[0] && el("p", "note", {}, noteNodes, (isGone || act === "correction") && since(item)),
  );
}

/** One message in the playground's list: raw and parsed. Text enters only through `textContent`. */

/** @import { Item, Message } from "../client/types.d.ts" */
/** @typedef {DOMStringMap} Words the sentences of the list, from its data attributes */

/**
 * @param {string} tag @param {Record<string, string>} attributes @param {(Node | string)[]} children
 */
function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/**
 * The entry of one message.
 * @param {string} text as it was sent @param {Words} words @param {boolean} isOpen
 */
export function entry(text, words, isOpen) {
  /** @type {Message} */
  const message = JSON.parse(text);
  const bytes = new TextEncoder().encode(text).length;
  const time = new Date().toLocaleTimeString(undefined, { hour12: false });
  const details = el(
    "details",
    isOpen ? { open: "" } : {},
    el(
      "summary",
      {},
      el("time", { dir: "ltr" }, time),
      el("b", { class: `type-${message.type}`, dir: "ltr" }, message.type),
      el("span", { class: "soft", dir: "ltr" }, message.cursor ?? ""),
      el("span", { class: "soft size" }, `${bytes} ${words.bytes}`),
    ),
    el("h3", {}, words.parsed ?? ""),
    parsed(message, words),
    el("h3", {}, words.raw ?? ""),
    el(
      "pre",
      { lang: "en", dir: "ltr", tabindex: "0", role: "group", "aria-label": words.raw ?? "" },
      el("code", {}, JSON.stringify(message, null, 2)),
    ),
  );
  return el("li", {}, details);
}

/** @param {Message} message @param {Words} words */
function parsed(message, words) {
  const { items, item, ...rest } = message;
  const fields = Object.entries(rest).map(([name, value]) =>
    el("div", {}, el("dt", {}, el("code", { dir: "ltr" }, name)), el("dd", { dir: "ltr" }, `${value}`)),
  );
  const list = items ?? (item ? [item] : []);
  // It scrolls, so the keyboard must reach it.
  return el(
    "div",
    { tabindex: "0", role: "group", "aria-label": words.parsed ?? "" },
    el("dl", { class: "fields" }, ...fields),
    el("ul", {}, ...list.map((each) => line(each, words))),
  );
}

/** @param {Item} item @param {Words} words */
function line(item, words) {
  const version = el("code", { dir: "ltr" }, `${item.act} v${item.version}`);
  // In a replay, the text of an item that is withdrawn or on hold is no longer public.
  if (item.pubStatus !== "usable")
    return el(
      "li",
      { class: "gone" },
      version,
      ` ${words.withdrawn}: `,
      el("code", { dir: "ltr" }, item.uri),
    );
  const sources = item.infoSources.map(({ name }) =>
    el("bdi", { lang: name.language, dir: name.direction }, name.value),
  );
  const { value, language, direction } = item.headline;
  return el(
    "li",
    {},
    version,
    " ",
    el("b", {}, ...sources.flatMap((source, index) => (index ? [", ", source] : [source]))),
    ": ",
    el("bdi", { lang: language, dir: direction }, value),
  );
}

/** What the build makes from the table of the element's interface: `custom-elements.json`, types, tables of the docs. */

import { ATTRIBUTES, CUSTOM_PROPERTIES, EVENTS, PARTS, PROPERTIES, STATE_NAMES } from "./interface.js";

/** @import { Row } from "./interface.js" */

const MODULE = "breaking-ticker.js";

/** Text without the links and code marks of Markdown. @param {string} text */
const plain = (text) => text.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "");
/** @param {Row} row */
const described = ({ name, description }) => ({ name, description: plain(description) });
const reflected = ATTRIBUTES.filter(({ type }) => type);

/** The manifest of custom elements, version 2.1.0 of its schema. */
export function customElements() {
  const declaration = {
    kind: "class",
    customElement: true,
    tagName: "breaking-ticker",
    name: "BreakingTicker",
    description: "A live list of breaking news from a Flashwire ticker.",
    superclass: { name: "HTMLElement" },
    attributes: ATTRIBUTES.map((row) => ({
      ...described(row),
      type: { text: "string" },
      ...(row.type && { fieldName: row.name }),
    })),
    members: [...reflected, ...PROPERTIES].map((row) => ({
      kind: "field",
      ...described(row),
      type: { text: row.type },
      ...(reflected.includes(row) && { attribute: row.name, reflects: true }),
      ...(row.name === "state" && { readonly: true }),
    })),
    events: EVENTS.map((row) => ({ ...described(row), type: { text: row.type } })),
    cssProperties: CUSTOM_PROPERTIES.map(described),
    cssParts: PARTS.map(described),
    cssStates: STATE_NAMES.map(described),
  };
  const exports = [
    { kind: "js", name: "BreakingTicker", declaration: { name: "BreakingTicker", module: MODULE } },
    {
      kind: "custom-element-definition",
      name: "breaking-ticker",
      declaration: { name: "BreakingTicker", module: MODULE },
    },
  ];
  const module = { kind: "javascript-module", path: MODULE, declarations: [declaration], exports };
  return `${JSON.stringify({ schemaVersion: "2.1.0", readme: "", modules: [module] }, null, 2)}\n`;
}

/** The TypeScript types of the element and its events. @param {string} items those of an item, from the client's types */
export function types(items) {
  /** @param {Row} row */
  const member = (row) =>
    `  /** ${plain(row.description)} */\n  ${row.name === "state" ? "readonly " : ""}${row.name}: ${
      row.name === "state" ? "TickerState" : row.type
    };`;
  const state = PROPERTIES.find(({ name }) => name === "state")?.type;
  const events = EVENTS.map((row) => `  /** ${plain(row.description)} */\n  "${row.name}": ${row.type};`);
  return `/** The types of <breaking-ticker>, made from the table of its interface. */

${items}
export type TickerItem = Item;
export type TickerState = ${state};

export interface TickerEventMap extends HTMLElementEventMap {
${events.join("\n")}
}

export class BreakingTicker extends HTMLElement {
${[...reflected, ...PROPERTIES].map(member).join("\n")}
  addEventListener<K extends keyof TickerEventMap>(
    type: K,
    listener: (this: BreakingTicker, event: TickerEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "breaking-ticker": BreakingTicker;
  }
}
`;
}

/** The page of the docs with its tables made again. @param {string} page */
export function documented(page) {
  /** @type {Record<string, [string, Row[]]>} */
  const tables = {
    attributes: ["attribute", ATTRIBUTES],
    properties: ["property", PROPERTIES],
    states: ["state", STATE_NAMES],
    events: ["event", EVENTS],
    "custom properties": ["property", CUSTOM_PROPERTIES],
    parts: ["part", PARTS],
  };
  return page.replace(
    /(<!-- made from web\/interface\.js: ([a-z ]+) -->\n)[\s\S]*?(?=\n<!-- end -->)/g,
    (_, start, name) => {
      const [title, rows] = tables[name] ?? ["", []];
      const lines = rows.map((row) => `| \`${row.name}\` | ${row.description} |`);
      return [`${start}\n| ${title} | meaning |`, "|---|---|", ...lines].join("\n").concat("\n");
    },
  );
}

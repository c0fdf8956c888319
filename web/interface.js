/**
 * The interface of the element, as a page's developer sees it: the one table from which the build makes
 * `custom-elements.json`, the TypeScript types and the tables of docs/theming.md. Tests hold it against the code.
 */

/** @typedef {{ name: string, description: string, type?: string }} Row */

const STATES = `"connecting" | "live" | "catching-up" | "stale" | "offline"`;
const VALUE = "string | number | null";

/** Each is a property of the same name, except for `lang`, `dir` and `aria-label`, which HTML defines. @type {Row[]} */
export const ATTRIBUTES = [
  {
    name: "src",
    type: VALUE,
    description: "address of `/v1/live`; the ticker that sent the script if it is left out",
  },
  {
    name: "edition",
    type: VALUE,
    description: "the [parameter](protocol.md#subscribing) `edition`; several with commas",
  },
  { name: "section", type: VALUE, description: "only items of these sections" },
  { name: "place", type: VALUE, description: "only items of these places" },
  { name: "story", type: VALUE, description: "only items of these stories" },
  { name: "urgency", type: VALUE, description: "only items with this urgency or a more urgent one" },
  { name: "backlog", type: VALUE, description: "how many items the list starts with" },
  {
    name: "layout",
    type: VALUE,
    description:
      "`list` (the default), `line` (one item at a time), `card` (the newest item large) or `crawl` (moving)",
  },
  {
    name: "show",
    type: VALUE,
    description:
      "most rows that show at first, 10 if it is left out (`card`: 3); the reader of a list can ask for more",
  },
  {
    name: "speed",
    type: VALUE,
    description: "pixels a second of the layout `crawl`, from 1 to 1000; 80 if it is left out",
  },
  {
    name: "label",
    type: VALUE,
    description: "the word on the label in place of “Breaking” and “Latest”",
  },
  {
    name: "tombstone",
    type: VALUE,
    description:
      "seconds for which a withdrawn line leaves a row that says so; 60 if it is left out, 0 for none (none in a `crawl`)",
  },
  {
    name: "keep",
    type: VALUE,
    description:
      "minutes for which the browser keeps the last list, to show it at once at the next visit; 60 if it is left out, which is the most, 0 for none",
  },
  {
    name: "lang",
    description: "language (en, ar, es, or one of your own [words](#words)) of the element's words",
  },
  { name: "dir", description: "direction of the element's words" },
  {
    name: "aria-label",
    description: "name of the region for screen readers; the label's word if it is left out",
  },
];

/** Properties that are no attribute. @type {Row[]} */
export const PROPERTIES = [
  { name: "state", type: STATES, description: "the state of the connection; read only" },
  {
    name: "words",
    type: "Partial<Record<string, string>> | undefined",
    description: "your own [words](#words) for the element",
  },
];

/** @type {Row[]} */
export const STATE_NAMES = [
  { name: "connecting", description: "no list has come yet" },
  { name: "live", description: "the list is current" },
  { name: "catching-up", description: "the connection is being opened again" },
  { name: "stale", description: "connected, but the ticker itself may be behind" },
  { name: "offline", description: "no connection, or refused" },
];

/** @type {Row[]} */
export const EVENTS = [
  {
    name: "ticker-item",
    type: `CustomEvent<{ item: TickerItem; change: "added" | "changed" | "removed" }>`,
    description: "`detail` has the `item`, and the `change`: `added`, `changed` or `removed`",
  },
  {
    name: "ticker-state",
    type: "CustomEvent<{ state: TickerState; reason: string }>",
    description: "`detail` has the `state`, and a `reason` for a person",
  },
];

/** @type {Row[]} */
export const CUSTOM_PROPERTIES = [
  { name: "--ticker-ink", description: "text" },
  { name: "--ticker-soft", description: "secondary text: times, states" },
  { name: "--ticker-paper", description: "background" },
  { name: "--ticker-rule", description: "lines between items" },
  { name: "--ticker-accent", description: "marks of urgent items, errors" },
  {
    name: "--ticker-fill",
    description:
      "background of the label and of the “new” button; their text is black or white, whichever has contrast",
  },
  { name: "--ticker-size", description: "font size, 16px if it is left out; every other size follows it" },
  { name: "--ticker-font", description: "font family; the page's own if it is left out" },
  {
    name: "--ticker-height",
    description: "height of the list, kept free from the start; it scrolls beyond that",
  },
];

/** @type {Row[]} */
export const PARTS = [
  { name: "box", description: "the outer box: background, font, and the width for layouts" },
  { name: "root", description: "everything; the name of the layout too where it is not the list" },
  { name: "line", description: "`root` in the layout `line`" },
  { name: "card", description: "`root` in the layout `card`" },
  { name: "crawl", description: "`root` in the layout `crawl`" },
  { name: "track", description: "the row of a crawl that moves" },
  { name: "piece", description: "one item on it" },
  { name: "head", description: "the bar on top: `label` and `tools`" },
  { name: "label", description: "the word “Breaking” over a flash or a bulletin, else “Latest”" },
  { name: "tools", description: "the state and the controls" },
  { name: "state", description: "the state in words" },
  { name: "fresh", description: "the button that shows new items after a pause" },
  { name: "count", description: "which item of how many a line shows" },
  { name: "turn", description: "the buttons of a line for the next and the previous item" },
  { name: "back", description: "the one for the previous item" },
  { name: "pause", description: "the button that pauses" },
  { name: "icon", description: "the button with a drawn sign" },
  {
    name: "messages",
    description: "where the two messages about the connection are, over the end of the list",
  },
  { name: "why", description: "why the ticker is offline or stale" },
  { name: "since", description: "its words for the time since when, in a narrow box" },
  { name: "retry", description: "its button, which tries again at once" },
  { name: "notice", description: "says that items may be missing" },
  { name: "dismiss", description: "its button" },
  { name: "body", description: "the list, or the words for an empty one" },
  { name: "list", description: "the list of items" },
  { name: "more", description: "the button that shows older items" },
  { name: "all", description: "the button of a row whose text is cut; it opens the whole text" },
  { name: "whole", description: "the box with the whole text, over the page" },
  { name: "close", description: "its button" },
  { name: "empty", description: "says that there are no items" },
  { name: "item", description: "one item, also `u1` to `u8` by urgency" },
  { name: "gone", description: "the row that a withdrawn item leaves for a time" },
  { name: "meta", description: "urgency, time and pin of an item" },
  { name: "mark", description: "the word for the urgency" },
  { name: "time", description: "how old the item is" },
  { name: "pin", description: "says that the item is pinned" },
  { name: "text", description: "sources and headline" },
  { name: "source", description: "one source" },
  { name: "headline", description: "the headline" },
  { name: "link", description: "the link around the headline where the item has one" },
  { name: "note", description: "a correction or an update" },
  { name: "sr", description: "announcements for screen readers; not visible" },
];

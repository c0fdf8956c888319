/** The types of <breaking-ticker>, made from the table of its interface. */

export interface Text {
  value: string;
  language: string;
  direction: "ltr" | "rtl" | "auto";
}

export interface Item {
  uri: string;
  version: number;
  act: string;
  pubStatus: string;
  urgency: number;
  headline: Text;
  infoSources: { name: Text; role: string; uri?: string }[];
  edition: string;
  sections: string[];
  places: string[];
  link: string | null;
  note: Text | null;
  /** Newest last; not in items of earlier releases. */
  corrections?: Correction[];
  firstCreated: string;
  versionCreated: string;
  expires: string | null;
  pinnedUntil: string | null;
  /** This and the next two are not in items of earlier releases. */
  story?: { id: string; title: Text } | null;
  /** A term of the IPTC's digital source types. */
  digitalSourceType?: string | null;
  /** A role or a name. */
  reviewedBy?: string | null;
  /** The uri of the item that this one translates. */
  translationOf?: string | null;
}

export interface Correction {
  version: number;
  act: string;
  note: Text;
  versionCreated: string;
}

export type TickerItem = Item;
export type TickerState = "connecting" | "live" | "catching-up" | "stale" | "offline";

export interface TickerEventMap extends HTMLElementEventMap {
  /** detail has the item, and the change: added, changed or removed */
  "ticker-item": CustomEvent<{ item: TickerItem; change: "added" | "changed" | "removed" }>;
  /** detail has the state, and a reason for a person */
  "ticker-state": CustomEvent<{ state: TickerState; reason: string }>;
}

export class BreakingTicker extends HTMLElement {
  /** address of /v1/live; the ticker that sent the script if it is left out */
  src: string | number | null;
  /** the parameter edition; several with commas */
  edition: string | number | null;
  /** only items of these sections */
  section: string | number | null;
  /** only items of these places */
  place: string | number | null;
  /** only items of these stories */
  story: string | number | null;
  /** only items with this urgency or a more urgent one */
  urgency: string | number | null;
  /** how many items the list starts with */
  backlog: string | number | null;
  /** list (the default), line (one item at a time), card (the newest item large) or crawl (moving) */
  layout: string | number | null;
  /** most rows that show at first, 10 if it is left out (card: 3); the reader of a list can ask for more */
  show: string | number | null;
  /** pixels a second of the layout crawl, from 1 to 1000; 80 if it is left out */
  speed: string | number | null;
  /** the word on the label in place of “Breaking” and “Latest” */
  label: string | number | null;
  /** seconds for which a withdrawn line leaves a row that says so; 60 if it is left out, 0 for none (none in a crawl) */
  tombstone: string | number | null;
  /** minutes for which the browser keeps the last list, to show it at once at the next visit; 60 if it is left out, which is the most, 0 for none */
  keep: string | number | null;
  /** the state of the connection; read only */
  readonly state: TickerState;
  /** your own words for the element */
  words: Partial<Record<string, string>> | undefined;
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

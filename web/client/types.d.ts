/* The types of the client's modules; for the type checker only, never loaded by a browser. */

export interface Text {
  value: string;
  language: string;
  direction: "ltr" | "rtl" | "auto";
}

/** One version of one item, as in docs/protocol.md. */
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

/** A correction that an item had, and when. */
export interface Correction {
  version: number;
  act: string;
  note: Text;
  versionCreated: string;
}

export interface Message {
  type: string;
  cursor?: string;
  items?: Item[];
  item?: Item;
  complete?: boolean;
  heartbeat?: number;
  time?: string;
  stale?: boolean;
  reconnect?: number;
  /** The share of pages that report when an item is painted. */
  paint?: number;
}

export type State = "connecting" | "live" | "catching-up" | "stale" | "offline";

/** What an entry did to the list; empty for nothing. */
export type Change = "added" | "changed" | "removed" | "";

/** Why a transport ended: `final` if the client must not come back, `retryAfter` in seconds, `reason` for a person. */
export interface Loss {
  final?: boolean;
  silent?: boolean;
  retryAfter?: number;
  reason?: string;
}

export interface Handlers {
  message(text: string): void;
  loss(loss: Loss): void;
}

/** Opens a transport and returns the function that closes it; `address` gives the URL with the newest cursor. */
export type Transport = (
  address: (wait?: number) => URL,
  on: Handlers,
  heartbeat: () => number,
) => () => void;

export interface Clock {
  now(): number;
  set(run: () => void, milliseconds: number): unknown;
  clear(timer: unknown): void;
}

export interface ConnectionOptions {
  address: (cursor: string, wait?: number) => URL;
  transports: Transport[];
  onMessage(message: Message): void;
  onState(state: State, reason: string): void;
  clock?: Clock;
  random?: () => number;
  /** The ticker's element: its attributes, and the list that the server put into it. */
  element?: Element;
  /** What it shows now, and the server's time, in milliseconds. */
  list?(): [Item[], number];
  /** The index of the transport to try first, 0 if absent. The connection sets it when a fallback has worked. */
  preferred?: number;
}

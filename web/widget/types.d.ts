/* What the widget's modules say to each other; for the type checker only, never loaded by a browser. */

export interface Text {
  value: string;
  language: string;
  direction: "ltr" | "rtl" | "auto";
}

/** One version of one line, as in docs/protocol.md; only the fields that the widget reads. */
export interface Item {
  uri: string;
  version: number;
  act: string;
  pubStatus: string;
  urgency: number;
  headline: Text;
  infoSources: { name: Text; role: string }[];
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
}

/** What a correction told the readers, and when. */
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
}

export type State = "connecting" | "live" | "catching-up" | "stale" | "offline";

/** What an entry did to the list. */
export type Change = "added" | "changed" | "removed" | "";

/** Why a transport ended: `final` where coming back is useless, `retry` in seconds, `reason` in words. */
export interface Loss {
  final?: boolean;
  silent?: boolean;
  retry?: number;
  reason?: string;
}

export interface Handlers {
  message(text: string): void;
  lost(loss: Loss): void;
}

/** Opens one way to the node; `address` gives its URL with today's cursor; returns how to close it. */
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
  message(message: Message): void;
  state(state: State, reason: string): void;
  clock?: Clock;
  random?: () => number;
  memory?: { get(): number; set(rung: number): void };
}

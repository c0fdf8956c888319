/* The types of the package; web/test/client-types.test.js holds them against the code. */

import type { Change, Correction, Item, State, Text } from "./types.d.ts";

export type { Change, Correction, State, Text };

/** One version of an item that is public. */
export interface UsableItem extends Item {
  pubStatus: "usable";
}

/**
 * One version of an item that is on hold (`withheld`) or withdrawn for good (`canceled`): remove the item with this
 * `uri`. A replay brings it without its text.
 */
export interface RemovedItem extends Omit<Item, "headline"> {
  pubStatus: "withheld" | "canceled";
  headline: Text | null;
}

export type NewsItem = UsableItem | RemovedItem;

/** The current items: pinned ones first, then the newest first. Remove every item that it does not contain. */
export interface SnapshotEvent {
  type: "snapshot";
  items: NewsItem[];
  cursor: string;
  /** False after a `gap`. */
  isComplete: boolean;
}

/** Every item that changed since the cursor, once, in its newest version. Merge them by `uri`. */
export interface ReplayEvent {
  type: "replay";
  items: NewsItem[];
  cursor: string;
}

/** A new version of one item. */
export interface ItemEvent {
  type: "item";
  item: NewsItem;
  items: [NewsItem];
  cursor: string;
}

/** Items may be missing from the snapshot that follows, or may have been missed before it. Tell the reader. */
export interface GapEvent {
  type: "gap";
  items: [];
}

/** How the connection is. `stale`: items may be out of date; `reason` is set if the server has ended it for good. */
export interface StateEvent {
  type: "state";
  state: State;
  reason: string;
  items: [];
}

/** An item that this release cannot read. The subscription goes on. */
export interface SkippedEvent {
  type: "skipped";
  data: unknown;
  items: [];
}

export type NewsEvent = SnapshotEvent | ReplayEvent | ItemEvent | GapEvent | StateEvent | SkippedEvent;

/** Keeps one cursor between two runs. Use one store for each subscription. */
export interface CursorStore {
  /** The stored cursor; null if there never was one. The empty string stands for a cursor that was lost. */
  load(): string | null | undefined | Promise<string | null | undefined>;
  /** Replaces the stored cursor. */
  save(cursor: string): void | Promise<void>;
}

/** An item must match one name of each filter that is set. */
export interface FollowOptions {
  edition?: string | string[];
  section?: string | string[];
  place?: string | string[];
  role?: string | string[];
  source?: string | string[];
  language?: string | string[];
  story?: string | string[];
  /** 2 means flash and bulletin. */
  urgency?: number;
  /** The number of items in the first snapshot, 0 to 100; 10 if it is left out. */
  backlog?: number;
  /** The most seconds between two signs of life, 5 to 60. */
  heartbeat?: number;
  /** Keeps the position for the next run. */
  cursors?: CursorStore;
  /** Ends the subscription, and the iteration without an error. */
  signal?: AbortSignal;
}

/** The server refused the request, and will refuse it again: correct the address or the filter. */
export declare class RefusedError extends Error {
  name: string;
}

type Listener<T extends NewsEvent["type"]> = (event: CustomEvent<Extract<NewsEvent, { type: T }>>) => void;

/**
 * The events of one subscription, in the order of the stream; made by `follow`, and used once: by iteration, or by
 * listeners and `start`. It reconnects after every break.
 *
 * The cursor of an event is saved when the program asks for the next one, or when its listeners have returned. A
 * program that is killed meets the event that it was handling again; no event is skipped.
 */
export interface Subscription extends EventTarget {
  /** Throws `RefusedError` if the server refuses the request for good, and what the cursor store throws. */
  [Symbol.asyncIterator](): AsyncGenerator<NewsEvent, void, void>;
  /** Connects, and dispatches events to listeners; `event.detail` is the event. */
  start(): Promise<void>;
  /** Ends the subscription. */
  close(): void;
  /**
   * The time by the ticker's clock, for `Store.current`, in milliseconds since 1970: items expire by it, and the clock of
   * this machine may be wrong.
   */
  now(): number;
  /** Reconnects within a second if the connection is lost: for a host that knows that the network is back. */
  wake(): void;
  addEventListener<T extends NewsEvent["type"]>(
    type: T,
    listener: Listener<T>,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<T extends NewsEvent["type"]>(
    type: T,
    listener: Listener<T>,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

/**
 * Follows the ticker at `address` (http, https, ws or wss; with or without `/v1/live`). Nothing is opened before the
 * first iteration, or `start`. Throws `TypeError` if it is not an address.
 */
export declare function follow(address: string | URL, options?: FollowOptions): Subscription;

/** Keeps the cursor in a storage of the browser, such as `localStorage`. */
export declare function storageCursors(
  storage: Pick<Storage, "getItem" | "setItem">,
  key: string,
): CursorStore;

/**
 * The current items of a stream, merged by the rules of the protocol. A program that resumes with a stored cursor must
 * keep its list too: a replay has only what changed.
 */
export declare class Store {
  /** Which items belong to the list; an item that leaves it counts as removed. Every item if it is not set. */
  isWanted: (item: UsableItem) => boolean;
  /** Merges one item of a `replay` or `item` event; the answer says what that did, empty for nothing. */
  apply(item: NewsItem): Change;
  /** Replaces the list with the items of a `snapshot`. */
  replace(items: NewsItem[], isComplete: boolean): void;
  /** The items to show at a time in milliseconds since 1970, `Subscription.now()`: pinned first, then the newest first, at most 100. */
  current(now: number): UsableItem[];
  /** When `current` changes by itself, because an item or its pin expires; Infinity for never. */
  nextChange(now: number): number;
}

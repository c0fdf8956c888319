/** The shapes that the desk's API and its page share (docs/protocol.md). */

import type { Item as StreamItem, Text } from "../../client/types.d.ts";

export type { Text };

export interface InfoSource {
  name: Text;
  role: string;
  uri?: string;
}

/** A note to colleagues that came with a version. Readers never get it. */
export interface EdNote {
  version: number;
  by: string;
  note: string;
}

/** An item as the desk sends it; the ticker's is the same without the optional fields. */
export interface Item extends StreamItem {
  infoSources: InfoSource[];
  translationOf: string | null;
  /** From the desk only, where a version came with a note. */
  edNotes?: EdNote[];
  /** The desk cannot read this version; the words are those of `shownVersion`. */
  unreadable?: boolean;
  shownVersion?: number;
}

/** When a line was sent, acknowledged by the desk and seen on the ticker; milliseconds, by the page's clocks. */
export interface Timing {
  sent?: number | undefined;
  acknowledged?: number | undefined;
  onAir?: number | undefined;
}

export interface Warning {
  code: string;
  message: string;
  field: string;
}

export interface FieldError {
  field: string;
  message: string;
  code?: string;
}

/** The answer to a publication or an act. */
export interface Written {
  item: Item;
  cursor?: string;
  warnings?: Warning[];
}

export interface User {
  name: string;
  role: string;
}

export interface Source {
  role: string;
  names: Record<string, string>;
}

export type Sources = Record<string, Source>;

export interface Edition {
  language: string;
  direction: string;
  name: string;
}

/** The site's configuration, as `GET /v1/site` gives it. */
export interface Site {
  ticker: string;
  editions: Record<string, Edition>;
  sections: Record<string, Record<string, string>>;
  places: Record<string, Record<string, string>>;
  sources: Sources;
  roles: string[];
  limits?: { idempotencyHours: number };
}

/** The request that publishes a draft. */
export interface PublishBody {
  text: string;
  role?: string;
  direction: string;
  edition: string;
  urgency: number;
  sections?: string[];
  places?: string[];
  link?: string;
}

/**
 * A publication whose outcome is unknown: its body, when it was first sent, and `firstCreated` of the newest item
 * that the page knew then (null if the page knew no list).
 */
export interface SentLine {
  body: PublishBody;
  sent: number;
  after: string | null;
}

export interface Draft {
  line: string;
  edition: string;
  urgency: number;
  role: string;
  direction: string;
  sections: string[];
  places: string[];
  link: string;
  /** The Idempotency-Key that the draft is published under. */
  key: string;
  pending: SentLine | null;
  saved: number;
  /** Stored by pages of earlier releases, which did not store the request. */
  attempted?: boolean;
}

/** The request of an act: what it changes. */
export interface ActBody {
  act: string;
  headline?: string;
  infoSources?: [{ uri?: string; name?: string; role?: string }];
  urgency?: number;
  note?: string;
}

/** An act whose outcome is unknown, as it was first sent; `version` is the one that the editor saw. */
export interface SentAct {
  uri: string;
  version: number;
  body: ActBody;
  key: string;
  sent: number;
}

/** What every form needs to know of the session. */
export interface Session {
  /** How long the desk surely knows an Idempotency-Key, in milliseconds. */
  keyMs: number;
  /** Whether the browser is still signed in as the person who uses this page. */
  isOwner: () => Promise<boolean>;
  /** Called when the session has ended. */
  onExpired: () => void;
}

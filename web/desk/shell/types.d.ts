/** The shapes that the desk's API and its page share (docs/protocol.md). */

import type { Item as StreamItem, Text } from "../../client/types.d.ts";
import type { Param } from "./i18n.js";

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

/** Who stored a version; the public stream has no names. */
export interface Byline {
  version: number;
  act: string;
  by: string;
  at: string;
}

/** One version in an item's history; its item is null if it cannot be read. */
export interface ItemVersion {
  version: number;
  item: Item | null;
  by: string | null;
}

/** Another page: whose it is, and the form that is open there. */
export interface Person {
  page: string;
  name: string;
  uri: string;
  act: string;
}

/** An item as the desk sends it; the ticker's is the same without the optional fields. */
export interface Item extends StreamItem {
  infoSources: InfoSource[];
  translationOf: string | null;
  /** From the desk only: what happened to the original and was not answered here. */
  stale?: { since: string; act: string; uri: string; version: number; note: Text | null };
  /** From the desk only, where a version came with a note. */
  edNotes?: EdNote[];
  /** From the desk only, if it was asked for them. */
  bylines?: Byline[];
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
  message: Param;
  field: string;
  /** Where in the text of `field`, in code points. */
  start?: number;
  end?: number;
  /** Replaces what is there. */
  fix?: string;
  uri?: string;
  /** Publishing asks first. */
  ask?: boolean;
}

export interface FieldError {
  field: string;
  message: Param;
  code?: string;
}

/** What became of a line in one more edition: published, left as a draft, or not done. */
export interface Sibling {
  item?: Item;
  uri?: string;
  draft?: { id?: string; edition: string };
  edition?: string;
  problem?: {
    type?: string;
    title?: string;
    status?: number;
    detail?: string;
    inLanguages?: Record<string, string>;
  };
}

/** The answer to a publication or an act. */
export interface Written {
  item: Item;
  cursor?: string;
  warnings?: Warning[];
  /** One outcome for each edition besides the item's. */
  siblings?: Sibling[];
  /** When it leaves, if it is not published yet. */
  due?: string;
  /** Of a dry run: how many readers it would reach now, and who must approve it. */
  confirmation?: import("./leaving.js").Confirmation;
}

export interface User {
  name: string;
  role: string;
  /** Those that the person may use; null: all. */
  editions?: string[] | null;
  /** Who is signed in: a person, or a token. */
  kind?: "user" | "token";
  user?: string | null;
  /** When the session ends at the latest, and when it ends without use, as RFC 3339; null for a token. */
  expires?: string | null;
  idleExpires?: string | null;
  /** Seconds until the earlier of both. */
  endsIn?: number | null;
}

export interface Source {
  role: string;
  names: Record<string, string>;
  aliases?: string[];
}

/** A source as `GET /v1/sources` gives it. */
export interface RegisteredSource extends Source {
  id: string;
  aliases: string[];
  retired: boolean;
  version: number;
  changed: string;
  changedBy: string | null;
}

export type Sources = Record<string, Source>;

export interface Edition {
  language: string;
  direction: string;
  name: string;
  /** A name of the IANA time zone database. */
  timezone?: string;
}

/** The site's configuration, as `GET /v1/site` gives it. */
export interface Site {
  ticker: string;
  editions: Record<string, Edition>;
  sections: Record<string, Record<string, string>>;
  places: Record<string, Record<string, string>>;
  sources: Sources;
  roles: string[];
  digitalSourceTypes?: string[];
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
  publishAt?: string;
  embargoedUntil?: string;
  expires?: string;
  pinnedUntil?: string;
  story?: { id?: string; title: string };
  digitalSourceType?: string;
  reviewedBy?: string;
  draftId?: string;
  translationOf?: string;
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
  /** Instants as RFC 3339, or empty. */
  publishAt: string;
  embargoedUntil: string;
  expires: string;
  pinnedUntil: string;
  /** Without an id it is a new story; without a title there is none. */
  story: { id: string; title: string };
  digitalSourceType: string;
  reviewedBy: string;
  /** The Idempotency-Key that the draft is published under. */
  key: string;
  pending: SentLine | null;
  /** In the storage only: the drafts that wait behind this one. */
  queue?: Draft[];
  saved: number;
  /** The desk's own draft that this one changes. */
  opened?: { id: string; version: number; by: string };
  /** Another draft has replaced it in the field. */
  isSetAside?: boolean;
  /** What that draft has besides the fields of the composer. */
  further?: Record<string, unknown>;
  /** Stored by pages of earlier releases, which did not store the request. */
  attempted?: boolean;
  /** Its words may be on air already: Publish asks first. */
  isDoubtful?: boolean;
}

/** What an act changes besides the line; null clears a field. */
export interface MoreBody {
  sections?: string[];
  places?: string[];
  link?: string | null;
  expires?: string | null;
  pinnedUntil?: string | null;
  story?: { id?: string; title: string } | null;
}

/** The request of an act: what it changes. */
export interface ActBody extends MoreBody {
  act: string;
  headline?: string;
  infoSources?: [{ uri?: string; name?: string; role?: string }];
  urgency?: number;
  note?: string;
  /** The same act for all editions. */
  siblings?: boolean;
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
  /** Called when more is known of what was sent. */
  onOutcome?: () => void;
}

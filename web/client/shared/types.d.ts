/* The types of the shared connection; for the type checker only, never loaded by a browser. */

import type { Message, State } from "../types.d.ts";

/** One ticker of the page. */
export interface Member {
  onMessage(message: Message): void;
  onState(state: State, reason: string): void;
  /** Whether it has the list, and needs only what is new. */
  hasList: boolean;
  /** Of the newest message that it has received. */
  cursor: string;
}

/** What the hubs of several pages send each other. */
export interface Note {
  from: string;
  /** The hub that had asked. */
  to?: string;
  /** The sender has become the leader, or is no longer. */
  leads?: boolean;
  /** A follower wants a first message; its cursor, empty without a list. */
  asks?: string;
  /** A reader has come back, or nothing has come for too long. */
  wakes?: boolean;
  /** Whether the leader has a list. */
  isReady?: boolean;
  /** Absent if the leader does not know the cursor. */
  first?: Message | undefined;
  /** Of the node. */
  message?: Message;
  state?: State;
  reason?: string;
  /** Whether the sender's page is hidden: its timers run late. */
  isHidden?: boolean;
}

/**
 * What the audience gets, followed through the ticker's own WebSocket, so that "on air" means seen there.
 *
 * It resumes with its cursor after any break, waits with full jitter drawn anew each time, and takes silence of
 * two and a half heartbeats for a dead connection: a browser alone would notice only minutes later.
 */

/** @typedef {'connecting' | 'live' | 'stale' | 'offline'} FeedState */
/** @typedef {import('../items/items.js').Item} Item */

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
/** Silence allowed before the first message has said how often a heartbeat comes. */
const FIRST_PATIENCE = 10_000;

export class Feed {
  #url;
  #onItems;
  #onState;
  /** @type {WebSocket | null} */
  #socket = null;
  #cursor = "";
  #failures = 0;
  #patience = FIRST_PATIENCE;
  /** @type {FeedState} */
  #state = "connecting";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #watch;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;

  /**
   * @param {string} ticker the ticker's address, http or https
   * @param {(items: Item[], complete: boolean, lost: boolean) => void} onItems oldest first; `complete`: false where
   *   something may be missing or held back, and the desk's own list must be asked for; `lost`: the list is a new start
   * @param {(state: FeedState) => void} onState
   */
  constructor(ticker, onItems, onState) {
    this.#url = `${ticker.replace(/^http/u, "ws").replace(/\/+$/u, "")}/v1/live?backlog=100`;
    this.#onItems = onItems;
    this.#onState = onState;
  }

  start() {
    globalThis.addEventListener("online", this.#soon);
    this.#connect();
  }

  stop() {
    globalThis.removeEventListener("online", this.#soon);
    clearTimeout(this.#retry);
    this.#drop();
    this.#state = "connecting";
  }

  #soon = () => {
    if (this.#socket) return;
    clearTimeout(this.#retry);
    this.#connect();
  };

  #connect() {
    const resume = this.#cursor ? `&cursor=${encodeURIComponent(this.#cursor)}` : "";
    const socket = new WebSocket(this.#url + resume);
    this.#socket = socket;
    this.#heard();
    socket.onmessage = (event) => {
      if (socket !== this.#socket) return;
      this.#heard();
      this.#take(JSON.parse(event.data));
    };
    socket.onclose = (event) => {
      if (socket !== this.#socket) return;
      this.#drop();
      // 4500 and above: the node will not have us, now or later (docs/protocol.md). A minute, not never: desks stay open for days.
      this.#again(event.code >= 4500 ? 60_000 : undefined);
    };
  }

  /** @param {any} message */
  #take(message) {
    if (message.cursor) this.#cursor = message.cursor;
    switch (message.type) {
      case "snapshot":
      case "replay":
        this.#failures = 0;
        if (message.heartbeat) this.#patience = message.heartbeat * 2500;
        this.#heard();
        this.#onItems(
          message.type === "snapshot" ? [...message.items].reverse() : message.items,
          message.complete && message.type === "replay",
          !message.complete,
        );
        this.#say(message.stale ? "stale" : "live");
        break;
      case "item":
        this.#onItems([message.item], true, false);
        break;
      case "heartbeat":
        this.#say(message.stale ? "stale" : "live");
        break;
      case "bye":
        this.#drop();
        this.#again(message.reconnect * 1000);
    }
  }

  #heard() {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      this.#drop();
      this.#again();
    }, this.#patience);
  }

  #drop() {
    clearTimeout(this.#watch);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** @param {number} [wait] milliseconds that the node asked for */
  #again(wait) {
    this.#say("offline");
    const most = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures);
    this.#failures += 1;
    this.#retry = setTimeout(() => this.#connect(), wait ?? Math.random() * most);
  }

  /** @param {FeedState} state */
  #say(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#onState(state);
  }
}

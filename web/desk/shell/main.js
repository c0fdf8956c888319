/** The desk page: who is signed in, and how composer, list, feed and status line work together. */

import { Composer } from "../compose/composer.js";
import { ComposerLine } from "../editions/composer-line.js";
import { EditionsPanel } from "../editions/panel.js";
import { EditionsWire } from "../editions/wire.js";
import { Items } from "../items/items.js";
import { ItemList } from "../items/list.js";
import { ReceiptView } from "../items/receipts.js";
import { handOver } from "../waiting/hand-over.js";
import { WaitingPanel } from "../waiting/panel.js";
import { WaitingApi } from "../waiting/waiting-api.js";
import { DeskEvents } from "./desk-events.js";
import { $ } from "./dom.js";
import { isDeskError, RefusedError } from "./errors.js";
import { Feed } from "./feed.js";
import { Frame } from "./frame.js";
import { keyLifetime } from "./outcomes.js";
import { startShortcuts } from "./shortcuts.js";
import { replaceSources, SourceUpdates } from "./source-updates.js";
import { showStatus } from "./status.js";

/** @import { Item, User } from "./types.d.ts" */

const items = new Items();
/** The parts that need the site's configuration; made at the first sign-in. @type {Awaited<ReturnType<typeof createParts>> | null} */
let parts = null;
/** Whether a list has come, from the ticker or the desk. */
let hasList = false;
/** The ticker's snapshot after it lost the position of this page; null otherwise. @type {Item[] | null} */
let restart = null;

const frame = new Frame({
  ids: ["desk", "help", "state-ticker"],
  enter,
  shown,
  leave,
  forget,
  isPending,
  unsent: () => (parts?.composer.hasText ? "sign.kept" : ""),
  ready: handleReadiness,
});
const { api } = frame;
const receipts = new ReceiptView(api, $("desk"));

showStatus("ticker", "connecting");
addEventListener("offline", () => parts?.composer.handleOffline());
frame.start();

async function createParts() {
  const site = await api.site();
  const session = {
    keyMs: keyLifetime(site),
    isOwner: () => frame.isOwner(),
    onExpired: () => frame.handleUnauthorized(),
    onOutcome: () => frame.handleOutcome(),
  };
  const waitingApi = new WaitingApi(api.http);
  const composer = new Composer(site, api, {
    session,
    onPublished: handlePublished,
    newestKnown: () => items.newestFirst()[0]?.firstCreated ?? (hasList ? "" : null),
    currentVersion,
    handOver: (kind, body, key, opened) => handOver(waitingApi, kind, body, key, opened),
    onOpened: (id) => parts?.waiting.showOpened(id),
    openWithdrawal: (uri) => list.openForm(uri, "withdraw"),
  });
  const { newSource } = composer;
  const focusLine = () => composer.focus();
  const list = new ItemList({ items, site, api, session, newSource, renew, focusLine });
  const editions = new EditionsPanel(site, api, {
    session,
    composer: new ComposerLine(composer.form, site),
    onPublished: handlePublished,
    handOver: (kind, body, key) => handOver(waitingApi, kind, body, key),
  });
  const feed = new Feed(site.ticker, handleFeed, (state) => showStatus("ticker", state));
  const events = new DeskEvents(api, () => frame.handleUnauthorized());
  const editionsWire = new EditionsWire(api, site, events, { items, list, renew });
  const waiting = new WaitingPanel(site, waitingApi, events, composer);
  startShortcuts(composer, list, editions, waiting);
  const sources = new SourceUpdates(api, (registered) => replaceSources(site.sources, registered));
  return { composer, list, editions, editionsWire, feed, events, waiting, sources };
}

/** @param {User} user */
async function enter(user) {
  parts ??= await createParts();
  parts.list.setUser(user);
  parts.waiting.setUser(user);
  // The stored draft before the page is shown: it must not overwrite what is typed into an open page.
  await parts.composer.setUser(user);
  parts.editions.setUser(user);
}

function shown() {
  parts?.composer.focus();
  parts?.feed.start();
  parts?.list.presence.resume();
  parts?.events.start();
  parts?.waiting.read();
  receipts.start();
  parts?.sources.start();
  renew();
}

function leave() {
  parts?.feed.stop();
  parts?.list.presence.stop();
  parts?.events.stop();
  receipts.stop();
  parts?.sources.stop();
  showStatus("ticker", "connecting");
}

/** Held items are only for people who are signed in. */
function forget() {
  items.clear();
  parts?.waiting.forget();
  parts?.list.render();
}

/** Whether the outcome of something that was sent is unknown. */
function isPending() {
  return Boolean(parts?.composer.isPending || parts?.editions.isPending || parts?.list.isPending);
}

/** @param {boolean} isReady */
function handleReadiness(isReady) {
  if (!isReady) return parts?.composer.handleOffline();
  parts?.composer.handleOnline();
  parts?.list.repeatIfRecent();
  parts?.editions.repeatIfRecent();
  if (frame.isOpen) renew();
}

/** Loads the desk's own list, which also has the items on hold; the ticker does not send those. */
async function renew() {
  if (!parts) return;
  const { composer, list } = parts;
  try {
    const listed = await api.items();
    if (restart) {
      items.reset();
      listed.push(...restart);
      restart = null;
    }
    hasList = true;
    for (const item of listed) {
      items.merge(item);
      composer.handleItem(item);
    }
    items.setStale(listed);
    $("items-old").hidden = true;
    list.render();
    if (list.isChief) items.mergeUnreadable(await api.unreadable());
    await list.loadSentActs();
  } catch (error) {
    if (error instanceof RefusedError && error.status === 401) return frame.handleUnauthorized();
    if (!isDeskError(error)) throw error;
    $("items-old").hidden = false;
  }
  list.render();
}

/**
 * The newest version of an item, from the desk; undefined if the desk cannot tell.
 * @param {string} uri
 */
async function currentVersion(uri) {
  try {
    const item = await api.item(uri);
    items.merge(item);
    parts?.list.render();
    return item;
  } catch (error) {
    if (!isDeskError(error)) throw error;
    return undefined;
  }
}

/**
 * @param {Item} item
 * @param {number | undefined} sent
 */
function handlePublished(item, sent) {
  items.merge(item);
  items.addTiming(item.uri, item.version, { sent, acknowledged: Date.now() });
  parts?.list.showOwn(item);
}

/**
 * @param {Item[]} received
 * @param {boolean} complete
 * @param {boolean} lost the ticker no longer knows this page's position: versions may have gone back
 */
function handleFeed(received, complete, lost) {
  hasList = true;
  if (lost) restart = received;
  const now = performance.now();
  for (const item of received) {
    parts?.editionsWire.handleItem(item);
    items.merge(item);
    parts?.composer.handleItem(item);
    // For every version, also of a snapshot: the ticker is often faster than the desk's answer, which says whose it is.
    if (items.timing(item.uri, item.version).onAir === undefined)
      items.addTiming(item.uri, item.version, { onAir: now });
  }
  if (complete) parts?.list.render();
  else renew();
}

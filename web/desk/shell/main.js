/** The desk page: who is signed in, and how composer, list, feed and status line work together. */

import { Composer } from "../compose/composer.js";
import { keepPreviewVisible } from "../compose/send-bar.js";
import { Items } from "../items/items.js";
import { ItemList } from "../items/list.js";
import { DeskApi } from "./api.js";
import { askConfirmation } from "./confirm.js";
import { $ } from "./dom.js";
import { isDeskError, LostError, RefusedError } from "./errors.js";
import { Feed } from "./feed.js";
import { currentLanguage, setLanguage, showText, startLanguage } from "./i18n.js";
import { keyLifetime } from "./outcomes.js";
import { startShortcuts } from "./shortcuts.js";
import { SignIn } from "./sign-in.js";
import { ReadinessCheck, showStatus } from "./status.js";

/** @import { Item, User } from "./types.d.ts" */

/** Time between two attempts to reach the desk at the start, in milliseconds. */
const RETRY_MS = 2000;
/** The ids of what is visible only to a person who is signed in. */
const SIGNED_IN = ["desk", "help", "signout", "user", "state-ticker"];

const items = new Items();
/** The parts that need the site's configuration; made at the first sign-in. @type {Awaited<ReturnType<typeof createParts>> | null} */
let parts = null;
/** The name of the person signed in. */
let owner = "";
/** Whether a list has come, from the ticker or the desk. */
let hasList = false;
/** The ticker's snapshot after it lost the position of this page; null otherwise. @type {Item[] | null} */
let restart = null;

const api = new DeskApi(currentLanguage, (reachable) => {
  if (!reachable) showStatus("desk", "offline");
});
const signIn = new SignIn(api, enter);
const readiness = new ReadinessCheck(api, (isReady) => {
  if (!isReady) return parts?.composer.handleOffline();
  parts?.composer.handleOnline();
  parts?.list.repeatIfRecent();
  if (!$("desk").hidden) renew();
});

startLanguage();
keepPreviewVisible();
$("language").value = currentLanguage();
$("language").addEventListener("change", () => setLanguage($("language").value));
$("signout").addEventListener("click", signOut);
showStatus("desk", "connecting");
showStatus("ticker", "connecting");
addEventListener("offline", () => parts?.composer.handleOffline());
addEventListener("beforeunload", (event) => {
  if (isPending()) event.preventDefault();
});
start();

async function start() {
  readiness.run();
  const code = SignIn.takeCode();
  if (code) return signIn.show({ code });
  try {
    await enter(await api.session());
  } catch (error) {
    if (error instanceof RefusedError) signIn.show();
    else if (error instanceof LostError) setTimeout(start, RETRY_MS);
    else throw error;
  }
}

async function createParts() {
  const site = await api.site();
  const session = { keyMs: keyLifetime(site), isOwner, onExpired: handleExpired };
  const composer = new Composer(site, api, {
    session,
    onPublished: handlePublished,
    newestKnown: () => items.newestFirst()[0]?.firstCreated ?? (hasList ? "" : null),
    currentVersion,
    openWithdrawal: (uri) => list.openForm(uri, "withdraw"),
  });
  const list = new ItemList({ items, site, api, session, renew });
  const feed = new Feed(site.ticker, handleFeed, (state) => showStatus("ticker", state));
  startShortcuts(composer, list);
  return { composer, list, feed };
}

/** Opens the desk. @param {User} user */
async function enter(user) {
  parts ??= await createParts();
  const { composer, list, feed } = parts;
  owner = user.name;
  list.setUser(user);
  // The stored draft before the page is shown: it must not overwrite what is typed into an open page.
  await composer.setUser(user);
  signIn.hide();
  for (const id of SIGNED_IN) $(id).hidden = false;
  showText($("user"), "sign.who", { name: user.name, role: { t: `desk.${user.role}` } });
  composer.focus();
  feed.start();
  await renew();
}

/** The session has ended: shows the sign-in, and keeps everything that was typed. */
function handleExpired() {
  if ($("desk").hidden) return;
  close();
  const unpublished = parts?.composer.hasText ? "sign.kept" : "";
  signIn.show({ expired: true, unsent: isPending() ? "sign.unknown" : unpublished });
}

/** Whether the outcome of something that was sent is unknown. */
function isPending() {
  return Boolean(parts?.composer.isPending || parts?.list.isPending);
}

/** Whether the session still belongs to the person signed in here: another tab may have changed it for all tabs. */
async function isOwner() {
  return (await api.session()).name === owner;
}

async function signOut() {
  const question = { title: "leave.title", words: "leave.words", yes: "leave.yes" };
  if (isPending() && !(await askConfirmation(question))) return;
  try {
    await api.signOut();
  } catch (error) {
    if (error instanceof LostError) return readiness.run();
    if (!(error instanceof RefusedError)) throw error;
  }
  close();
  // Held items are only for people who are signed in.
  items.clear();
  parts?.list.render();
  signIn.show();
}

function close() {
  parts?.feed.stop();
  showStatus("ticker", "connecting");
  for (const id of SIGNED_IN) $(id).hidden = true;
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
    $("items-old").hidden = true;
    list.render();
    if (list.isChief) items.mergeUnreadable(await api.unreadable());
    await list.loadSentActs();
  } catch (error) {
    if (error instanceof RefusedError && error.status === 401) return handleExpired();
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
  parts?.list.render();
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
    items.merge(item);
    parts?.composer.handleItem(item);
    // For every version, also of a snapshot: the ticker is often faster than the desk's answer, which says whose it is.
    if (items.timing(item.uri, item.version).onAir === undefined)
      items.addTiming(item.uri, item.version, { onAir: now });
  }
  if (complete) parts?.list.render();
  else renew();
}

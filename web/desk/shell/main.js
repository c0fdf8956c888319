/** The desk page: who is signed in, and how composer, board, feed and state line are put together. */

import { Composer } from "../compose/composer.js";
import { keepPreviewInSight } from "../compose/send-bar.js";
import { Items } from "../items/items.js";
import { ItemList } from "../items/list.js";
import { Desk, LostError, RefusedError } from "./api.js";
import { ask } from "./confirm.js";
import { $ } from "./dom.js";
import { Feed } from "./feed.js";
import { choose, current, say, startLanguage } from "./i18n.js";
import { listen } from "./shortcuts.js";
import { SignIn } from "./sign-in.js";
import { show, Watch } from "./status.js";

/** Time between two tries to reach the desk at the start, in milliseconds. */
const RETRY = 2000;
/** What only those who are signed in can use. */
const SIGNED_IN = ["desk", "help", "signout", "who", "state-ticker"];

const board = new Items();
/** @type {Composer | null} */
let composer = null;
/** @type {ItemList | null} */
let wire = null;
/** @type {Feed | null} */
let feed = null;
/** The name of who is signed in. */
let owner = "";
/** Whether a list has come, from the ticker or the desk. */
let hasList = false;
/** What the ticker sent after it had lost the place of this page; null where the board needs no new start. @type {Item[] | null} */
let restart = null;

const desk = new Desk(current, (reached) => {
  if (!reached) show("desk", "offline");
});
const signin = new SignIn(desk, enter);
const watch = new Watch(desk, (good) => {
  if (!good) return composer?.away();
  composer?.back();
  wire?.repeat();
  if (!$("desk").hidden) renew();
});

startLanguage();
keepPreviewInSight();
$("language").value = current();
$("language").addEventListener("change", () => choose($("language").value));
$("signout").addEventListener("click", leave);
show("desk", "connecting");
show("ticker", "connecting");
addEventListener("offline", () => composer?.away());
addEventListener("beforeunload", (event) => {
  if (isPending()) event.preventDefault();
});
start();

/** @typedef {import("../items/items.js").Item} Item */

async function start() {
  watch.now();
  const code = SignIn.takeCode();
  if (code) return signin.show({ code });
  try {
    await enter(await desk.session());
  } catch (error) {
    if (error instanceof RefusedError) signin.show();
    else if (error instanceof LostError) setTimeout(start, RETRY);
    else throw error;
  }
}

/** @param {import("./sign-in.js").User} user */
async function enter(user) {
  if (!composer || !wire) {
    const site = await desk.site();
    composer = new Composer(site, desk, {
      published,
      expired,
      newest: () => board.list()[0]?.firstCreated ?? (hasList ? "" : null),
      current: newestVersion,
      withdraw: (uri) => wire?.open(uri, "withdraw"),
      isOwner,
    });
    wire = new ItemList(board, site, desk, renew, expired, isOwner);
    feed = new Feed(site.ticker, heard, (state) => show("ticker", state));
    listen(composer, wire);
  }
  owner = user.name;
  wire.enter(user);
  // The draft before the page: what somebody types into an open page must not be overwritten by what was kept.
  await composer.enter(user);
  signin.hide();
  for (const id of SIGNED_IN) $(id).hidden = false;
  say($("who"), "sign.who", { name: user.name, role: { t: `desk.${user.role}` } });
  composer.focus();
  feed?.start();
  await renew();
}

/** The session has ended: back to signing in, with every word where it was. */
function expired() {
  if ($("desk").hidden) return;
  close();
  const kept = composer?.holdsText ? "sign.kept" : "";
  signin.show({ expired: true, kept: isPending() ? "sign.unknown" : kept });
}

/** Whether the outcome of something that was sent is unknown. */
function isPending() {
  return Boolean(composer?.isPending || wire?.isPending);
}

/** Whether the session is still of who is signed in here: another tab may have changed it for all of them. */
async function isOwner() {
  return (await desk.session()).name === owner;
}

async function leave() {
  if (isPending() && !(await ask({ title: "leave.title", words: "leave.words", yes: "leave.yes" }))) return;
  try {
    await desk.signOut();
  } catch (error) {
    if (error instanceof LostError) return watch.now();
    if (!(error instanceof RefusedError)) throw error;
  }
  close();
  // What is on hold is nobody's business who is not signed in.
  board.clear();
  wire?.render();
  signin.show();
}

function close() {
  feed?.stop();
  show("ticker", "connecting");
  for (const id of SIGNED_IN) $(id).hidden = true;
}

/** The desk's own list, with what is held and in no ticker. */
async function renew() {
  try {
    const items = await desk.items();
    if (restart) {
      board.reset();
      items.push(...restart);
      restart = null;
    }
    hasList = true;
    for (const item of items) {
      board.merge(item);
      composer?.seen(item);
    }
    $("board-old").hidden = true;
    wire?.render();
    if (wire?.isChief) board.mergeUnreadable(await desk.unreadable());
    await wire?.findKept();
  } catch (error) {
    if (error instanceof RefusedError && error.status === 401) return expired();
    if (!(error instanceof RefusedError || error instanceof LostError)) throw error;
    $("board-old").hidden = false;
  }
  wire?.render();
}

/**
 * The newest version of an item, from the desk; undefined where it cannot say.
 * @param {string} uri
 */
async function newestVersion(uri) {
  try {
    const item = await desk.item(uri);
    board.merge(item);
    wire?.render();
    return item;
  } catch (error) {
    if (!(error instanceof RefusedError || error instanceof LostError)) throw error;
    return undefined;
  }
}

/**
 * @param {import("../items/items.js").Item} item
 * @param {number | undefined} sent
 */
function published(item, sent) {
  board.merge(item);
  board.prove(item.uri, item.version, { sent, acknowledged: Date.now() });
  wire?.render();
}

/**
 * @param {import("../items/items.js").Item[]} items
 * @param {boolean} complete
 * @param {boolean} lost the ticker does not know this page's place any more: versions may have gone back
 */
function heard(items, complete, lost) {
  hasList = true;
  if (lost) restart = items;
  const now = performance.now();
  for (const item of items) {
    board.merge(item);
    composer?.seen(item);
    // Kept for every version, also one of a snapshot: the ticker is often faster than the desk's answer, which says that the line is ours.
    if (board.proof(item.uri, item.version).onAir === undefined)
      board.prove(item.uri, item.version, { onAir: now });
  }
  if (complete) wire?.render();
  else renew();
}

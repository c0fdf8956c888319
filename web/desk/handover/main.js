/** The page of the hand-over: what is open at change of shift, kept up to date, to be printed or copied as text. */

import { addressOf, readAddress } from "../items/filter-values.js";
import { DeskEvents } from "../shell/desk-events.js";
import { $, h } from "../shell/dom.js";
import { isDeskError, RefusedError } from "../shell/errors.js";
import { Feed } from "../shell/feed.js";
import { Frame } from "../shell/frame.js";
import { showText, showTime } from "../shell/i18n.js";
import { option } from "../shell/options.js";
import { showStatus } from "../shell/status.js";
import { ownZone } from "../shell/zones.js";
import { byEdition, entriesOf } from "./entries.js";
import { editionSection, plainText } from "./view.js";

/** @import { Item, Site } from "../shell/types.d.ts" */

/** Several versions of one act come together. */
const PAUSE_MS = 500;
/** What expires, and what is late, changes without a message. */
const RENEW_MS = 60_000;
const TOPICS = ["approvals", "drafts", "schedule", "siblings"];
const LIMIT = 200;
/** The lists of items; the desk looks through its whole stream for each. */
const QUERIES = ["status=withheld", "ahead=expires&ahead=pinnedUntil", "stale=1"];

const frame = new Frame({ ids: ["handover", "state-ticker"], enter, shown: start, leave: stop, forget });
const events = new DeskEvents(frame.api, () => frame.handleUnauthorized());
/** @type {Site | null} */
let site = null;
/** @type {Feed | null} */
let feed = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let reads = 0;

events.subscribe((topics) => {
  if (topics.some((topic) => TOPICS.includes(topic))) plan(PAUSE_MS);
});
$("handover-edition").addEventListener("change", () => {
  const edition = $("handover-edition").value;
  history.replaceState(null, "", `${location.pathname}${addressOf({ edition })}`);
  showEdition();
});
$("handover-print").addEventListener("click", () => print());
$("handover-copy").addEventListener("click", copy);
$("language").addEventListener("change", () => plan(0));
frame.start();

async function enter() {
  const known = await frame.api.site();
  site = known;
  $("handover-zone").textContent = ownZone();
  const options = Object.entries(known.editions).map(([id, { name, language }]) =>
    h("option", { value: id, lang: language }, name),
  );
  $("handover-edition").replaceChildren(option("", "handover.all"), ...options);
  const { edition } = readAddress(location.search);
  if (edition in known.editions) $("handover-edition").value = edition;
  feed ??= new Feed(
    known.ticker,
    () => plan(PAUSE_MS),
    (state) => showStatus("ticker", state),
  );
}

function start() {
  $("handover-edition").focus();
  feed?.start();
  events.start();
  plan(0);
}

function stop() {
  clearTimeout(timer);
  feed?.stop();
  events.stop();
}

/** The lines are only for people who are signed in. */
function forget() {
  reads++;
  $("handover-editions").replaceChildren();
  $("handover-text").value = "";
  $("handover-text-field").hidden = true;
}

/** @param {number} pause */
function plan(pause) {
  clearTimeout(timer);
  timer = setTimeout(load, pause);
}

async function load() {
  const read = ++reads;
  clearTimeout(timer);
  try {
    const lists = await readLists();
    // An answer to an earlier request may come after that to a later one.
    if (read !== reads || !site) return;
    const groups = byEdition(entriesOf(lists, Date.now()), Object.keys(site.editions));
    const known = site;
    show(groups.map((group) => editionSection(group, known)));
    $("handover-many").hidden = !lists.isCut;
    showTime($("handover-time"), Date.now());
    showAge(true);
    showEdition();
  } catch (error) {
    if (!isDeskError(error)) throw error;
    if (error instanceof RefusedError && error.status === 401) return frame.handleUnauthorized();
    showAge(false);
  }
  if (frame.isOpen) plan(RENEW_MS);
}

/** Replaces the lists only if they differ: a person may be reading, selecting or on a link. @param {HTMLElement[]} sections */
function show(sections) {
  const shown = $("handover-editions");
  const fresh = h("div", {}, ...sections);
  for (const section of shown.children) section.hidden = false;
  if (fresh.innerHTML === shown.innerHTML) return;
  const { activeElement } = document;
  const href = shown.contains(activeElement) ? activeElement?.getAttribute("href") : null;
  shown.replaceChildren(...sections);
  if (href) shown.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus();
}

/** @param {boolean} isLive */
function showAge(isLive) {
  $("handover-old").hidden = isLive;
  $("handover-live").hidden = !isLive;
}

async function readLists() {
  /** @param {string} path */
  const get = (path) => frame.api.request("GET", path);
  const [drafts, approvals, schedule, ...lists] = await Promise.all([
    get("/v1/drafts?state=draft&state=submitted"),
    get("/v1/approvals"),
    get("/v1/schedule"),
    ...QUERIES.map((query) => get(`/v1/items?limit=${LIMIT}&bylines=true&${query}`)),
  ]);
  /** @type {Item[]} */
  const listed = lists.flatMap(({ items }) => items);
  const items = [...new Map(listed.map((item) => [item.uri, item])).values()];
  const isCut = lists.some((list) => list.items.length === LIMIT);
  return { ...drafts, ...approvals, ...schedule, items, isCut };
}

/** Shows the edition that is chosen. */
function showEdition() {
  const edition = $("handover-edition").value;
  for (const section of $("handover-editions").children)
    section.hidden = Boolean(edition) && section.dataset.edition !== edition;
  showText($("handover-many"), "handover.many", { count: LIMIT });
}

async function copy() {
  const text = plainText($("handover"));
  try {
    await navigator.clipboard.writeText(text);
    $("handover-text-field").hidden = true;
    showText($("handover-copied"), "handover.copied");
  } catch {
    // Without https or the right to it a page may not copy.
    $("handover-text-field").hidden = false;
    $("handover-text").value = text;
    $("handover-text").select();
    showText($("handover-copied"), "handover.select");
  }
}

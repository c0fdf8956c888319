/** The page that shows the list as readers had it at a moment. */

import { $, h } from "../shell/dom.js";
import { errorText } from "../shell/error-text.js";
import { isDeskError } from "../shell/errors.js";
import { Frame } from "../shell/frame.js";
import { phrase, showMessage, showText, showTime } from "../shell/i18n.js";
import { readStored, writeStored } from "../shell/storage.js";
import { rowOf } from "./row.js";
import { inputValue, MINUTE, Span } from "./span.js";

/** @import { Item } from "../shell/types.d.ts" */

const EDITION_STORED = "flashwire.at.edition";
/** While a person drags the slider, an answer for each of its positions would be too many. */
const PAUSE_MS = 120;

const frame = new Frame({ ids: ["at"], enter, shown: () => $("at-slider").focus(), forget });
const span = new Span(1, Date.now());
/** @type {AbortController | undefined} */
let running;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

async function enter() {
  const { editions } = await frame.api.site();
  const stored = readStored("localStorage", EDITION_STORED);
  const options = Object.entries(editions).map(([id, { name }]) => h("option", { value: id }, name));
  $("at-edition").replaceChildren(...options);
  if (stored && stored in editions) $("at-edition").value = stored;
  move(Date.now());
}

function forget() {
  running?.abort();
  clearTimeout(timer);
  $("at-list").replaceChildren();
  showText($("at-count"), "");
}

/** Shows the list of a moment, and puts all controls there. @param {number} moment milliseconds since 1970 */
function move(moment) {
  span.move(moment, Date.now());
  const slider = $("at-slider");
  slider.max = String(span.steps);
  slider.value = String(span.step);
  nameMoment();
  $("at-moment").value = inputValue(span.moment);
  $("at-moment").max = inputValue(Date.now());
  $("at-later").setAttribute("aria-disabled", String(span.isNewest));
  clearTimeout(timer);
  timer = setTimeout(load, PAUSE_MS);
}

/** The place of the slider, in words. */
function nameMoment() {
  $("at-slider").setAttribute("aria-valuetext", phrase({ moment: span.moment, form: "clock" }));
}

async function load() {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  const time = new Date(Math.min(span.moment, Date.now())).toISOString();
  try {
    const [{ items, complete }, newest] = await Promise.all([
      frame.api.at({ edition: $("at-edition").value, time, limit: "100" }, signal),
      frame.api.newest(signal),
    ]);
    show(items, complete, new Map(newest.map((/** @type {Item} */ item) => [item.uri, item])));
    showText($("at-error"), "");
  } catch (error) {
    if (signal.aborted) return;
    if (!isDeskError(error)) throw error;
    await frame.handleUnauthorized();
    showMessage($("at-error"), errorText(error));
  }
}

/** @param {Item[]} items @param {boolean} isComplete @param {Map<string, Item>} newest what the items are now, by uri */
function show(items, isComplete, newest) {
  $("at-list").replaceChildren(...items.map((item) => rowOf(item, newest.get(item.uri), span.moment)));
  showTime($("at-clock"), span.moment);
  showText($("at-count"), items.length ? "at.state" : "at.empty", { count: items.length });
  $("at-gap").hidden = isComplete;
  if (!isComplete) showText($("at-gap"), "at.gap");
}

document.addEventListener("language-changed", nameMoment);
$("at-form").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
$("at-slider").addEventListener("input", () => move(span.at(Number($("at-slider").value))));
$("at-edition").addEventListener("change", () => {
  writeStored("localStorage", EDITION_STORED, $("at-edition").value);
  load();
});
$("at-hours").addEventListener("change", () => {
  span.hours = Number($("at-hours").value);
  move(span.moment);
});
$("at-moment").addEventListener("change", () => {
  const moment = Date.parse($("at-moment").value);
  if (moment) move(moment);
});
$("at-earlier").addEventListener("click", () => move(span.moment - MINUTE));
$("at-later").addEventListener("click", () => move(span.moment + MINUTE));
$("at-now").addEventListener("click", () => move(Date.now()));
frame.start();

// Follows the ticker while the page is open, and gives each item to the service worker, which shows it.
// Copy the npm package next to this file as `client/`: a service worker has no import map.

import { follow } from "./client/index.js";

// The same in worker.js. A parameter of the page would let any link choose the source of the news.
const TICKER = "http://127.0.0.1:8000";
const state = /** @type {HTMLElement} */ (document.getElementById("state"));
const gap = /** @type {HTMLElement} */ (document.getElementById("gap"));
const start = /** @type {HTMLButtonElement} */ (document.getElementById("start"));

start.addEventListener("click", async () => {
  if ((await Notification.requestPermission()) !== "granted") {
    state.textContent = "Your browser does not allow this page to show notifications.";
    return;
  }
  // A second click would open a second connection.
  start.disabled = true;
  const registration = await navigator.serviceWorker.register("worker.js", { type: "module" });
  await navigator.serviceWorker.ready;
  const news = follow(TICKER, { edition: "en", urgency: 2 });
  for (const type of /** @type {const} */ (["snapshot", "replay", "item"]))
    // Not the worker of the start: a new release of it may have taken its place.
    news.addEventListener(type, ({ detail }) => registration.active?.postMessage(detail));
  news.addEventListener("gap", () => {
    gap.hidden = false;
  });
  news.addEventListener("state", ({ detail }) => {
    state.textContent = detail.reason || `The connection is ${detail.state}.`;
  });
  news.start();
  try {
    // Chromium, for an installed page; others reject.
    await /** @type {any} */ (registration).periodicSync.register("news", { minInterval: 15 * 60 * 1000 });
  } catch {}
});
// Until here a click would do nothing.
start.disabled = false;

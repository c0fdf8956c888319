/** The playground: connects with the filter and the transport of its form, and lists what the node sends. */

import { showCopyButtons } from "./copy.js";
import { CONNECTS } from "./live.js";
import { entry } from "./log.js";
import { examples } from "./snippets.js";

/** @import { Transport } from "./snippets.js" */

const LOG_LIMIT = 200;
const form = /** @type {HTMLFormElement} */ (document.getElementById("filter"));
const log = /** @type {HTMLElement} */ (document.getElementById("log"));
const state = /** @type {HTMLElement} */ (document.getElementById("state"));
const empty = /** @type {HTMLElement} */ (document.getElementById("empty"));
const connect = /** @type {HTMLButtonElement} */ (form.querySelector("button.main"));
const clear = /** @type {HTMLButtonElement} */ (document.getElementById("clear"));
/** Ends the connection, where there is one. @type {(() => void) | undefined} */
let close;

/** @returns {Transport} */
const transport = () =>
  /** @type {Transport} */ (/** @type {RadioNodeList} */ (form.elements.namedItem("transport")).value);

/** The address of the stream with the filter of the form. */
function address() {
  const url = new URL(form.dataset.live ?? "", document.baseURI);
  // Below a proxy the page's own origin is the one that its policy allows.
  const live = new URL("v1/live", document.baseURI);
  live.search = "";
  for (const [name, value] of new FormData(form))
    if (name !== "transport" && value)
      for (const each of [live, url]) each.searchParams.append(name, `${value}`);
  return { live, shown: url };
}

/** @param {"connecting" | "open" | "closed"} name @param {string} [detail] */
function setState(name, detail) {
  state.textContent = [state.dataset[name], detail].filter(Boolean).join(" · ");
  const isOn = name !== "closed";
  connect.textContent = (isOn ? connect.dataset.on : connect.dataset.off) ?? "";
  if (!isOn) close = undefined;
}

function start() {
  setState("connecting");
  close = CONNECTS[transport()](address().live, {
    onOpen: () => setState("open"),
    onRetry: () => setState("connecting"),
    onEnd: (reason) => setState("closed", reason),
    onMessage(text) {
      empty.hidden = true;
      log.prepend(entry(text, log.dataset, log.childElementCount === 0));
      while (log.childElementCount > LOG_LIMIT) log.lastElementChild?.remove();
    },
  });
}

function stop() {
  close?.();
  setState("closed");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!close) start();
  // Enter in a field connects. It must not end the connection which the new value of the field has just opened.
  else if (!document.activeElement?.matches("input")) stop();
});
form.addEventListener("change", () => {
  showExamples();
  // A connection with the old filter would mislead.
  if (close) {
    stop();
    start();
  }
});
clear.addEventListener("click", () => {
  log.replaceChildren();
  empty.hidden = false;
});

function showExamples() {
  for (const [name, text] of Object.entries(examples(transport(), address().shown))) {
    const code = document.getElementById(`code-${name}`);
    if (code) code.textContent = text;
  }
}

connect.disabled = clear.disabled = false;
showExamples();
showCopyButtons();

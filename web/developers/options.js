/** The options page: each change of the form goes to the element, the snippet and the page's address at once. */

import { showCopyButtons } from "./copy.js";
import { snippet } from "./element-snippet.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("options"));
const ticker = /** @type {HTMLElement} */ (document.getElementById("ticker"));
const code = /** @type {HTMLElement} */ (document.getElementById("snippet"));
const PREFIX = "a-";

/** The attributes that are set, by their names; several values are separated by commas. */
function attributes() {
  /** @type {Map<string, string>} */
  const values = new Map();
  for (const [field, value] of new FormData(form))
    if (field.startsWith(PREFIX) && value) {
      const name = field.slice(PREFIX.length);
      const old = values.get(name);
      values.set(name, old ? `${old},${value}` : `${value}`);
    }
  return values;
}

/** The custom properties that have a value which the browser understands. */
function properties() {
  /** @type {Map<string, string>} */
  const values = new Map();
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (
    form.querySelectorAll("[data-property]")
  )) {
    const name = input.dataset.property ?? "";
    ticker.style.setProperty(name, input.value.trim());
    if (ticker.style.getPropertyValue(name)) values.set(name, input.value.trim());
  }
  return values;
}

function show() {
  const values = attributes();
  for (const field of new Set([...form.elements].map((each) => each.getAttribute("name") ?? "")))
    if (field.startsWith(PREFIX)) {
      const name = field.slice(PREFIX.length);
      const value = values.get(name);
      if (value === undefined) ticker.removeAttribute(name);
      else if (ticker.getAttribute(name) !== value) ticker.setAttribute(name, value);
    }
  code.textContent = snippet(code.dataset.script ?? "", values, properties());
  history.replaceState(null, "", `?${new URLSearchParams(/** @type {any} */ (new FormData(form)))}`);
}

form.addEventListener("input", show);
form.addEventListener("submit", (event) => event.preventDefault());
/** @type {HTMLElement} */ (document.getElementById("apply")).hidden = true;
properties();
showCopyButtons();

/** The page's keyboard shortcuts, the list of them, and the switch for single letters. */

import { $, h, isTextField } from "./dom.js";
import { showText } from "./i18n.js";
import { readStored, writeStored } from "./storage.js";

const STORED = "flashwire.keys";

/** The rows of the list: the keys, and the sentence that says what they do. @type {[string[], string][]} */
const LIST = [
  [["Ctrl+Enter", "⌘+Enter"], "keys.publish"],
  [["↓"], "keys.source"],
  [["Alt+1", "2", "3", "4"], "keys.urgency"],
  [["Alt+E"], "keys.edition"],
  [["Alt+Shift+E"], "keys.editions"],
  [["Alt+D"], "keys.direction"],
  [["Alt+S"], "keys.anywhere"],
  [["Alt+N"], "keys.newsource"],
  [["Alt+R"], "keys.open"],
  [["Alt+M"], "keys.marks"],
  [["Alt+O"], "keys.more"],
  [["N"], "keys.line"],
  [["Alt+↑"], "keys.last"],
  [["J", "K"], "keys.rows"],
  [["V"], "keys.history"],
  [["/"], "keys.search"],
  [["F"], "keys.filter"],
  [["A"], "keys.all"],
  [["T"], "keys.new"],
  [["X", "Shift+X"], "keys.select"],
  [["U", "R", "C", "H", "W"], "keys.acts"],
  [["Esc"], "keys.escape"],
  [["?"], "keys.help"],
];

/**
 * Listens for keys while the desk is open.
 * @param {import("../compose/composer.js").Composer} composer
 * @param {import("../items/list.js").ItemList} list
 * @param {import("../editions/panel.js").EditionsPanel} editions
 * @param {import("../waiting/panel.js").WaitingPanel} waiting
 */
export function startShortcuts(composer, list, editions, waiting) {
  /** @type {HTMLDialogElement} */
  const dialog = $("keys");
  const checkbox = $("keys-single");
  list.hasSingleKeys = readStored("localStorage", STORED) !== "off";
  checkbox.checked = list.hasSingleKeys;
  checkbox.addEventListener("change", () => {
    list.hasSingleKeys = checkbox.checked;
    writeStored("localStorage", STORED, checkbox.checked ? "on" : "off");
  });
  $("keys-list").replaceChildren(
    ...LIST.flatMap(([keys, text]) => {
      const description = h("dd");
      showText(description, text);
      return [h("dt", { dir: "ltr" }, ...keys.map((key) => h("kbd", {}, key))), description];
    }),
  );
  $("help").addEventListener("click", () => dialog.showModal());
  $("keys-close").addEventListener("click", () => dialog.close());

  addEventListener("keydown", (event) => {
    if (event.isComposing || $("desk").hidden || document.querySelector("dialog[open]")) return;
    if (runCommand(event) || (list.hasSingleKeys && runSingleKey(event))) event.preventDefault();
  });

  /** @param {KeyboardEvent} event */
  function runCommand(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      // A repeat of a key held down publishes nothing, and the form of an act has its own Ctrl+Enter.
      if (!event.repeat && event.target instanceof Element && $("composer").contains(event.target))
        composer.publish();
      return true;
    }
    // By position, so that they work on an Arabic keyboard. AltGr is Ctrl and Alt together, and types characters.
    if (!event.altKey || event.ctrlKey || event.metaKey) return false;
    if (event.code === "ArrowUp" && !(event.target instanceof HTMLSelectElement)) {
      list.lastLine.focus(() => composer.isPending);
      return true;
    }
    const digit = /^Digit([1-4])$/u.exec(event.code)?.[1];
    if (digit) composer.form.setUrgency(Number(digit));
    else if (event.code === "KeyE" && event.shiftKey) editions.open();
    else if (event.code === "KeyE") composer.form.nextEdition();
    else if (event.code === "KeyD") composer.form.flipDirection();
    else if (event.code === "KeyS") composer.form.offerSources();
    else if (event.code === "KeyR") waiting.openNext();
    else if (event.code === "KeyN") composer.addSource();
    else if (event.code === "KeyM") composer.removeMarks();
    else if (event.code === "KeyO") composer.form.openOptions();
    else return false;
    return true;
  }

  /** @param {KeyboardEvent} event */
  function runSingleKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || isTextField(event.target)) return false;
    if (event.key === "?" || event.key === "؟") dialog.showModal();
    else if (event.code === "KeyR") waiting.openNext();
    else if (event.code === "KeyN") composer.focus();
    else if (event.code === "KeyJ") list.moveFocus(1);
    else if (event.code === "KeyK") list.moveFocus(-1);
    else if (event.code === "KeyT") list.showNew();
    else if (event.code === "KeyF") list.filters.focus();
    else if (event.code === "KeyA") list.filters.clear();
    else if (event.code === "Slash" && !event.shiftKey) $("search").focus();
    else if (event.key === "Escape") composer.focus();
    else return false;
    return true;
  }
}

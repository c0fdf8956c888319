/** The keys of the page, their list, and the switch for those that are single letters. */

import { $, h, typing } from "./dom.js";
import { say } from "./i18n.js";

const KEPT = "flashwire.keys";

/** What the list shows: the keys, and what they do. @type {[string[], string][]} */
const LIST = [
  [["Ctrl+Enter", "⌘+Enter"], "keys.publish"],
  [["↓"], "keys.source"],
  [["Alt+1", "2", "3", "4"], "keys.urgency"],
  [["Alt+E"], "keys.edition"],
  [["Alt+D"], "keys.direction"],
  [["N"], "keys.line"],
  [["J", "K"], "keys.rows"],
  [["U", "R", "C", "H", "W"], "keys.acts"],
  [["Esc"], "keys.escape"],
  [["?"], "keys.help"],
];

/**
 * Listens for keys while the desk is open.
 * @param {import("../compose/composer.js").Composer} composer
 * @param {import("../items/list.js").ItemList} wire
 */
export function listen(composer, wire) {
  /** @type {HTMLDialogElement} */
  const dialog = $("keys");
  wire.single = kept();
  $("keys-single").checked = wire.single;
  $("keys-single").addEventListener("change", () => {
    wire.single = $("keys-single").checked;
    keep(wire.single);
  });
  $("keys-list").replaceChildren(
    ...LIST.flatMap(([keys, key]) => {
      const what = h("dd");
      say(what, key);
      return [h("dt", { dir: "ltr" }, ...keys.map((each) => h("kbd", {}, each))), what];
    }),
  );
  $("help").addEventListener("click", () => dialog.showModal());
  $("keys-close").addEventListener("click", () => dialog.close());

  addEventListener("keydown", (event) => {
    if (event.isComposing || $("desk").hidden || document.querySelector("dialog[open]")) return;
    if (command(event) || (wire.single && single(event))) event.preventDefault();
  });

  /** @param {KeyboardEvent} event */
  function command(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      // Held down it is still one wish. In a form of the board the key is that form's.
      if (!event.repeat && event.target instanceof Element && $("composer").contains(event.target))
        composer.publish();
      return true;
    }
    // By place and not by letter, so that they work on an Arabic keyboard; AltGr is Ctrl and Alt, and types signs.
    if (!event.altKey || event.ctrlKey || event.metaKey) return false;
    const digit = /^Digit([1-4])$/u.exec(event.code)?.[1];
    if (digit) composer.urgency(Number(digit));
    else if (event.code === "KeyE") composer.nextEdition();
    else if (event.code === "KeyD") composer.turn();
    else return false;
    return true;
  }

  /** @param {KeyboardEvent} event */
  function single(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return false;
    if (event.key === "?" || event.key === "؟") dialog.showModal();
    else if (event.code === "KeyN") composer.focus();
    else if (event.code === "KeyJ") wire.go(1);
    else if (event.code === "KeyK") wire.go(-1);
    else return false;
    return true;
  }
}

function kept() {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
}

/** @param {boolean} on */
function keep(on) {
  try {
    localStorage.setItem(KEPT, on ? "on" : "off");
  } catch {
    // It then lasts as long as the page.
  }
}

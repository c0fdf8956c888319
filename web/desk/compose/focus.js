/** Whether the focus may move: an answer that comes late must not take it from where the editor has moved it. */

import { $ } from "../shell/dom.js";

export function isFocusHere() {
  const { activeElement } = document;
  const isFree = $("signin").hidden && !document.querySelector("dialog[open]");
  return isFree && (activeElement === document.body || $("composer").contains(activeElement));
}

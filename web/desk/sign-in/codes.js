/** Recovery codes, which are shown once. */

import { $, h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";

/**
 * Shows the codes, and calls `onKept` once the person has kept them.
 * @param {string[]} codes
 * @param {() => void} onKept
 */
export function showCodes(codes, onKept) {
  $("codes").hidden = false;
  $("codes-list").replaceChildren(...codes.map((code) => h("li", {}, h("code", {}, code))));
  showText($("codes-status"), "");
  $("codes-title").focus();
  $("codes-copy").onclick = async () => {
    try {
      await navigator.clipboard.writeText(codes.join("\n"));
      showText($("codes-status"), "token.copied");
    } catch {
      getSelection()?.selectAllChildren($("codes-list"));
      showText($("codes-status"), "codes.select");
    }
  };
  $("codes-go").onclick = () => {
    $("codes").hidden = true;
    $("codes-list").replaceChildren();
    onKept();
  };
}

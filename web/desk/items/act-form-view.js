/** The elements of an act's form, and its three states: ready to send, in conflict, outcome unknown. */

import { h } from "../shell/dom.js";
import { setLabel, showText } from "../shell/i18n.js";
import { conflictParts } from "./conflict.js";
import { diffLine, lineText } from "./diff-view.js";

/** @import { Item } from "../shell/types.d.ts" */

let formCount = 0;

export class ActFormView {
  element;
  /** What became of the act; the row shows it if the form is closed before that is known. */
  status = h("p", { class: "act-status", role: "status" });
  warnings = h("ul", { class: "notice", "aria-live": "polite", hidden: true });
  #act;
  #title = h("h3", { class: "act-title" });
  #conflict = h("div", { class: "conflict" });
  #diff = h("div", { class: "change" });
  #send = h("button", { class: "primary" });
  #cancel = h("button", { type: "button" });

  /**
   * @param {string} act
   * @param {HTMLElement[]} fields
   * @param {HTMLElement} destination what goes where
   * @param {() => void} onCancel
   */
  constructor(act, fields, destination, onCancel) {
    this.#act = act;
    destination.id = `act-destination-${++formCount}`;
    this.#send.setAttribute("aria-describedby", destination.id);
    this.#send.classList.toggle("danger", act === "withdraw");
    this.#cancel.addEventListener("click", onCancel);
    const hint = h("p", { class: "hint" });
    showText(hint, `why.${act}`);
    const actions = h("p", { class: "actions" }, this.#send, this.#cancel);
    this.element = h(
      "form",
      { class: "act", method: "post", novalidate: true, "data-act": act },
      this.#title,
      hint,
      this.#conflict,
      ...fields,
      this.#diff,
      this.warnings,
      destination,
      actions,
      this.status,
    );
  }

  /** Whether the item was withdrawn by another editor, so that nothing can be sent. */
  get isFinal() {
    return this.#send.hidden;
  }

  /** @param {number} version the one that the act replaces */
  showReady(version) {
    const params = { act: { t: `act.${this.#act}` }, version };
    this.#conflict.replaceChildren();
    showText(this.#title, "act.version", params);
    setLabel(this.element, "act.version", params);
    showText(this.#send, `act.${this.#act}`);
    showText(this.#cancel, "cancel");
  }

  /**
   * Shows the version of another editor who was faster.
   * @param {Item} item
   * @param {Item} seen the version that this editor saw
   */
  showConflict(item, seen) {
    this.#conflict.replaceChildren(...conflictParts(item, seen));
    this.#send.hidden = item.pubStatus === "canceled";
    showText(this.#send, "act.over", { version: item.version });
    // If the form is closed, the row still has to say that the act was refused.
    if (this.element.isConnected) this.showStatus("");
  }

  /**
   * Shows what the act changes; nothing if it changes neither words nor fields.
   * @param {Item} base
   * @param {string} text the line as it is typed
   * @param {(Node | string)[]} changes of other fields, each with a separator before it
   */
  showDiff(base, text, changes) {
    const before = lineText(base);
    const words = text === before ? [] : [diffLine(before, text, base.headline)];
    const fields = changes.length ? [h("p", { class: "hint fields" }, ...changes.slice(1))] : [];
    this.#diff.replaceChildren(...words, ...fields);
  }

  /** @param {boolean} repeating the page goes on asking for the outcome by itself */
  showUnknown(repeating) {
    this.showStatus(repeating ? "act.unknown" : "act.open");
    showText(this.#send, "outcome.ask");
    showText(this.#cancel, "close");
  }

  /**
   * @param {string} key
   * @param {import("../shell/i18n.js").Params} [params]
   */
  showStatus(key, params) {
    showText(this.status, key, params);
  }
}

/**
 * Drafts that wait for their turn: the lines of a paste, each with its own source, and what another draft has replaced
 * in the field. The first one is in the field; the next one comes into it when that is published.
 */

import { $, h } from "../shell/dom.js";
import { setLabel, showText } from "../shell/i18n.js";
import { keepFocus } from "../shell/keep-focus.js";
import { isEmptyDraft } from "./draft.js";
import { isFocusHere } from "./focus.js";
import { withoutMarks } from "./marks.js";
import { lineParts } from "./preview.js";
import { splitAsTyped } from "./split.js";

/** @import { Draft, Site } from "../shell/types.d.ts" */
/** @import { DraftForm } from "./draft-form.js" */

export class Queue {
  #site;
  #form;
  #onChange;
  /** @type {Draft[]} */
  drafts = [];

  /**
   * @param {Site} site
   * @param {() => DraftForm} form the field
   * @param {() => void} onChange called after each change by a person
   */
  constructor(site, form, onChange) {
    this.#site = site;
    this.#form = form;
    this.#onChange = onChange;
  }

  /** @param {Draft[]} drafts */
  fill(drafts) {
    this.drafts = drafts;
    this.#show();
  }

  /** Puts `draft` into the field; what is there waits. @param {Draft} draft */
  edit(draft) {
    const replaced = this.#swap(draft);
    if (replaced) {
      replaced.isSetAside = true;
      this.fill([replaced, ...this.drafts]);
    }
    this.#onChange();
  }

  /** Several lines were pasted: each is a draft of its own. @param {string[]} lines */
  addLines(lines) {
    const form = this.#form();
    const drafts = lines.map((line) => ({ ...form.emptyDraft(form.draft), line }));
    const first = isEmptyDraft(form.draft) ? drafts.shift() : undefined;
    this.fill([...this.drafts, ...drafts]);
    if (first) form.fill(first);
    this.#onChange();
    form.focus();
  }

  /** Removes the invisible marks from every line that waits. */
  removeMarks() {
    this.fill(this.drafts.map((draft) => ({ ...draft, line: withoutMarks(draft.line) })));
    this.#onChange();
  }

  /**
   * Puts a draft into the field, and returns the one that was there.
   * @param {Draft} draft
   */
  #swap(draft) {
    const form = this.#form();
    const replaced = isEmptyDraft(form.draft) ? null : form.draft;
    delete draft.isSetAside;
    form.fill(draft);
    if (isFocusHere()) form.focus();
    return replaced;
  }

  /**
   * Takes the next draft, or null. One that another draft has replaced in the field may be half a line: only those of a
   * paste are published one after the other.
   * @returns {{draft: Draft | null, isPasted: boolean}}
   */
  next() {
    const [draft = null, ...rest] = this.drafts;
    if (!draft) return { draft, isPasted: false };
    const isPasted = !draft.isSetAside;
    delete draft.isSetAside;
    this.fill(rest);
    return { draft, isPasted };
  }

  #show() {
    $("queue").hidden = this.drafts.length === 0;
    showText($("queue-title"), "queue", { count: this.drafts.length });
    const rows = this.drafts.map((draft) => this.#line(draft));
    keepFocus($("queue-lines"), () => $("queue-lines").replaceChildren(...rows), $("line"));
  }

  /** @param {Draft} draft */
  #line(draft) {
    const language = this.#site.editions[draft.edition]?.language ?? "";
    const { source, id } = splitAsTyped(draft.line, this.#site.sources);
    const kind = source === null ? "none" : id || draft.role ? "known" : "ask";
    const state = h("span", { class: "attribution", "data-kind": kind });
    const role = id ? (this.#site.sources[id]?.role ?? "") : draft.role;
    showText(state, kind === "known" && !id ? "split.unknown" : `split.${kind}`, {
      role: { t: `role.${role}` },
    });
    const words = h(
      "p",
      { class: "line", lang: language, dir: draft.direction },
      ...lineParts(draft, this.#site),
    );
    return h(
      "li",
      {},
      words,
      h("p", { class: "actions" }, state, this.#button("edit", draft), this.#button("remove", draft)),
    );
  }

  /**
   * @param {"edit" | "remove"} action
   * @param {Draft} draft
   */
  #button(action, draft) {
    const button = h("button", { type: "button", class: "quiet" });
    showText(button, `outbox.${action}`);
    setLabel(button, `queue.${action}`, { text: draft.line });
    button.addEventListener("click", () => {
      const index = this.drafts.indexOf(draft);
      const replaced = action === "edit" ? this.#swap(draft) : null;
      this.fill(this.drafts.toSpliced(index, 1, ...(replaced ? [replaced] : [])));
      this.#onChange();
    });
    return button;
  }
}

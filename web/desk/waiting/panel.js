/**
 * The panel of what is not published yet: submitted drafts, lines that wait for approval, and scheduled ones.
 *
 * It is read again whenever the desk says that one of the lists has changed. A row that a person is at stays in place.
 */

import { isOneLine } from "../compose/opened-drafts.js";
import { $, h } from "../shell/dom.js";
import { refusalText } from "../shell/error-text.js";
import { isDeskError } from "../shell/errors.js";
import { setLabel, showMessage, showText } from "../shell/i18n.js";
import { keepFocus } from "../shell/keep-focus.js";
import { isRefusal } from "../shell/outcomes.js";
import { countParts, lineParts, lineText, shownLines } from "./line-view.js";
import { isFor, nextToOpen, showOpenKey, showReturned } from "./opening.js";
import { isCancelConfirmed, isDraftConfirmed, isWaitingConfirmed } from "./questions.js";
import { reasonForm } from "./reason-form.js";
import { buttonOf, isJustChanged, updateRow } from "./row-update.js";
import { isSoundOn, playTone, turnSound } from "./sound.js";

/** @import { Shown } from "./line-view.js" */
/** @import { Site, User } from "../shell/types.d.ts" */
/** @import { ServerDraft, WaitingApi } from "./waiting-api.js" */

const TOPICS = ["drafts", "approvals", "schedule"];
const summary = () => $("waiting-box").querySelector("summary");
/** @typedef {{text: string, className?: string, run: () => void}} Button */

export class WaitingPanel {
  #site;
  #api;
  #composer;
  #openedId = "";
  /** @type {User | null} */
  #user = null;
  /** The keys of the lines that this page has shown; null before the first list. @type {Set<string> | null} */
  #known = null;
  /** @type {Shown[]} */
  #lines = [];
  #reads = 0;

  /**
   * @param {Site} site
   * @param {WaitingApi} api
   * @param {import("../shell/desk-events.js").DeskEvents} events
   * @param {import("../compose/composer.js").Composer} composer
   */
  constructor(site, api, events, composer) {
    this.#site = site;
    this.#api = api;
    this.#composer = composer;
    $("returned-open").addEventListener("click", () => this.openNext());
    events.subscribe((topics) => {
      if (topics.some((topic) => TOPICS.includes(topic))) this.read();
    });
    const sound = $("waiting-sound");
    sound.checked = isSoundOn();
    sound.addEventListener("change", () => turnSound(sound.checked));
  }

  /** @param {User} user */
  setUser(user) {
    if (user.name !== this.#user?.name) this.forget();
    this.#user = user;
  }

  /** Removes what only people who are signed in may see. */
  forget() {
    this.#known = null;
    this.#lines = [];
    this.#reads++;
    this.#render();
  }

  /** Reads the lists and shows them. */
  async read() {
    const read = ++this.#reads;
    try {
      const lists = await this.#api.all();
      // An answer to an earlier request may come after that to a later one.
      if (read !== this.#reads) return;
      $("waiting-old").hidden = true;
      this.#lines = shownLines(lists, this.#user?.name ?? "");
      this.#composer.opened.handleDrafts(lists.drafts);
      this.#render();
      this.#tellNew();
    } catch (error) {
      if (!isDeskError(error)) throw error;
      $("waiting-old").hidden = this.#known === null;
    }
  }

  #tellNew() {
    const known = this.#known;
    this.#known = new Set(this.#lines.map(({ key, kind }) => `${kind} ${key}`));
    if (known === null) return;
    const newest = this.#lines.find(
      (line) => !known.has(`${line.kind} ${line.key}`) && isFor(this.#user, line),
    );
    if (!newest) return;
    const { waiting, draft } = newest;
    const name = waiting?.by ?? (newest.kind === "returned" ? draft?.changedBy : draft?.by) ?? "";
    showText($("waiting-news"), `waiting.new.${newest.kind}`, { name, line: lineText(newest) });
    playTone();
  }

  #render() {
    $("waiting").hidden = this.#user?.role === "reporter" && !this.#lines.length;
    showReturned(this.#lines, this.#openedId);
    $("waiting-empty").hidden = this.#lines.length > 0;
    $("waiting-counts").replaceChildren(...countParts(this.#lines));
    /** @type {HTMLOListElement} */
    const list = $("waiting-lines");
    const rows = new Map(
      Array.from(list.children, (row) => [/** @type {HTMLElement} */ (row).dataset.key, row]),
    );
    const wanted = this.#lines.map((line) => {
      const row = /** @type {HTMLElement} */ (
        rows.get(line.key) ?? h("li", { "data-key": line.key, "data-id": line.key })
      );
      this.#fill(row, line);
      return row;
    });
    // Moved only where the order differs: moving a row takes the focus from it.
    if (list.children.length !== wanted.length || wanted.some((row, index) => list.children[index] !== row))
      keepFocus(list, () => list.replaceChildren(...wanted), summary());
  }

  /** @param {HTMLElement} row @param {Shown} line */
  #fill(row, line) {
    const isNext = line === this.#next;
    const version = `${line.kind} ${line.waiting?.version ?? line.draft?.version} ${isNext}`;
    if (row.dataset.version === version) return;
    Object.assign(row.dataset, { version, kind: line.kind });
    const error = h("p", { class: "error", role: "alert" });
    const actions = this.#buttons(line, row, error);
    const buttons = actions.map(({ text, className, run }) => {
      const button = h("button", { type: "button", class: className, "data-action": text });
      showText(button, text);
      setLabel(button, "waiting.button", { action: { t: text }, line: lineText(line) });
      button.addEventListener("click", run);
      if (isNext && text === "waiting.open") showOpenKey(button);
      return button;
    });
    const parts = [...lineParts(line, this.#site), h("p", { class: "actions" }, ...buttons), error];
    if (updateRow(row, parts, actions, line.waiting?.digest ?? "", summary()))
      showMessage(error, { t: "waiting.changed" });
  }

  /** @param {Shown} line @param {HTMLElement} row @param {HTMLElement} error @returns {Button[]} */
  #buttons(line, row, error) {
    const { kind, waiting, draft, key } = line;
    /** @type {Button[]} */
    const buttons = [];
    /** @param {string} text @param {() => Promise<unknown>} action @param {string} [className] */
    const add = (text, action, className) =>
      buttons.push({ text, ...(className ? { className } : {}), run: () => this.#run(action, error, row) });
    /** @param {"refuse" | "bypass" | "return"} what @param {(reason: string) => Promise<unknown>} action */
    const ask = (what, action) =>
      buttons.push({
        text: `waiting.${what}`,
        className: "quiet",
        run: () => this.#ask(row, `waiting.${what}.${key}`, what, action),
      });
    if (draft && isOneLine(draft))
      buttons.push({
        text: "waiting.open",
        className: kind === "submitted" ? "quiet" : "primary",
        run: () => this.#open(line),
      });
    if (draft && kind === "submitted" && this.#user?.role !== "reporter") {
      add(
        "waiting.publish",
        async () => {
          if (await isDraftConfirmed(draft, this.#site)) await this.#api.publishDraft(draft);
        },
        "primary",
      );
      ask("return", (note) => this.#return(draft, note));
    }
    if (!waiting) return buttons;
    if (kind === "waiting" && waiting.mayApprove) {
      const later = waiting.due && Date.parse(waiting.due) > Date.now();
      add(
        later ? "waiting.approve-later" : "waiting.approve",
        async () => (isJustChanged(row) ? "waiting.changed" : this.#api.decide(waiting, "approve")),
        "primary danger",
      );
      ask("refuse", (reason) => this.#api.decide(waiting, "refuse", reason));
    }
    if (kind === "waiting" && waiting.mayBypass && !waiting.mayApprove)
      ask("bypass", (reason) => this.#api.decide(waiting, "bypass", reason));
    if (kind === "stopped" && waiting.mayChange)
      add(
        "waiting.publish",
        async () => {
          return (await isWaitingConfirmed(waiting, this.#site)) ? this.#api.publish(waiting) : null;
        },
        "primary",
      );
    if (["waiting", "scheduled", "stopped"].includes(kind) && waiting.mayChange && !waiting.canceling)
      add("waiting.cancel", async () => {
        if (await isCancelConfirmed(waiting)) await this.#api.cancel(waiting);
      });
    return buttons;
  }

  /** Gives a submission back to its author. @param {ServerDraft} draft @param {string} note */
  #return(draft, note) {
    const { edition, line, translationOf } = draft;
    return this.#api.changeDraft(draft, { edition, line, translationOf, note, state: "draft" });
  }

  get #next() {
    return nextToOpen(this.#lines, this.#openedId, this.#user?.name ?? "");
  }

  /** Opens it in the composer, or says that there is none. */
  openNext() {
    if (this.#next) this.#open(this.#next);
    else showText($("outcome"), "waiting.open.none");
  }

  /** @param {Shown} line */
  #open({ draft, kind }) {
    if (draft) this.#composer.opened.open(draft, `waiting.opened.${kind}`);
  }

  /** Another draft is in the composer's field. @param {string} id */
  showOpened(id) {
    this.#openedId = id;
    this.#render();
  }

  /**
   * Does what a person decided, and shows what went wrong next to the line.
   * @param {() => Promise<any>} action
   * @param {HTMLElement} error
   * @param {HTMLElement} row
   */
  async #run(action, error, row) {
    if (row.getAttribute("aria-busy") === "true") return "";
    row.setAttribute("aria-busy", "true");
    let wrong = /** @type {import("../shell/i18n.js").Param} */ ("");
    try {
      const done = await action();
      if (typeof done === "string") wrong = { t: done };
      else if (done?.state === "published" || done?.state === "scheduled")
        showText($("waiting-news"), `waiting.done.${done.state}`, { line: done.item.headline.value });
    } catch (failure) {
      if (!isDeskError(failure)) throw failure;
      wrong = isRefusal(failure, false) ? refusalText(failure) : { t: "waiting.unknown" };
    } finally {
      row.removeAttribute("aria-busy");
    }
    showMessage(error, wrong);
    // Whatever the answer was, also where none came: the lists say what is true now.
    await this.read();
    return wrong;
  }

  /**
   * @param {HTMLElement} row
   * @param {string} form
   * @param {"refuse" | "bypass" | "return"} what
   * @param {(reason: string) => Promise<unknown>} action
   */
  #ask(row, form, what, action) {
    row.querySelector("form")?.remove();
    const error = h("p");
    const { element, focus } = reasonForm({
      owner: this.#user?.name ?? "",
      form,
      label: `waiting.reason.${what}`,
      send: `waiting.send.${what}`,
      onSend: async (reason) => {
        const wrong = await this.#run(() => action(reason), error, row);
        // The row may stay until a later read. Never to its buttons: Enter may still be held down.
        if (!wrong) keepFocus(element, () => element.remove(), summary());
        return wrong;
      },
      onClose: () => {
        element.remove();
        // Not to a decision: Enter may be meant for the reason.
        buttonOf(row, `waiting.${what}`, summary()).focus();
      },
    });
    element.dataset.action = `waiting.${what}`;
    row.append(element);
    focus();
  }

  /** Opens the panel and puts the focus on its first line. */
  focus() {
    $("waiting-box").open = true;
    ($("waiting-lines").querySelector("button") ?? summary()).focus();
  }
}

/** One item on the board: what it says, what became of it, how fast it was, and its acts. */

import { h } from "../shell/dom.js";
import { name, say, tell } from "../shell/i18n.js";
import { showWarnings } from "../shell/warnings.js";
import { actsFor } from "./items.js";

/** @typedef {import("./items.js").Item} Item */
/** @typedef {import("./items.js").Proof} Proof */

/** The key of each act on a row, by its place on the keyboard, which is the same under any alphabet. */
export const ACT_KEYS = {
  KeyU: ["update"],
  KeyR: ["refile"],
  KeyC: ["correction"],
  KeyH: ["hold", "release"],
  KeyW: ["withdraw"],
};

export class Row {
  element;
  #meta = h("p", { class: "meta" });
  #line = h("p", { class: "audience" });
  #note = h("p", { class: "note" });
  #proof = h("p", { class: "proof" });
  #tools = h("div", { class: "acts", role: "toolbar" });
  /** What became of an act whose form was closed before that was known. */
  late = h("div", { class: "late" });
  /** Where an act's form stands. */
  place = h("div", { class: "place" });
  /** @type {Item} */
  item;
  #role;
  #editionName;
  #onAct;

  /**
   * @param {Item} item
   * @param {string} role of who is signed in
   * @param {string} editionName
   * @param {(row: Row, act: string) => void} onAct
   */
  constructor(item, role, editionName, onAct) {
    this.item = item;
    this.#role = role;
    this.#editionName = editionName;
    this.#onAct = onAct;
    this.element = h(
      "li",
      { class: "row", "data-uri": item.uri, tabindex: "-1" },
      this.#meta,
      this.#line,
      this.#note,
      this.#proof,
      this.#tools,
      this.late,
      this.place,
    );
    this.#tools.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (button) this.act(button.dataset.act ?? "");
    });
    this.#tools.addEventListener("keydown", (event) => this.#rove(event));
  }

  /**
   * Shows this version and what is known of its way.
   * @param {Item} item
   * @param {Proof} proof
   */
  show(item, proof) {
    const first = this.#meta.childElementCount === 0;
    const isSame = item.version === this.item.version && item.unreadable === this.item.unreadable;
    if (first || !isSame) this.#showItem(item);
    this.#showProof(item, proof);
  }

  /** Whether `act` may be done here; does it. @param {string} act */
  act(act) {
    if (!actsFor(this.item, this.#role).includes(act)) return false;
    this.#onAct(this, act);
    return true;
  }

  /**
   * Shows the outcome of an act without its form.
   * @param {string} act
   * @param {HTMLElement} status
   */
  showLate(act, status) {
    const title = h("b");
    say(title, `act.${act}`);
    this.late.replaceChildren(title, status);
  }

  /** Shows what the desk took of an act and asks to look at. @param {import("../shell/api.js").Warning[]} warnings */
  showWarnings(warnings) {
    const list = h("ul", { role: "status" });
    showWarnings(list, warnings);
    this.late.replaceChildren(...(warnings.length ? [list] : []));
  }

  /** The focus goes to the acts, which are one stop of the Tab key; to the row itself where there are none. */
  focus(act = "") {
    const buttons = this.#buttons();
    (buttons.find((button) => button.dataset.act === act) ?? buttons[0] ?? this.element).focus();
  }

  /** @param {Item} item */
  #showItem(item) {
    this.item = item;
    const { dataset } = this.element;
    dataset.urgency = String(item.urgency);
    dataset.status = item.unreadable ? "unreadable" : item.pubStatus;
    dataset.version = String(item.version);
    const urgency = h("span", { class: "badge urgency" });
    say(urgency, item.urgency <= 4 ? `urgency.${item.urgency}` : "urgency.other", { number: item.urgency });
    const edition = h("bdi", { class: "edition" }, this.#editionName);
    const time = h("time");
    tell(time, Date.parse(item.versionCreated));
    const done = h("span", { class: "badge done", "data-act": item.act });
    say(done, `done.${item.act}`);
    const version = h("span", { class: "version" });
    say(version, "item.version", { version: item.version });
    const unreadable = h("span", { class: "badge done" });
    say(unreadable, "item.unreadable", { version: item.version, shown: item.shownVersion ?? 0 });
    this.#meta.replaceChildren(
      urgency,
      edition,
      time,
      ...(item.unreadable ? [unreadable] : item.version > 1 || item.act !== "publish" ? [done, version] : []),
    );
    this.#line.replaceChildren(...lineOf(item));
    this.#line.lang = item.headline.language;
    this.#line.dir = item.headline.direction;
    this.#note.replaceChildren(...notes(item));
    this.#note.hidden = !this.#note.hasChildNodes();
    this.#showActs(item);
  }

  /** @param {Item} item */
  #showActs(item) {
    const acts = actsFor(item, this.#role);
    const active = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    const focused = active && this.#tools.contains(active) ? active.dataset.act : undefined;
    this.#tools.hidden = acts.length === 0;
    name(this.#tools, "item.acts", { text: item.headline.value });
    this.#tools.replaceChildren(
      ...acts.map((act, index) => {
        const button = h("button", {
          type: "button",
          class: "quiet",
          "data-act": act,
          tabindex: index === 0 ? "0" : "-1",
        });
        say(button, `act.${act}`);
        return button;
      }),
    );
    // The buttons were made anew under the finger of whoever stood on them.
    if (focused !== undefined) this.focus(focused);
  }

  /**
   * @param {Item} item
   * @param {Proof} proof
   */
  #showProof(item, { acknowledged, sent, onAir }) {
    this.#proof.hidden = acknowledged === undefined;
    if (acknowledged === undefined) return;
    const taken = h("span", { class: "taken" });
    say(taken, "item.acknowledged");
    const time = h("time");
    tell(time, acknowledged);
    const air = h("span", { class: "air" });
    // A repeat after a lost answer finds the line there already: how long that took nobody has measured.
    if (onAir !== undefined && sent !== undefined)
      say(air, onAir < sent ? "item.already" : "item.onair", { ms: Math.round(onAir - sent) });
    else say(air, item.pubStatus === "usable" ? "item.waiting" : "");
    this.#proof.replaceChildren(taken, " ", time, " · ", air);
  }

  /** @returns {HTMLButtonElement[]} */
  #buttons() {
    return [...this.#tools.querySelectorAll("button")];
  }

  /** One button of the acts is in the order of the Tab key; the arrow keys go to the others. @param {KeyboardEvent} event */
  #rove(event) {
    const rtl = getComputedStyle(this.#tools).direction === "rtl";
    const step = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1, Home: -100, End: 100 }[event.key];
    if (step === undefined) return;
    const buttons = this.#buttons();
    const place = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const next = buttons[Math.min(buttons.length - 1, Math.max(0, place + step))];
    if (!next) return;
    event.preventDefault();
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  }
}

/**
 * The note of this version, and the newest correction where that was an earlier one.
 * @param {Item} item
 * @returns {(Node | string)[]}
 */
function notes({ note, version, corrections }) {
  /** @type {(Node | string)[]} */
  const parts = [];
  /** @param {string} key @param {import("./items.js").Text} text */
  const add = (key, { value, language, direction }) => {
    const words = h("span");
    say(words, key);
    parts.push(words, " ", h("bdi", { lang: language, dir: direction }, value));
  };
  if (note) add("item.note", note);
  const last = corrections?.at(-1);
  if (last && last.version !== version) {
    if (note) parts.push(" · ");
    const time = h("time");
    tell(time, Date.parse(last.versionCreated));
    add("item.corrected", last.note);
    parts.push(" · ", time);
  }
  return parts;
}

/**
 * Who says what, each in its own bidi isolate.
 * @param {Item} item
 * @returns {(Node | string)[]}
 */
export function lineOf(item) {
  /** @type {(Node | string)[]} */
  const parts = [];
  for (const { name: source } of item.infoSources) {
    if (parts.length) parts.push(" · ");
    parts.push(h("bdi", { class: "source", lang: source.language, dir: source.direction }, source.value));
  }
  const { value, language, direction } = item.headline;
  parts.push(
    h("span", { class: "colon" }, ": "),
    h("bdi", { class: "text", lang: language, dir: direction }, value),
  );
  if (item.link) {
    const link = h("a", { href: item.link, rel: "noopener noreferrer", target: "_blank", class: "link" });
    say(link, "item.link");
    parts.push(" ", link);
  }
  return parts;
}

/** The way from the composer to the line that its person published last, and back after an act on it. */

import { $ } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";
import { ACT_KEYS } from "./acts.js";

/** @import { Row } from "./row.js" */

/** How often a page that waits looks whether the line was refused, in milliseconds. */
const LOOK_MS = 200;

/**
 * @typedef {object} Options
 * @property {import("./items.js").Items} items
 * @property {(uri: string) => Row | undefined} showRow shows the row of an item, whatever the filter is
 * @property {() => void} focusLine moves the focus to the composer
 * @property {() => boolean} hasSingleKeys whether single letters are commands
 */

export class LastLine {
  #options;
  #owner = "";
  /** The uri of the line that this page published last. */
  #uri = "";
  /** Holds the focus while the line is not confirmed, so that no key of an act goes into the next line. */
  #waiting = $("last-waiting");
  /** The acts whose key was pressed before the line was confirmed. @type {string[]} */
  #acts = [];
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  /** Whether the focus goes back to the composer after the act. */
  #returns = false;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    this.#waiting.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#handleKey(event));
    this.#waiting.addEventListener("blur", () => this.#stopWaiting());
  }

  /** @param {string} owner the name of the person signed in */
  reset(owner) {
    this.#owner = owner;
    this.#uri = "";
    this.#returns = false;
    this.#stopWaiting();
  }

  /** The person published this line. @param {string} uri */
  note(uri) {
    this.#uri = uri;
    if (this.#waiting.hidden) return;
    const acts = this.#acts;
    const row = this.#focusLast();
    acts.some((act) => row?.act(act));
  }

  /** The person has chosen another row by hand. */
  stay() {
    this.#returns = false;
  }

  /**
   * Moves the focus to the line that this person published last and that can still be taken back, or to the newest one.
   * @param {() => boolean} isPending whether a line was sent and is not confirmed: then the focus moves as soon as it is
   */
  focus(isPending) {
    if (!isPending()) return void this.#focusLast();
    showText(this.#waiting, "last.waiting");
    this.#waiting.hidden = false;
    this.#waiting.focus();
    clearInterval(this.#timer);
    // A line that was refused is in the composer again, which says why.
    this.#timer = setInterval(() => isPending() || this.#options.focusLine(), LOOK_MS);
  }

  /** Moves the focus back to the composer if the person came from there. */
  returnFocus() {
    const returns = this.#returns;
    this.#returns = false;
    if (returns) this.#options.focusLine();
    return returns;
  }

  #focusLast() {
    const { items, showRow } = this.#options;
    const newest = items.newestFirst().filter(({ pubStatus }) => pubStatus !== "canceled");
    const own = newest.filter((item) => this.#isOwn(item.uri));
    // Lines of several editions are published at one time, and the person goes back to the original.
    const last = own.find(
      ({ uri, firstCreated }) => uri === this.#uri && firstCreated === own[0]?.firstCreated,
    );
    const uri = (last ?? own[0] ?? newest[0])?.uri;
    const row = uri ? showRow(uri) : undefined;
    this.#returns = row !== undefined;
    if (row) row.focus();
    else showText($("items-status"), "last.none");
    return row;
  }

  #stopWaiting() {
    clearInterval(this.#timer);
    this.#waiting.hidden = true;
    this.#acts = [];
  }

  /** @param {KeyboardEvent} event */
  #handleKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = ACT_KEYS[/** @type {keyof typeof ACT_KEYS} */ (event.code)];
    if (event.key === "Escape") this.#options.focusLine();
    else if (acts && this.#options.hasSingleKeys()) {
      this.#acts = acts;
      showText(this.#waiting, "last.act", { act: { t: `act.${acts[0]}` } });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {string} uri */
  #isOwn(uri) {
    const [first] = this.#options.items.bylines(uri);
    return uri === this.#uri || (first?.version === 1 && first.by === this.#owner);
  }
}

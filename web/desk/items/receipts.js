/**
 * Draws the receipt of each version on its row: how many connections were written it and how fast; of a correction or
 * withdrawal how many still have the one before, falling to zero.
 */

import { setAudience } from "../shell/audience.js";
import { h } from "../shell/dom.js";
import { isDeskError } from "../shell/errors.js";
import { showText } from "../shell/i18n.js";

/**
 * @typedef {{version: number, written: number | null, p50: number | null, p99: number | null, last: number | null,
 *   painted: {count: number, p50: number, p99: number} | null, outstanding: number | null, left: number | null,
 *   nodes: number, silent: number}} Receipt
 * @typedef {{nodes: number, connections: number, receipts: Record<string, Receipt[]>,
 *   audience: import("../shell/audience.js").Audience}} Receipts
 */

/** Time between two looks while something is reported, and otherwise; in milliseconds. */
const BUSY_MS = 1000;
const IDLE_MS = 4000;
/** How far back the first look goes, in seconds, and the later ones. */
const FIRST_SECONDS = 3600;
const LATER_SECONDS = 15;
/** The ends of the scale of times, in seconds: each tenfold time is a third of its width. */
const SCALE = { least: 0.01, tenfolds: 3, width: 48 };
const SVG = "http://www.w3.org/2000/svg";

export class ReceiptView {
  #api;
  #list;
  /** @type {Map<string, Receipt[]>} */
  #known = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #seconds = FIRST_SECONDS;
  #isRunning = false;

  /**
   * @param {import("../shell/api.js").DeskApi} api
   * @param {Element} list the element with the rows
   */
  constructor(api, list) {
    this.#api = api;
    this.#list = list;
  }

  start() {
    this.#isRunning = true;
    this.#seconds = FIRST_SECONDS;
    this.look();
  }

  stop() {
    this.#isRunning = false;
    clearTimeout(this.#timer);
  }

  /** Asks the desk what the nodes have reported since the last look. */
  async look() {
    clearTimeout(this.#timer);
    let isBusy = false;
    try {
      const { receipts, audience } = await this.#api.receipts(this.#seconds);
      setAudience(audience);
      this.#seconds = LATER_SECONDS;
      for (const [uri, versions] of Object.entries(receipts)) this.#known.set(uri, versions);
      isBusy = Object.keys(receipts).length > 0;
    } catch (error) {
      if (!isDeskError(error)) throw error;
      setAudience(null);
      // What was missed is asked for again.
      this.#seconds = FIRST_SECONDS;
    }
    if (!this.#isRunning) return;
    this.#draw();
    this.#timer = setTimeout(() => this.look(), isBusy && !document.hidden ? BUSY_MS : IDLE_MS);
  }

  #draw() {
    /** @type {NodeListOf<HTMLElement>} */
    const rows = this.#list.querySelectorAll("[data-uri]");
    for (const row of rows) {
      const versions = this.#known.get(row.dataset.uri ?? "");
      const slot = versions && slotOf(row);
      if (!slot) continue;
      const receipt = versions.find(({ version }) => String(version) === row.dataset.version);
      const shown = receipt ? JSON.stringify(receipt) : "";
      if (slot.dataset.shown === shown) continue;
      slot.dataset.shown = shown;
      slot.classList.toggle("recall", (receipt?.outstanding ?? null) !== null);
      slot.replaceChildren(...(receipt ? receiptParts(receipt) : []));
    }
  }
}

/** The place for the receipt on a row. @param {HTMLElement} row @returns {HTMLElement | null} */
function slotOf(row) {
  const slot = row.querySelector(".receipt");
  if (slot instanceof HTMLElement) return slot;
  const meta = row.querySelector(".meta");
  const made = h("span", { class: "receipt" });
  meta?.append(made);
  return meta ? made : null;
}

/**
 * What a row shows of a receipt.
 * @param {Receipt} receipt
 * @returns {Node[]}
 */
export function receiptParts({ written, p50, p99, last, painted, outstanding, left, silent }) {
  if (written === null) return [sentence("receipt.none", {})];
  /** @type {Element[]} */
  const parts = [sentence("receipt.written", { count: written })];
  if (outstanding !== null) {
    const key = outstanding ? "receipt.outstanding" : "receipt.complete";
    parts.unshift(recallBar(written, outstanding), sentence(key, { count: outstanding }, outstanding > 0));
    if (left) parts.push(sentence("receipt.left", { count: left }));
    if (painted) parts.push(sentence("receipt.painted", { painted: seconds(painted.p50) }));
  } else if (p50 !== null && last !== null) {
    parts.unshift(timeBar(p50, p99 ?? last, last));
    const times = { p50: seconds(p50), last: seconds(last) };
    // The bar shows the half, and a row has no room for one time more.
    if (painted) parts.push(sentence("receipt.shown", { ...times, painted: seconds(painted.p50) }));
    else parts.push(sentence("receipt.times", times));
  }
  if (silent) parts.push(sentence("receipt.silent", { count: silent }, true));
  return parts;
}

/** A time that a person reads at a glance. @param {number} time in seconds */
export function seconds(time) {
  return time < 1 ? `${Math.max(1, Math.round(time * 1000))} ms` : `${time.toFixed(1)} s`;
}

/** The place of a time on a scale of tenfold times, from 0 to 1. @param {number} time in seconds */
export function place(time) {
  const tenfolds = Math.log10(Math.max(time, SCALE.least) / SCALE.least);
  return Math.min(1, Math.max(0.04, tenfolds / SCALE.tenfolds));
}

/**
 * @param {string} key
 * @param {import("../shell/i18n.js").Params} params
 * @param {boolean} [isDangerous]
 */
function sentence(key, params, isDangerous = false) {
  const element = h("span", { class: isDangerous ? "danger" : undefined });
  showText(element, key, params);
  return element;
}

/** From half of the connections over 99 of 100 to the last one. @param {number[]} times */
function timeBar(...times) {
  return bar(
    times
      .map((time, number) => ({ share: place(time), name: ["half", "most", "last"][number] ?? "" }))
      .reverse(),
  );
}

/** How many of the connections have the version. @param {number} written @param {number} outstanding */
function recallBar(written, outstanding) {
  const share = written / Math.max(1, written + outstanding);
  return bar([
    { share: 1, name: outstanding ? "missing" : "done" },
    { share, name: "done" },
  ]);
}

/** @param {{share: number, name: string}[]} parts the later ones lie on top */
function bar(parts) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${SCALE.width} 8`);
  svg.setAttribute("aria-hidden", "true");
  for (const { share, name } of parts) {
    const rect = document.createElementNS(SVG, "rect");
    for (const [key, value] of Object.entries({ width: share * SCALE.width, height: 8, class: name }))
      rect.setAttribute(key, String(value));
    svg.append(rect);
  }
  return svg;
}

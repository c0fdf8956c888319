/**
 * A field for a time on the clocks of a zone. It shows the same moment on the clocks of another zone, and asks where
 * clocks show a time never or twice.
 *
 * Its value is an instant, or what was typed as long as that names none: the desk refuses such a time, so that a line
 * never leaves at another moment than the person meant.
 */

import { h } from "./dom.js";
import { setLabel, showText } from "./i18n.js";
import { option } from "./options.js";
import { instantsOf, instantText, momentOf, offsetName, ownZone, placeOf, wallTime } from "./zones.js";

/** @typedef {{zone: string, other: string}} Zones the zone of the field, and the one that is shown next to it or "" */

export class ZonedTime {
  #input;
  #onChange;
  #hint = h("p", { class: "hint" });
  #choice = h("select", { class: "which", autocomplete: "off", hidden: true });
  /** The instant that was shown last. The field has no seconds, and an embargo must not lose them. */
  #shown = Number.NaN;
  /** @type {Zones} */
  #zones = { zone: ownZone(), other: "" };

  /**
   * @param {HTMLInputElement} input a field for a local time, which has an id and is in the document or a form
   * @param {() => void} onChange called after a person has changed the time
   */
  constructor(input, onChange) {
    this.#input = input;
    this.#onChange = onChange;
    this.#hint.id = `${input.id}-zone`;
    setLabel(this.#choice, "zone.choose");
    input.after(this.#choice, this.#hint);
    input.setAttribute(
      "aria-describedby",
      `${input.getAttribute("aria-describedby") ?? ""} ${this.#hint.id}`.trim(),
    );
    input.addEventListener("input", () => this.#handleInput());
    this.#choice.addEventListener("input", () => {
      this.#showHint();
      onChange();
    });
  }

  /** The field itself, for errors. */
  get input() {
    return this.#input;
  }

  /** An instant as RFC 3339, what was typed if that names no instant, or "". */
  get value() {
    const { value } = this.#input;
    const [instant] = this.#chosen();
    if (instant === undefined) return value;
    return instantText(instant === wholeMinute(this.#shown) ? this.#shown : instant);
  }

  /** Why the value names no instant; empty if it does or if the field is empty. @returns {import("./i18n.js").Param} */
  get problem() {
    if (this.#input.validity.badInput) return { t: "zone.incomplete" };
    if (!this.#input.value || this.#chosen().length === 1) return "";
    const [key, params] = this.#sentence();
    return { t: key, p: params };
  }

  /** Shows an instant, or what was typed before. @param {string} value */
  show(value) {
    const instant = momentOf(value);
    this.#shown = instant;
    this.#input.value = Number.isNaN(instant) ? value.slice(0, 16) : wallTime(instant, this.#zones.zone);
    this.#offerChoice();
    if (!Number.isNaN(instant)) this.#choice.value = String(wholeMinute(instant));
    this.#showHint();
  }

  /** The clocks of these zones; what is typed stays as it is, on the clocks of the new one. @param {Zones} zones */
  setZones(zones) {
    this.#zones = zones;
    this.#offerChoice();
    this.#showHint();
  }

  focus() {
    (this.#choice.hidden ? this.#input : this.#choice).focus();
  }

  #handleInput() {
    this.#offerChoice();
    this.#showHint();
    this.#onChange();
  }

  /** The instants that may be meant; one of two once it is chosen. */
  #chosen() {
    const instants = instantsOf(this.#input.value, this.#zones.zone);
    return instants.length < 2
      ? instants
      : instants.filter((instant) => String(instant) === this.#choice.value);
  }

  #offerChoice() {
    const instants = instantsOf(this.#input.value, this.#zones.zone);
    const before = this.#choice.value;
    this.#choice.hidden = instants.length < 2;
    const [first, second] = instants.map((instant, index) =>
      option(String(instant), index ? "zone.second" : "zone.first", {
        offset: offsetName(instant, this.#zones.zone),
      }),
    );
    this.#choice.replaceChildren(option("", "zone.choose"), ...(first && second ? [first, second] : []));
    this.#choice.value = instants.some((instant) => String(instant) === before) ? before : "";
  }

  #showHint() {
    const { value } = this.#input;
    const [instant] = this.#chosen();
    const { other } = this.#zones;
    const isUnclear = Boolean(value) && instant === undefined;
    this.#hint.className = isUnclear ? "error" : "hint";
    if (isUnclear) showText(this.#hint, ...this.#sentence());
    else if (instant === undefined || !other || wallTime(instant, other) === value.slice(0, 16))
      showText(this.#hint, "");
    else {
      const time = { moment: instant, zone: other };
      showText(this.#hint, "zone.same", { time, place: placeOf(other) });
    }
  }

  /** @returns {[string, {place: string}]} */
  #sentence() {
    const { zone } = this.#zones;
    return [this.#choice.hidden ? "zone.skipped" : "zone.twice", { place: placeOf(zone) }];
  }
}

/** @param {number} instant */
function wholeMinute(instant) {
  return Math.floor(instant / 60_000) * 60_000;
}

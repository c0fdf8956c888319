/** The choice of the zone that times are typed in: this computer's, or the edition's own; remembered for the browser. */

import { h } from "./dom.js";
import { showText } from "./i18n.js";
import { option } from "./options.js";
import { readStored, writeStored } from "./storage.js";
import { isZone, ownZone } from "./zones.js";

/** @import { Zones } from "./zoned-time.js" */

const STORED = "flashwire.zone";

export class ZoneChoice {
  element;
  #select = h("select", { autocomplete: "off" });
  #own = ownZone();
  #edition = "";

  /** @param {(zones: Zones) => void} onChange */
  constructor(onChange) {
    const label = h("span");
    showText(label, "zone.of");
    this.element = h("label", { class: "zone-choice" }, label, " ", this.#select);
    this.#select.addEventListener("input", () => {
      writeStored("localStorage", STORED, this.#select.value);
      onChange(this.zones);
    });
  }

  /** @returns {Zones} */
  get zones() {
    if (this.#select.value !== "edition") return { zone: this.#own, other: this.#edition };
    return { zone: this.#edition, other: this.#own };
  }

  /** Offers the zone of an edition, if that is another one. @param {{name: string, timezone?: string} | undefined} edition */
  show(edition) {
    const zone = edition?.timezone ?? "";
    const hasOwn = isZone(zone) && zone !== this.#own;
    this.#edition = hasOwn ? zone : "";
    const options = [option("own", "zone.own", { zone: this.#own })];
    if (hasOwn) options.push(option("edition", "zone.edition", { name: edition?.name ?? "", zone }));
    this.#select.replaceChildren(...options);
    this.#select.value = hasOwn && readStored("localStorage", STORED) === "edition" ? "edition" : "own";
  }
}

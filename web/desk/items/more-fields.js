/**
 * What an act can change besides the line: sections, places, link, times and story, folded into one part of its form.
 *
 * Only what the person has changed is sent, so that a change by somebody else in another field stays.
 */

import { fillCheckboxes, selectedValues, selectValues } from "../compose/choices.js";
import { h } from "../shell/dom.js";
import { isDeskError } from "../shell/errors.js";
import { showText } from "../shell/i18n.js";
import { ZoneChoice } from "../shell/zone-choice.js";
import { ZonedTime } from "../shell/zoned-time.js";
import { instantText, momentOf } from "../shell/zones.js";
import { labelled, showError } from "./act-field.js";
import { changedFields } from "./changed-fields.js";

/** @import { Item, MoreBody, Site } from "../shell/types.d.ts" */
/** @typedef {{id: string, title: {value: string}}} Story */

const GROUPS = /** @type {const} */ (["sections", "places"]);
const TIMES = /** @type {const} */ (["pinnedUntil", "expires"]);

export class MoreFields {
  element = h("details", { class: "act-more" });
  #site;
  #fields = h("fieldset", { class: "act-more-fields" });
  #groups = {
    sections: h("fieldset", { class: "choice" }),
    places: h("fieldset", { class: "choice" }),
  };
  #link = h("input", {
    type: "url",
    inputmode: "url",
    dir: "ltr",
    autocomplete: "off",
    placeholder: "https://",
  });
  #times;
  #story = h("input", { autocomplete: "off" });
  #stories = h("datalist");
  /** The stories that are offered, and the item's own. @type {Story[]} */
  #offered = [];
  #storyId = "";
  /** The fields as they were before anything was changed. */
  #untouched;

  /**
   * @param {Item} item
   * @param {string} act
   * @param {Site} site
   * @param {string} form the beginning of the fields' ids
   */
  constructor(item, act, site, form) {
    this.#site = site;
    const summary = h("summary");
    showText(summary, "act.more");
    this.element.append(summary, this.#fields);
    const link = labelled(form, "link", this.#link);
    const inputs = {
      pinnedUntil: h("input", { type: "datetime-local", autocomplete: "off" }),
      expires: h("input", { type: "datetime-local", autocomplete: "off" }),
    };
    const times = TIMES.map((name) => labelled(form, `act.${name}`, inputs[name]));
    // The form hears of a change by the event of the field.
    const nothing = () => {};
    this.#times = {
      pinnedUntil: new ZonedTime(inputs.pinnedUntil, nothing),
      expires: new ZonedTime(inputs.expires, nothing),
    };
    const zone = new ZoneChoice((zones) => {
      for (const name of TIMES) this.#times[name].setZones(zones);
    });
    zone.show(site.editions[item.edition]);
    if (act === "refile") this.#fields.append(link);
    else {
      this.#addGroups(item);
      const pair = h("div", { class: "pair" }, ...times);
      this.#fields.append(link, pair, zone.element, this.#storyField(item, form));
    }
    this.#link.value = item.link ?? "";
    for (const name of TIMES) {
      this.#times[name].setZones(zone.zones);
      this.#times[name].show(item[name] ?? "");
    }
    this.#untouched = this.typed;
  }

  /** What is typed and chosen, to be stored. @returns {Record<string, string | string[]>} */
  get typed() {
    return {
      sections: selectedValues(this.#groups.sections),
      places: selectedValues(this.#groups.places),
      link: this.#link.value.trim(),
      pinnedUntil: this.#times.pinnedUntil.value,
      expires: this.#times.expires.value,
      story: this.#story.value.trim(),
      storyId: this.#storyId,
    };
  }

  /** Puts stored values into the fields. @param {Record<string, string | string[]>} values */
  fill(values) {
    for (const name of GROUPS)
      if (Array.isArray(values[name])) selectValues(this.#groups[name], values[name]);
    const fields = { link: this.#link, story: this.#story };
    for (const [name, field] of Object.entries(fields)) {
      const value = values[name];
      if (typeof value === "string") field.value = value;
    }
    for (const name of TIMES) if (typeof values[name] === "string") this.#times[name].show(values[name]);
    if (typeof values.storyId === "string") this.#storyId = values.storyId;
    if (this.#changed().length) this.element.open = true;
  }

  /**
   * Asks the desk for stories to choose from when this part is opened.
   * @param {import("../shell/api.js").DeskApi} api
   * @param {Item} item
   */
  offerFrom(api, item) {
    this.element.addEventListener("toggle", () => this.#offer(api, item), { once: true });
  }

  /** @param {import("../shell/api.js").DeskApi} api @param {Item} item */
  async #offer(api, item) {
    try {
      const stories = await api.stories(item);
      this.#offered.push(...stories.filter(({ id }) => this.#offered.every((known) => known.id !== id)));
      this.#stories.replaceChildren(...stories.map(({ title }) => h("option", { value: title.value })));
    } catch (error) {
      // A story can be named without being offered.
      if (!isDeskError(error)) throw error;
    }
  }

  handleInput() {
    const title = this.#story.value.trim();
    if (title !== this.#untouched?.story || this.#storyId !== this.#untouched.storyId)
      this.#storyId = this.#offered.find((story) => story.title.value === title)?.id ?? "";
    for (const field of Object.values(this.errorFields)) if (field.isConnected) showError(field, "");
  }

  /** @param {boolean} isLocked */
  lock(isLocked) {
    this.#fields.disabled = isLocked;
  }

  /** Shows the first time that names no moment, and returns whether there is one. */
  showUnclear() {
    const time = TIMES.map((name) => this.#times[name]).find(({ problem }) => problem);
    if (!time) return false;
    this.element.open = true;
    showError(time.input, time.problem);
    time.focus();
    return true;
  }

  /** The fields of the desk's errors. @returns {Record<string, HTMLElement>} */
  get errorFields() {
    const { pinnedUntil, expires } = this.#times;
    return {
      link: this.#link,
      pinnedUntil: pinnedUntil.input,
      expires: expires.input,
      story: this.#story,
    };
  }

  /** Opens this part if `field` is in it. @param {HTMLElement} field */
  openFor(field) {
    if (this.element.contains(field)) this.element.open = true;
  }

  /** What the request carries of these fields. @param {Item} base @returns {MoreBody} */
  body(base) {
    const { sections, places, link, pinnedUntil, expires, story } = this.typed;
    const title = String(story);
    const all = {
      sections,
      places,
      link: link || null,
      pinnedUntil: String(pinnedUntil) || null,
      expires: String(expires) || null,
      story: title ? { title, ...(this.#storyId ? { id: this.#storyId } : {}) } : null,
    };
    const isSame = (/** @type {string} */ name) => plain(base, name) === comparable(name, this.typed[name]);
    const changed = this.#changed().filter((name) => !isSame(name));
    return Object.fromEntries(Object.entries(all).filter(([name]) => changed.includes(name)));
  }

  /** What these fields change, as it is shown. @param {Item} base */
  changes(base) {
    return changedFields(base, /** @type {Item} */ ({ ...base, ...this.body(base) }), this.#site);
  }

  /** The names of the fields that the person has changed. */
  #changed() {
    const { typed } = this;
    const names = Object.keys(typed).filter((name) => String(typed[name]) !== String(this.#untouched[name]));
    return names.map((name) => (name === "storyId" ? "story" : name));
  }

  /** @param {Item} item */
  #addGroups(item) {
    for (const name of GROUPS) {
      const group = this.#groups[name];
      const legend = h("legend");
      showText(legend, name);
      group.append(legend, h("div", { class: "options-row" }));
      fillCheckboxes(group, name, this.#site[name]);
      selectValues(group, item[name]);
      this.#fields.append(group);
    }
  }

  /** @param {Item} item @param {string} form */
  #storyField({ story, headline }, form) {
    this.#stories.id = `${form}-stories`;
    this.#story.setAttribute("list", this.#stories.id);
    this.#story.lang = headline.language;
    this.#story.dir = headline.direction;
    if (story) this.#offered.push(story);
    this.#story.value = story?.title.value ?? "";
    this.#storyId = story?.id ?? "";
    const field = labelled(form, "act.story", this.#story);
    const hint = h("p", { class: "hint", id: `${form}-story-hint` });
    showText(hint, "act.story.hint");
    this.#story.setAttribute(
      "aria-describedby",
      `${hint.id} ${this.#story.getAttribute("aria-describedby")}`,
    );
    field.append(hint, this.#stories);
    return field;
  }
}

/** A field of an item as these fields write it. @param {Item} item @param {string} name */
function plain(item, name) {
  if (name === "story") return item.story?.title.value ?? "";
  const value = item[/** @type {"sections" | "places" | "link" | "expires" | "pinnedUntil"} */ (name)];
  return comparable(name, value ?? "");
}

/** A value as it is compared: a time to the minute. @param {string} name @param {string | string[] | undefined} value */
function comparable(name, value) {
  const text = String(value);
  return name === "expires" || name === "pinnedUntil" ? wholeMinute(text) : text;
}

/** A moment as a field without seconds has it. @param {string} time RFC 3339, or empty */
function wholeMinute(time) {
  const at = momentOf(time);
  return Number.isNaN(at) ? time : instantText(Math.floor(at / 60_000) * 60_000);
}

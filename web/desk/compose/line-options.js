/** The options of a line besides its sections, places and link: times, story, origin and who reviewed it. */

import { $, h } from "../shell/dom.js";
import { isDeskError } from "../shell/errors.js";
import { showText } from "../shell/i18n.js";
import { option } from "../shell/options.js";
import { ZoneChoice } from "../shell/zone-choice.js";
import { ZonedTime } from "../shell/zoned-time.js";
import { TIMES } from "./times.js";

/** @import { Draft, Site } from "../shell/types.d.ts" */

/** The fields, which have the names of the API. */
export const OPTION_FIELDS = [...TIMES, "story", "digitalSourceType", "reviewedBy"];
const PAUSE_MS = 200;

export class LineOptions {
  #site;
  #api;
  #draft;
  #onChange;
  /** The stories that were offered last, by title. @type {Map<string, string>} */
  #offered = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #zone = new ZoneChoice((zones) => {
    for (const time of TIMES) this.#times[time].setZones(zones);
    this.#read();
  });
  #times;

  /**
   * @param {Site} site
   * @param {import("../shell/api.js").DeskApi} api
   * @param {() => Draft} draft
   * @param {() => void} onChange
   */
  constructor(site, api, draft, onChange) {
    this.#site = site;
    this.#api = api;
    this.#draft = draft;
    this.#onChange = onChange;
    const origins = (site.digitalSourceTypes ?? []).map((term) => option(term, `origin.${term}`));
    $("digitalSourceType").replaceChildren(option("", "origin.none"), ...origins);
    $("option-zone").replaceWith(this.#zone.element);
    const timeOf = (/** @type {string} */ id) => new ZonedTime($(id), () => this.#read());
    this.#times = {
      publishAt: timeOf("publishAt"),
      embargoedUntil: timeOf("embargoedUntil"),
      expires: timeOf("expires"),
      pinnedUntil: timeOf("pinnedUntil"),
    };
    for (const id of ["story", "digitalSourceType", "reviewedBy"])
      $(id).addEventListener("input", () => this.#read());
    $("story").addEventListener("focus", () => this.#planOffer());
    // Enter chooses a story; it must not publish.
    $("story").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) event.preventDefault();
    });
  }

  /** Puts the draft's options into the fields. @param {Draft} draft */
  fill(draft) {
    this.showEdition(draft);
    $("story").value = draft.story.title;
    $("digitalSourceType").value = draft.digitalSourceType;
    $("reviewedBy").value = draft.reviewedBy;
    this.#showStory();
  }

  /** Shows the draft's times on the clocks of the chosen zone, which may be that of its edition. @param {Draft} draft */
  showEdition(draft) {
    this.#zone.show(this.#site.editions[draft.edition]);
    for (const time of TIMES) {
      this.#times[time].setZones(this.#zone.zones);
      this.#times[time].show(draft[time]);
    }
  }

  /**
   * The first field whose time names no moment, with the reason; null if there is none.
   * @returns {{id: string, message: import("../shell/i18n.js").Param} | null}
   */
  unclear() {
    const id = TIMES.find((time) => this.#times[time].problem);
    return id ? { id, message: this.#times[id].problem } : null;
  }

  #read() {
    const draft = this.#draft();
    for (const time of TIMES) draft[time] = this.#times[time].value;
    const title = $("story").value;
    if (title !== draft.story.title) {
      draft.story = { id: this.#offered.get(title) ?? "", title };
      this.#planOffer();
    }
    draft.digitalSourceType = $("digitalSourceType").value;
    draft.reviewedBy = $("reviewedBy").value;
    this.#showStory();
    this.#onChange();
  }

  #showStory() {
    const { id, title } = this.#draft().story;
    showText($("story-state"), title.trim() ? (id ? "option.story.known" : "option.story.new") : "");
  }

  #planOffer() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#offer(), PAUSE_MS);
  }

  /** Offers the stories on air that are most like the title, or like the line before there is one. */
  async #offer() {
    const { edition, line, story } = this.#draft();
    try {
      const query = new URLSearchParams({ edition, text: story.title || line });
      const { stories } = await this.#api.request("GET", `/v1/stories?${query}`);
      /** @type {{id: string, title: {value: string, language: string}}[]} */
      const offered = stories;
      for (const { id, title } of offered) this.#offered.set(title.value, id);
      $("stories").replaceChildren(
        ...offered.map(({ title }) => h("option", { value: title.value, lang: title.language })),
      );
    } catch (error) {
      // Without the desk none is offered; a title can be typed.
      if (!isDeskError(error)) throw error;
    }
  }
}

/** Whether `draft` has an option that a person chose. @param {Draft} draft */
export function hasOptions(draft) {
  const { story, digitalSourceType, reviewedBy } = draft;
  return Boolean(TIMES.some((time) => draft[time]) || story.title || digitalSourceType || reviewedBy);
}

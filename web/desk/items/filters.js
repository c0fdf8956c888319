/**
 * Which items the list shows: by edition, urgency, state, person, source, story and time, and by words.
 *
 * The filters are in the page's address, so that a filtered list can be shared, and one key shows everything again.
 */

import { instantOf, localValue } from "../compose/times.js";
import { $, h } from "../shell/dom.js";
import { showText } from "../shell/i18n.js";
import { FEED_URGENCIES, option, URGENCIES, urgencyName } from "../shell/options.js";
import { DeskSearch } from "./desk-search.js";
import { addressOf, fold, hasWords, matches, readAddress, searchQuery } from "./filter-values.js";
import { STATES } from "./states.js";

/** @import { Item, Site } from "../shell/types.d.ts" */
/** @import { FilterValues } from "./filter-values.js" */

/** The field of each filter. */
const FIELDS = {
  q: "search",
  edition: "filter",
  urgency: "filter-urgency",
  state: "filter-state",
  own: "filter-own",
  source: "filter-source",
  story: "filter-story",
  from: "filter-from",
  until: "filter-until",
};
const NAMES = /** @type {(keyof FilterValues)[]} */ (Object.keys(FIELDS));
/** Behind the button "More filters". */
const MORE = /** @type {const} */ (["source", "story", "from", "until"]);

export class Filters {
  #site;
  #items;
  #page;
  #search;
  /** @type {FilterValues} */
  #values = readAddress(location.search);
  /** Folded. @type {string[]} */
  #words = [];

  /**
   * @param {Site} site
   * @param {import("../shell/api.js").DeskApi} api
   * @param {import("./items.js").Items} items
   * @param {object} page
   * @param {() => string} page.owner the name of the person signed in
   * @param {(uri: string) => boolean} page.isOwn whether this person stored a version of an item
   * @param {() => void} page.onChange
   */
  constructor(site, api, items, page) {
    this.#site = site;
    this.#items = items;
    this.#page = page;
    this.#search = new DeskSearch(api, items, page.onChange);
    const editions = Object.entries(site.editions).map(([id, { language, name }]) =>
      h("option", { value: id, lang: language }, name),
    );
    $("filter").replaceChildren(option("", "filter.all"), ...editions);
    const urgencies = [...URGENCIES, ...FEED_URGENCIES].map((urgency) =>
      option(String(urgency), ...urgencyName(urgency)),
    );
    $("filter-urgency").replaceChildren(option("", "filter.all"), ...urgencies);
    const states = STATES.map((state) => option(state, `state.of.${state}`));
    $("filter-state").replaceChildren(option("", "filter.all"), ...states);
    for (const name of NAMES) $(FIELDS[name]).addEventListener("input", () => this.#read());
    $("filter-story").addEventListener("focus", () => this.#offerStories());
    $("filter-more").addEventListener("toggle", () => {
      this.#offerSources();
      this.#offerStories();
    });
    $("filter-clear").addEventListener("click", () => this.clear());
    $("search").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Escape" || !$("search").value) return;
      $("search").value = "";
      this.#read();
      event.stopPropagation();
    });
    this.#show();
    this.start();
  }

  /** Asks the desk for what the filters in the address want; the person signed in may be another one. */
  start() {
    this.#words = fold(this.#values.q).split(/\s+/u).filter(Boolean);
    this.#search.plan(searchQuery(this.#values, this.#page.owner()));
  }

  /** Moves the focus to the filters. */
  focus() {
    $("filter").focus();
  }

  /** Shows everything again. */
  clear() {
    const isInside = $("filter-bar").contains(document.activeElement);
    this.#values = readAddress("");
    this.#show();
    this.#apply();
    if (isInside) this.focus();
  }

  /** @param {Item} item */
  isShown(item) {
    return (
      matches(item, this.#values) &&
      (!this.#values.own || this.#page.isOwn(item.uri)) &&
      (!this.#words.length || this.#search.hasFound(item.uri) || hasWords(item, this.#words))
    );
  }

  /** Says how many items the filters hide, while one of them is set. @param {number} count */
  showHidden(count) {
    $("filter-bar").classList.toggle("filtering", addressOf(this.#values) !== "");
    showText($("filter-hidden"), "filter.hidden", { count });
  }

  /** Takes the values from the fields. */
  #read() {
    /** @param {string} id */
    const value = (id) => $(id).value;
    this.#values = {
      ...this.#values,
      q: value("search"),
      edition: value("filter"),
      urgency: value("filter-urgency"),
      state: value("filter-state"),
      own: $("filter-own").checked ? "1" : "",
      source: value("filter-source"),
      story: value("filter-story"),
      from: instantOf(value("filter-from")),
      until: instantOf(value("filter-until")),
    };
    this.#apply();
  }

  /** Puts the values into the fields; a name that the site does not have shows all. */
  #show() {
    const { story, from, until, own } = this.#values;
    this.#offerStories();
    for (const name of ["q", "edition", "urgency", "state", "source"])
      $(FIELDS[/** @type {"q"} */ (name)]).value = this.#values[/** @type {"q"} */ (name)];
    $("filter-own").checked = own !== "";
    $("filter-story").value = story;
    $("filter-from").value = localValue(from);
    $("filter-until").value = localValue(until);
    for (const name of /** @type {const} */ (["edition", "urgency", "state"]))
      this.#values[name] = $(FIELDS[name]).value;
    if (MORE.some((name) => this.#values[name])) $("filter-more").open = true;
  }

  #apply() {
    history.replaceState(null, "", `${location.pathname}${addressOf(this.#values)}${location.hash}`);
    this.start();
    this.#page.onChange();
  }

  /** Offers the stories of the items that the page knows, and the one that is chosen. */
  #offerStories() {
    const { story } = this.#values;
    const stories = new Map(story ? [[story, { value: story, language: "" }]] : []);
    for (const item of this.#items.newestFirst().reverse())
      if (item.story) stories.set(item.story.id, item.story.title);
    const options = [...stories].map(([id, { value, language }]) =>
      h("option", { value: id, lang: language || undefined }, value),
    );
    $("filter-story").replaceChildren(option("", "filter.all"), ...options.reverse());
    $("filter-story").value = story;
  }

  /** Offers the names of the known sources, in the languages of the editions. */
  #offerSources() {
    const languages = new Set(Object.values(this.#site.editions).map(({ language }) => language));
    const names = Object.values(this.#site.sources).flatMap(({ names: byLanguage }) =>
      Object.entries(byLanguage).filter(([language]) => languages.has(language)),
    );
    $("filter-sources").replaceChildren(
      ...names.map(([language, name]) => h("option", { value: name, lang: language })),
    );
  }
}

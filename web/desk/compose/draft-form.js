/** The composer's fields: they hold one draft, show it as the audience will read it, and say what is wrong with it. */

import { $, fault, grow } from "../shell/dom.js";
import { current, t } from "../shell/i18n.js";
import { checkChoices, choose, chosen, editionChoices, roleChoices, urgencyChoices } from "./choices.js";
import { emptyDraft } from "./draft.js";
import { missing, oneLine } from "./line.js";
import { showDraft } from "./preview.js";
import { splitAsTyped } from "./split.js";
import { Suggestions } from "./suggestions.js";

/** Where what the desk refuses in a field is shown. @type {Record<string, string>} */
const PLACES = { text: "line", headline: "line", infoSources: "line", role: "role", link: "link" };

export class DraftForm {
  #site;
  #onChange;
  /** @type {HTMLTextAreaElement} */
  #line = $("line");
  #suggestions;
  /** @type {import("./draft.js").Draft} */
  draft;

  /**
   * @param {import("./line.js").Site} site
   * @param {(isLine: boolean) => void} onChange called after each change of the draft; `isLine`: of its line
   */
  constructor(site, onChange) {
    this.#site = site;
    this.#onChange = onChange;
    this.draft = this.fresh(Object.keys(site.editions)[0] ?? "en");
    editionChoices($("edition"), site.editions);
    urgencyChoices($("urgency"));
    checkChoices($("sections"), "sections", site.sections);
    checkChoices($("places"), "places", site.places);
    roleChoices($("role"), site.roles);
    const language = () => this.edition.language;
    this.#suggestions = new Suggestions(this.#line, $("line-sources"), site.sources, language, (label) => {
      this.#line.value = `${label}: `;
      this.#line.setSelectionRange(this.#line.value.length, this.#line.value.length);
      this.#typed();
    });
    this.#listen();
  }

  get edition() {
    return (
      this.#site.editions[this.draft.edition] ?? {
        language: this.draft.edition,
        direction: "auto",
        name: "",
      }
    );
  }

  /** Whether there are words in the line. */
  get holdsText() {
    return this.draft.line.trim() !== "";
  }

  /** @param {string} edition */
  fresh(edition) {
    return emptyDraft(edition, this.#site.editions[edition]?.direction ?? "auto");
  }

  /** The edition in the language of the interface, where there is one. */
  firstEdition() {
    const ids = Object.keys(this.#site.editions);
    return ids.find((id) => this.#site.editions[id]?.language === current()) ?? ids[0] ?? "en";
  }

  /** Puts `draft` into the fields. @param {import("./draft.js").Draft} draft */
  fill(draft) {
    this.draft = draft;
    if (!Object.hasOwn(this.#site.editions, draft.edition)) draft.edition = this.firstEdition();
    this.#line.value = draft.line;
    $("role").value = draft.role;
    $("link").value = draft.link;
    choose($("edition"), [draft.edition]);
    choose($("urgency"), [String(draft.urgency)]);
    choose($("sections"), draft.sections);
    choose($("places"), draft.places);
    $("more").open = draft.link !== "" || draft.sections.length > 0 || draft.places.length > 0;
    this.#changed(false);
  }

  focus() {
    grow(this.#line);
    this.#line.focus();
  }

  closeOffers() {
    this.#suggestions.close();
  }

  nextEdition() {
    const ids = Object.keys(this.#site.editions);
    this.#choose(ids[(ids.indexOf(this.draft.edition) + 1) % ids.length] ?? this.draft.edition);
  }

  /** @param {number} urgency */
  urgency(urgency) {
    this.draft.urgency = urgency;
    choose($("urgency"), [String(urgency)]);
    this.#changed(false);
  }

  turn() {
    this.draft.direction = this.draft.direction === "rtl" ? "ltr" : "rtl";
    this.#changed(false);
  }

  /** Whether nothing is missing; says what is, and goes there. */
  isComplete() {
    const lack = missing(this.draft, this.#site);
    if (!lack) return true;
    const { source } = splitAsTyped(this.draft.line, this.#site.sources);
    const [field, place] = lack === "role.missing" ? ["role", "role-error"] : ["line", "line-error"];
    fault($(field), $(place), t(lack, { source: source ?? "" }));
    $(field).focus();
    return false;
  }

  /**
   * Shows what the desk refused beside what it is about; true if everything found its place.
   * @param {import("../shell/api.js").RefusedError} error
   * @param {boolean} go moves the focus there
   */
  showRefusal(error, go) {
    let placed = error.errors.length > 0;
    let first = true;
    for (const { field, message } of error.errors) {
      const id = PLACES[field.split(/[.[]/u, 1)[0] ?? ""];
      if (!id || (id === "role" && $("role-field").hidden)) {
        placed = false;
        continue;
      }
      if (id === "link") $("more").open = true;
      fault($(id), $(`${id}-error`), message);
      if (go && first) this.#go(id, message);
      first = false;
    }
    return placed;
  }

  /**
   * @param {string} id
   * @param {string} message a refused character in it is shown by selecting it
   */
  #go(id, message) {
    $(id).focus();
    const code = /U\+([0-9A-F]{4,6})/u.exec(message)?.[1];
    const character = code && id === "line" ? String.fromCodePoint(Number.parseInt(code, 16)) : "";
    const place = character ? this.#line.value.indexOf(character) : -1;
    if (place >= 0) this.#line.setSelectionRange(place, place + character.length);
  }

  #listen() {
    $("direction").addEventListener("click", () => this.turn());
    this.#line.addEventListener("input", () => this.#typed());
    this.#line.addEventListener("keydown", (event) => {
      // A line has no breaks: Enter alone does nothing, so that it cannot be the key that publishes by accident.
      if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.isComposing)
        event.preventDefault();
    });
    $("composer").addEventListener("change", (/** @type {Event} */ event) => {
      if (event.target === this.#line) return;
      const edition = chosen($("edition"))[0];
      if (edition && edition !== this.draft.edition) return this.#choose(edition);
      this.draft.urgency = Number(chosen($("urgency"))[0] ?? this.draft.urgency);
      this.draft.role = $("role").value;
      this.draft.sections = chosen($("sections"));
      this.draft.places = chosen($("places"));
      this.#changed(false);
    });
    $("link").addEventListener("input", () => {
      this.draft.link = $("link").value;
      this.#changed(false);
    });
  }

  /** @param {string} edition */
  #choose(edition) {
    this.draft.edition = edition;
    this.draft.direction = this.edition.direction;
    choose($("edition"), [edition]);
    this.#changed(false);
  }

  #typed() {
    const line = oneLine(this.#line.value);
    if (line !== this.#line.value) this.#line.value = line;
    this.draft.line = line;
    this.#suggestions.typed();
    this.#changed(true);
  }

  /** @param {boolean} isLine */
  #changed(isLine) {
    fault(this.#line, $("line-error"), "");
    fault($("role"), $("role-error"), "");
    fault($("link"), $("link-error"), "");
    this.#line.dir = this.draft.direction;
    this.#line.lang = this.edition.language;
    grow(this.#line);
    showDraft(this.draft, this.#site);
    this.#onChange(isLine);
  }
}

/** The composer's fields: they hold one draft, show its preview, and show what is wrong with it. */

import { $, fitHeight, oneLine } from "../shell/dom.js";
import { placeErrors, showFieldError } from "../shell/field-errors.js";
import { currentLanguage, phrase } from "../shell/i18n.js";
import { fillCheckboxes, fillEditions, fillUrgencies, selectedValues, selectValues } from "./choices.js";
import { ChosenRoles } from "./chosen-roles.js";
import { emptyDraft } from "./draft.js";
import { missingPart } from "./line.js";
import { LineField } from "./line-field.js";
import { hasOptions, LineOptions, OPTION_FIELDS } from "./line-options.js";
import { LineSource } from "./line-source.js";
import { showPreview } from "./preview.js";
import { splitAsTyped } from "./split.js";

/** @import { Draft, Site } from "../shell/types.d.ts" */
/** @import { RefusedError } from "../shell/errors.js" */
/** @import { Param } from "../shell/i18n.js" */

const ROUTINE = 4;
const SOURCE_IDS = [
  "line",
  "attribution",
  "role-field",
  "role",
  "role-label",
  "new-source",
  "new-source-who",
];
const GROUPS = /** @type {const} */ (["sections", "places"]);

export class DraftForm {
  #site;
  #onChange;
  /** @type {HTMLTextAreaElement} */
  #line = $("line");
  #field;
  #source;
  #options;
  #roles = new ChosenRoles();
  /** @type {Draft} */
  draft;

  /**
   * @param {Site} site
   * @param {import("../shell/api.js").DeskApi} api
   * @param {import("./new-source.js").NewSource} newSource
   * @param {(isLine: boolean) => void} onChange called after each change of the draft; `isLine`: of its line
   * @param {(lines: string[]) => void} onLines called with the lines that were pasted, if there are several
   * @param {() => void} onNothingToUndo
   */
  constructor(site, api, newSource, onChange, onLines, onNothingToUndo) {
    this.#site = site;
    this.#onChange = onChange;
    this.draft = this.emptyDraft({ edition: Object.keys(site.editions)[0] ?? "en" });
    fillEditions($("edition"), site.editions);
    fillUrgencies($("urgency"));
    for (const group of GROUPS) fillCheckboxes($(group), group, site[group]);
    const [line, attribution, roleField, role, roleLabel, add, who] = SOURCE_IDS.map($);
    this.#source = new LineSource(
      { line, attribution, roleField, role, roleLabel, add, who },
      site,
      newSource,
      () => this.edition,
    );
    this.#options = new LineOptions(
      site,
      api,
      () => this.draft,
      () => this.#handleChange(false),
    );
    this.#field = new LineField(
      { field: this.#line, list: $("line-sources"), status: $("line-suggestions") },
      { sources: site.sources, language: () => this.edition.language, onLines, onNothingToUndo },
    );
    this.#listen();
  }

  get edition() {
    const { edition } = this.draft;
    return this.#site.editions[edition] ?? { language: edition, direction: "auto", name: "" };
  }

  get hasText() {
    return this.draft.line.trim() !== "";
  }

  /** @param {{edition: string, urgency?: number}} choice */
  emptyDraft({ edition, urgency = ROUTINE }) {
    return { ...emptyDraft(edition, this.#site.editions[edition]?.direction ?? "auto"), urgency };
  }

  /** The first edition in the language of the interface, or else the first edition. */
  firstEdition() {
    const ids = Object.keys(this.#site.editions);
    return ids.find((id) => this.#site.editions[id]?.language === currentLanguage()) ?? ids[0] ?? "en";
  }

  /** Puts `draft` into the fields. @param {Draft} draft */
  fill(draft) {
    this.draft = draft;
    if (!Object.hasOwn(this.#site.editions, draft.edition)) draft.edition = this.firstEdition();
    this.#roles.reset(this.#sourceName);
    this.#field.fill(draft.line);
    $("link").value = draft.link;
    selectValues($("edition"), [draft.edition]);
    selectValues($("urgency"), [String(draft.urgency)]);
    for (const group of GROUPS) selectValues($(group), draft[group]);
    this.#options.fill(draft);
    $("more").open =
      hasOptions(draft) || draft.link !== "" || GROUPS.some((group) => draft[group].length > 0);
    this.#handleChange(false);
  }

  focus() {
    fitHeight(this.#line);
    this.#line.focus();
  }

  closeSuggestions() {
    this.#field.closeSuggestions();
  }

  offerSources() {
    this.#field.offerSources();
  }

  /** Opens the form of a new source; returns the key of a sentence if it does not open. */
  addSource() {
    return this.#source.add();
  }

  openOptions(field = "publishAt") {
    $("more").open = true;
    $(field).focus();
  }

  /** Removes all invisible marks from the line. */
  removeMarks() {
    this.#field.removeMarks();
  }

  /**
   * Replaces a part of the line.
   * @param {number} start in code points
   * @param {number} end
   * @param {string} text
   */
  replace(start, end, text) {
    this.#field.replace(start, end, text);
  }

  /** @param {string} edition */
  chooseEdition(edition) {
    this.#setEdition(edition);
    this.focus();
  }

  nextEdition() {
    const ids = Object.keys(this.#site.editions);
    this.#setEdition(ids[(ids.indexOf(this.draft.edition) + 1) % ids.length] ?? this.draft.edition);
  }

  /** @param {number} urgency */
  setUrgency(urgency) {
    this.draft.urgency = urgency;
    selectValues($("urgency"), [String(urgency)]);
    this.#handleChange(false);
  }

  flipDirection() {
    this.draft.direction = this.draft.direction === "rtl" ? "ltr" : "rtl";
    this.#handleChange(false);
  }

  /** Whether nothing is missing; otherwise shows what is, and moves the focus there. */
  isComplete() {
    const part = missingPart(this.draft, this.#site);
    const time = this.#options.unclear();
    if (!part && time) {
      this.#showError(time.id, time.message);
      this.openOptions(time.id);
    }
    if (!part) return !time;
    const id = part === "role.missing" ? "role" : "line";
    this.#showError(id, { t: part, p: { source: this.#sourceName ?? "" } });
    $(id).focus();
    return false;
  }

  /**
   * Shows the desk's errors in their fields; true if every error has one.
   * @param {RefusedError} error
   * @param {boolean} moveFocus to the first field with an error
   */
  showErrors({ errors }, moveFocus) {
    /** @type {[string, Param] | undefined} */
    let first;
    const role = $("role-field").hidden ? null : "role";
    const fields = { text: "line", headline: "line", infoSources: "line", role, link: "link" };
    Object.assign(fields, Object.fromEntries(OPTION_FIELDS.map((id) => [id, id])));
    const unplaced = placeErrors(errors, fields, (id, message) => {
      if ($("more").contains($(id))) $("more").open = true;
      this.#showError(id, message);
      first ??= [id, message];
    });
    if (moveFocus && first) this.#focusError(...first);
    return errors.length > 0 && unplaced.length === 0;
  }

  /**
   * @param {string} id
   * @param {Param} message the character that it names is selected
   */
  #focusError(id, message) {
    $(id).focus();
    const code = /U\+([0-9A-F]{4,6})/u.exec(phrase(message))?.[1];
    const character = code && id === "line" ? String.fromCodePoint(Number.parseInt(code, 16)) : "";
    const start = character ? this.#line.value.indexOf(character) : -1;
    if (start >= 0) this.#line.setSelectionRange(start, start + character.length);
  }

  /** @param {string} id @param {Param} message */
  #showError(id, message) {
    showFieldError($(id), $(`${id}-error`), message);
  }

  #listen() {
    $("direction").addEventListener("click", () => this.flipDirection());
    document.addEventListener("sources-changed", () => this.#handleChange(false));
    this.#line.addEventListener("input", () => {
      this.draft.line = oneLine(this.#line.value);
      this.#handleChange(true);
    });
    $("composer").addEventListener("change", (/** @type {Event} */ event) => {
      if (event.target !== this.#line) this.#readChoices();
    });
    $("link").addEventListener("input", () => {
      this.draft.link = $("link").value;
      this.#handleChange(false);
    });
  }

  #readChoices() {
    const edition = selectedValues($("edition"))[0];
    if (edition && edition !== this.draft.edition) return this.#setEdition(edition);
    this.draft.urgency = Number(selectedValues($("urgency"))[0] ?? this.draft.urgency);
    this.draft.role = $("role").value;
    for (const group of GROUPS) this.draft[group] = selectedValues($(group));
    this.#handleChange(false);
  }

  /** @param {string} edition */
  #setEdition(edition) {
    this.draft.edition = edition;
    this.draft.direction = this.edition.direction;
    selectValues($("edition"), [edition]);
    this.#options.showEdition(this.draft);
    this.#handleChange(false);
  }

  /** The source in the line, as it is typed. */
  get #sourceName() {
    return splitAsTyped(this.draft.line, this.#site.sources).source;
  }

  /** @param {boolean} isLine */
  #handleChange(isLine) {
    this.draft.role = this.#roles.roleFor(this.#sourceName, this.draft.role);
    $("role").value = this.draft.role;
    for (const id of ["line", "role", "link", ...OPTION_FIELDS]) this.#showError(id, "");
    this.#line.dir = this.draft.direction;
    this.#line.lang = this.edition.language;
    fitHeight(this.#line);
    this.#source.show(this.draft.role);
    showPreview(this.draft, this.#site);
    this.#onChange(isLine);
  }
}

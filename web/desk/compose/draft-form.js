/** The composer's fields: they hold one draft, show its preview, and show what is wrong with it. */

import { $, fitHeight, oneLine } from "../shell/dom.js";
import { placeErrors, showFieldError } from "../shell/field-errors.js";
import { currentLanguage, t } from "../shell/i18n.js";
import { fillRoles } from "../shell/options.js";
import { fillCheckboxes, fillEditions, fillUrgencies, selectedValues, selectValues } from "./choices.js";
import { emptyDraft } from "./draft.js";
import { missingPart } from "./line.js";
import { showPreview } from "./preview.js";
import { splitAsTyped } from "./split.js";
import { Suggestions } from "./suggestions.js";

/** @import { Draft, Site } from "../shell/types.d.ts" */
/** @import { RefusedError } from "../shell/errors.js" */

/** The fields that are disabled, and not read-only, while the outcome of the line is unknown. */
const DISABLED = ["edition", "urgency", "sections", "places", "role", "direction"];
const GROUPS = /** @type {const} */ (["sections", "places"]);

export class DraftForm {
  #site;
  #onChange;
  /** @type {HTMLTextAreaElement} */
  #line = $("line");
  #suggestions;
  /** @type {Draft} */
  draft;

  /**
   * @param {Site} site
   * @param {(isLine: boolean) => void} onChange called after each change of the draft; `isLine`: of its line
   */
  constructor(site, onChange) {
    this.#site = site;
    this.#onChange = onChange;
    this.draft = this.emptyDraft(Object.keys(site.editions)[0] ?? "en");
    fillEditions($("edition"), site.editions);
    fillUrgencies($("urgency"));
    for (const group of GROUPS) fillCheckboxes($(group), group, site[group]);
    fillRoles($("role"), site.roles);
    const language = () => this.edition.language;
    this.#suggestions = new Suggestions(this.#line, $("line-sources"), site.sources, language, (label) => {
      this.#line.value = `${label}: `;
      this.#line.setSelectionRange(this.#line.value.length, this.#line.value.length);
      this.#readLine();
    });
    this.#listen();
  }

  get edition() {
    const { edition } = this.draft;
    return this.#site.editions[edition] ?? { language: edition, direction: "auto", name: "" };
  }

  get hasText() {
    return this.draft.line.trim() !== "";
  }

  /** @param {string} edition */
  emptyDraft(edition) {
    return emptyDraft(edition, this.#site.editions[edition]?.direction ?? "auto");
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
    this.#line.value = draft.line;
    $("role").value = draft.role;
    $("link").value = draft.link;
    selectValues($("edition"), [draft.edition]);
    selectValues($("urgency"), [String(draft.urgency)]);
    for (const group of GROUPS) selectValues($(group), draft[group]);
    $("more").open = draft.link !== "" || GROUPS.some((group) => draft[group].length > 0);
    this.#handleChange(false);
  }

  /** @param {boolean} isLocked while the outcome of the line is unknown, nothing of it may change */
  lock(isLocked) {
    // Publish only asks for the outcome then, so it must not look as if it sent another line.
    $("publish").toggleAttribute("data-waiting", isLocked);
    this.#line.readOnly = isLocked;
    $("link").readOnly = isLocked;
    for (const id of DISABLED) $(id).disabled = isLocked;
  }

  focus() {
    fitHeight(this.#line);
    this.#line.focus();
  }

  closeSuggestions() {
    this.#suggestions.close();
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
    if (!part) return true;
    const { source } = splitAsTyped(this.draft.line, this.#site.sources);
    const id = part === "role.missing" ? "role" : "line";
    this.#showError(id, t(part, { source: source ?? "" }));
    $(id).focus();
    return false;
  }

  /**
   * Shows the desk's errors in their fields; true if every error has one.
   * @param {RefusedError} error
   * @param {boolean} moveFocus to the first field with an error
   */
  showErrors({ errors }, moveFocus) {
    /** @type {[string, string] | undefined} */
    let first;
    const role = $("role-field").hidden ? null : "role";
    const fields = { text: "line", headline: "line", infoSources: "line", role, link: "link" };
    const unplaced = placeErrors(errors, fields, (id, message) => {
      if (id === "link") $("more").open = true;
      this.#showError(id, message);
      first ??= [id, message];
    });
    if (moveFocus && first) this.#focusError(...first);
    return errors.length > 0 && unplaced.length === 0;
  }

  /**
   * @param {string} id
   * @param {string} message the character that it names is selected
   */
  #focusError(id, message) {
    $(id).focus();
    const code = /U\+([0-9A-F]{4,6})/u.exec(message)?.[1];
    const character = code && id === "line" ? String.fromCodePoint(Number.parseInt(code, 16)) : "";
    const start = character ? this.#line.value.indexOf(character) : -1;
    if (start >= 0) this.#line.setSelectionRange(start, start + character.length);
  }

  /** @param {string} id @param {string} message */
  #showError(id, message) {
    showFieldError($(id), $(`${id}-error`), message);
  }

  #listen() {
    $("direction").addEventListener("click", () => this.flipDirection());
    this.#line.addEventListener("input", () => this.#readLine());
    this.#line.addEventListener("keydown", (event) => {
      // A line has no breaks. Enter alone does nothing, so that it cannot publish by accident.
      if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.isComposing)
        event.preventDefault();
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
    this.#handleChange(false);
  }

  #readLine() {
    const line = oneLine(this.#line.value);
    if (line !== this.#line.value) this.#line.value = line;
    this.draft.line = line;
    this.#suggestions.update();
    this.#handleChange(true);
  }

  /** @param {boolean} isLine */
  #handleChange(isLine) {
    for (const id of ["line", "role", "link"]) this.#showError(id, "");
    this.#line.dir = this.draft.direction;
    this.#line.lang = this.edition.language;
    fitHeight(this.#line);
    showPreview(this.draft, this.#site);
    this.#onChange(isLine);
  }
}

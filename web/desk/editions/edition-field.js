/** The line of one edition: its field, its attribution, the role of a source that is not registered, and its doubts. */

import { ChosenRoles } from "../compose/chosen-roles.js";
import { editionDoubt } from "../compose/edition-doubt.js";
import { split, splitAsTyped } from "../compose/split.js";
import { fitHeight, h, oneLine } from "../shell/dom.js";
import { showFieldError } from "../shell/field-errors.js";
import { showText } from "../shell/i18n.js";
import { replaceText } from "../shell/insert-text.js";
import { fillRoles } from "../shell/options.js";
import { sourceName } from "../shell/sources.js";
import { UndoHistory } from "../shell/undo.js";

/** @import { Edition, Site } from "../shell/types.d.ts" */

export class EditionField {
  element;
  id;
  edition;
  #site;
  #isFirst;
  #line;
  #history;
  #role = h("select", { autocomplete: "off" });
  #roles = new ChosenRoles();
  #roleField;
  #attribution = h("p", { class: "attribution" });
  #doubt = h("p", { class: "doubt", role: "status" });
  #kept = h("p", { class: "kept", hidden: true });
  #error;

  /**
   * @param {string} id of the edition
   * @param {Site} site
   * @param {boolean} isFirst whether the others are translations of it
   */
  constructor(id, site, isFirst) {
    this.id = id;
    this.#site = site;
    this.#isFirst = isFirst;
    /** @type {Edition} */
    this.edition = site.editions[id] ?? { language: id, direction: "auto", name: id };
    const { language, direction, name } = this.edition;
    const names = { line: `editions-${id}`, role: `editions-${id}-role`, error: `editions-${id}-error` };
    this.#error = h("p", { class: "error", id: names.error, role: "alert" });
    this.#line = h("textarea", {
      id: names.line,
      rows: "3",
      autocomplete: "off",
      spellcheck: "true",
      lang: language,
      dir: direction,
      "aria-describedby": names.error,
    });
    this.#history = new UndoHistory(this.#line);
    this.#role.id = names.role;
    fillRoles(this.#role, site.roles);
    const roleLabel = h("label", { for: names.role });
    showText(roleLabel, "act.role");
    this.#roleField = h("div", { class: "field", hidden: true }, roleLabel, this.#role);
    const mark = h("small");
    if (isFirst) showText(mark, "editions.first");
    const label = h("label", { for: names.line }, h("bdi", { lang: language }, name));
    this.element = h(
      "div",
      { class: "edition-field", "data-edition": id },
      h("div", { class: "edition-head" }, label, mark),
      this.#line,
      this.#error,
      this.#attribution,
      this.#roleField,
      this.#doubt,
      this.#kept,
    );
    this.#line.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) event.preventDefault();
    });
    this.show();
  }

  get line() {
    return this.#line.value;
  }

  get role() {
    return this.#role.value;
  }

  /** Whether there is no text: a source alone says nothing. */
  get isEmpty() {
    return splitAsTyped(this.line, this.#site.sources).text === "";
  }

  /** The role to send with the line; undefined for a registered source, which has its own. */
  get neededRole() {
    return split(this.line, this.#site.sources).id === null ? this.role : undefined;
  }

  /** The text of the line without its source. */
  get text() {
    return splitAsTyped(this.line, this.#site.sources).text;
  }

  /** @param {string} line @param {string} role */
  fill(line, role) {
    this.#line.value = line;
    this.#history.reset();
    this.#role.value = role;
    this.#roles.reset(splitAsTyped(line, this.#site.sources).source);
    this.#kept.hidden = true;
    this.show();
  }

  /** Offers a text that was typed here before and is not in the field. @param {string} text */
  offerKept(text) {
    const words = h("span");
    showText(words, "editions.kept", { text });
    const button = h("button", { type: "button", class: "quiet" });
    showText(button, "editions.kept.use");
    button.addEventListener("click", () => {
      this.#kept.hidden = true;
      replaceText(this.#line, 0, this.line.length, text);
    });
    this.#kept.replaceChildren(words, " ", button);
    this.#kept.hidden = false;
  }

  /** Begins an empty field with a registered source, by its name in this language. @param {string | null} sourceId */
  begin(sourceId) {
    const source = sourceId ? this.#site.sources[sourceId] : undefined;
    if (!source || this.line || this.#line.readOnly) return;
    replaceText(this.#line, 0, 0, `${sourceName(source, this.edition.language).value}: `);
  }

  /** The id of the registered source of the line, or null. */
  get sourceId() {
    return splitAsTyped(this.line, this.#site.sources).id;
  }

  focus() {
    this.#line.focus();
    this.#line.setSelectionRange(this.line.length, this.line.length);
  }

  /** @param {boolean} isLocked while an outcome is unknown, nothing that was sent may change */
  lock(isLocked) {
    this.#line.readOnly = isLocked;
    this.#role.disabled = isLocked;
  }

  /** Whether nothing is missing; otherwise shows what is. */
  isComplete() {
    if (this.isEmpty && !this.#isFirst) return true;
    const { source, text } = split(this.line, this.#site.sources);
    if (!text || this.isEmpty) this.showError({ t: "line.empty" });
    else if (source === null) this.showError({ t: "line.nosource" });
    else if (this.neededRole === "") this.showError({ t: "role.missing", p: { source } }, true);
    else return true;
    return false;
  }

  /** @param {import("../shell/i18n.js").Param} message @param {boolean} [isRole] */
  showError(message, isRole = false) {
    showFieldError(isRole ? this.#role : this.#line, this.#error, message);
    if (isRole) this.#role.setAttribute("aria-describedby", this.#error.id);
  }

  /** Shows what the line is made of, after a change. */
  show() {
    const line = oneLine(this.#line.value);
    if (line !== this.#line.value) this.#line.value = line;
    if (this.#line.isConnected) fitHeight(this.#line);
    showFieldError(this.#role, this.#error, "");
    showFieldError(this.#line, this.#error, "");
    const { source, id } = splitAsTyped(line, this.#site.sources);
    this.#role.value = this.#roles.roleFor(source, this.role);
    this.#roleField.hidden = source === null || id !== null;
    this.element.classList.toggle("empty", this.isEmpty && !this.#isFirst);
    showText(this.#doubt, ...this.#doubtText());
    if (this.isEmpty && !this.#isFirst) return showText(this.#attribution, "editions.empty");
    const role = id ? (this.#site.sources[id]?.role ?? "") : this.role;
    const kind = source === null ? "none" : id ? "known" : role ? "unknown" : "ask";
    this.#attribution.dataset.kind = kind;
    showText(this.#attribution, `split.${kind}`, { role: { t: `role.${role}` } });
  }

  /** What is doubtful about the language of the text. @returns {import("../shell/i18n.js").Param} */
  get doubt() {
    const [key, params] = this.#doubtText();
    return key && { t: key, p: params };
  }

  /** @returns {[string, import("../shell/i18n.js").Params]} */
  #doubtText() {
    const doubt = editionDoubt(this.text, this.id, this.#site.editions);
    if (!doubt) return ["", {}];
    const edition = this.edition.name;
    const other = doubt.edition ? this.#site.editions[doubt.edition]?.name : undefined;
    return other ? ["advice.edition", { other, edition }] : ["advice.script", { edition }];
  }
}

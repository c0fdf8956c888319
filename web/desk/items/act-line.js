/**
 * The line of an act's form, "Source: text", as in the composer: sources are offered, and a new one can be added. An
 * item with several sources keeps them, and its field has the text alone.
 */

import { ChosenRoles } from "../compose/chosen-roles.js";
import { LineField } from "../compose/line-field.js";
import { LineSource } from "../compose/line-source.js";
import { splitAsTyped } from "../compose/split.js";
import { fitHeight, h } from "../shell/dom.js";
import { setLabel, showText } from "../shell/i18n.js";
import { labelled, showError } from "./act-field.js";

/** @import { NewSource } from "../compose/new-source.js" */
/** @import { Edition, Item, Site } from "../shell/types.d.ts" */

export class ActLine {
  elements;
  #field = h("textarea", { rows: "2", autocomplete: "off", spellcheck: "true" });
  #role = h("select", { autocomplete: "off" });
  #note = h("p", { class: "hint", role: "status" });
  #lineField;
  #source;
  #site;
  /** The source of the item, if there is one alone; it need not be as a line would be split. @type {{name: string, role: string} | null} */
  #own;
  /** The role that the person has chosen; that of the item's source is not another one's. */
  #chosenRole = "";
  #roles = new ChosenRoles();

  /**
   * @param {Item} item
   * @param {Site} site
   * @param {NewSource} newSource
   * @param {string} form the beginning of the fields' ids
   */
  constructor(item, site, newSource, form) {
    this.#site = site;
    const { headline, infoSources, edition } = item;
    const [first] = infoSources;
    this.#own = infoSources.length === 1 && first ? { name: first.name.value, role: first.role } : null;
    const list = h("ul", { id: `${form}-sources`, class: "options", role: "listbox", hidden: true });
    setLabel(list, "sources");
    const status = h("p", { class: "visually-hidden", role: "status" });
    const { language, direction } = headline;
    /** @type {Edition} */
    const own = { ...(site.editions[edition] ?? { name: edition, direction }), language };
    const field = labelled(form, this.#own ? "line" : "act.text", this.#field);
    const combo = h("div", { class: "combo" });
    this.#field.replaceWith(combo);
    combo.append(this.#field, ...(this.#own ? [status, list] : []));
    field.append(this.#note);
    this.#lineField = new LineField(
      { field: this.#field, list, status },
      {
        sources: this.#own ? site.sources : {},
        language: () => language,
        onLines: (lines) => this.#takeFirst(lines),
      },
    );
    const roleLabel = h("label", { class: "visually-hidden" });
    const roleField = labelled(form, "act.role", this.#role);
    roleField.querySelector("label")?.replaceWith(roleLabel);
    roleLabel.setAttribute("for", this.#role.id);
    const attribution = h("p", { class: "attribution" });
    const name = h("span");
    showText(name, "source.new");
    const key = h("kbd", { "aria-hidden": "true" }, "Alt+N");
    const add = h("button", { type: "button", class: "quiet", "aria-keyshortcuts": "Alt+N" }, name, " ", key);
    const who = h("p", { class: "hint" });
    showText(who, "newsource.who");
    const split = h("div", { class: "split", role: "group" }, attribution, roleField, add, who);
    setLabel(split, "split");
    this.#source = new LineSource(
      { line: this.#field, attribution, roleField, role: this.#role, roleLabel, add, who },
      site,
      newSource,
      () => own,
    );
    this.elements = this.#own ? [field, split] : [field];
    this.#field.dir = direction;
    this.#field.lang = language;
    this.#lineField.fill(this.#own ? `${this.#own.name}: ${headline.value}` : headline.value);
    this.#roles.reset(this.values.source);
    this.#role.addEventListener("input", () => {
      this.#chosenRole = this.#role.value;
    });
    this.show();
  }

  /** What the line says; the role is that of the source, or the one that is chosen for it. */
  get values() {
    const line = this.#field.value.trim();
    const own = this.#own;
    if (!own) return { text: line, source: null, role: "" };
    const { source, text, id } = this.#split(line, own.name);
    const registered = id ? this.#site.sources[id]?.role : undefined;
    const kept = source === own.name ? own.role : "";
    // The role of a source may have changed in the registry since: an act changes only what its person changes.
    const role = registered ? kept || registered : this.#chosenRole || kept;
    return { text, source: source ?? "", role };
  }

  /** What is typed and chosen, to be stored. */
  get typed() {
    return { line: this.#field.value, role: this.#chosenRole };
  }

  /** The field that the focus moves to. */
  get field() {
    return this.#field;
  }

  get role() {
    return this.#role;
  }

  /** Puts stored values into the fields. @param {Record<string, string | string[]>} values */
  fill({ line, role, text, source }) {
    // A page of an earlier release stored source and text in two fields.
    const stored = typeof line === "string" ? line : this.#own ? `${source}: ${text}` : text;
    if (typeof line === "string" || typeof text === "string") this.#lineField.fill(String(stored));
    if (typeof role === "string") this.#chosenRole = role;
    this.#roles.reset(this.values.source);
    this.show();
  }

  /** Shows what is known of the source, after a change. */
  show() {
    showText(this.#note, "");
    this.#chosenRole = this.#roles.roleFor(this.values.source, this.#chosenRole);
    this.#role.value = this.values.role;
    if (this.#own) this.#source.show();
    if (this.#field.isConnected) fitHeight(this.#field);
    for (const field of [this.#field, this.#role]) if (field.isConnected) showError(field, "");
  }

  /** @param {boolean} isLocked */
  lock(isLocked) {
    this.#field.readOnly = isLocked;
    this.#role.disabled = isLocked;
  }

  /** What is missing, with the field that it belongs to. @returns {[HTMLElement, import("../shell/i18n.js").Param][]} */
  missing() {
    const { text, source, role } = this.values;
    if (!text) return [[this.#field, { t: this.#own ? "line.empty" : "act.text.missing" }]];
    if (source === "") return [[this.#field, { t: "line.nosource" }]];
    return source !== null && !role ? [[this.#role, { t: "role.missing", p: { source } }]] : [];
  }

  /** Does what a key of the composer's line does; false for any other key. @param {KeyboardEvent} event */
  handleKey(event) {
    if (!event.altKey || event.ctrlKey || event.metaKey) return false;
    if (event.code === "KeyM") this.#lineField.removeMarks();
    else if (event.code === "KeyS" && this.#own) this.#lineField.offerSources();
    else if (event.code === "KeyN") this.#addSource();
    else return false;
    return true;
  }

  #addSource() {
    const problem = this.#own ? this.#source.add() : "newsource.known";
    showText(this.#note, problem);
  }

  /** An act changes one line. @param {string[]} lines */
  #takeFirst([first = ""]) {
    this.#lineField.insert(first);
    // After the form has handled the change, which removes such messages.
    showText(this.#note, "act.first");
  }

  /** @param {string} line @param {string} own the item's source, which may have a colon itself */
  #split(line, own) {
    if (line.startsWith(`${own}:`)) {
      const id = splitAsTyped(`${own}: …`, this.#site.sources).id;
      return { source: own, text: line.slice(own.length + 1).trim(), id };
    }
    return splitAsTyped(line, this.#site.sources);
  }
}

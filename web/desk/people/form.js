/** The form that invites a person, and changes a person's role, editions and address. */

import { $ } from "../shell/dom.js";
import { placeErrors, showFieldError } from "../shell/field-errors.js";
import { FormDraft } from "../shell/form-draft.js";
import { showText } from "../shell/i18n.js";
import { EditionBoxes } from "./edition-boxes.js";

/** @import { Person } from "./row.js" */
/** @import { FieldError, Site } from "../shell/types.d.ts" */

export class PersonForm {
  /** The person who is changed; null for an invitation. @type {Person | null} */
  edited = null;

  /**
   * @param {Site} site
   * @param {() => string} owner the name of the chief
   * @param {() => void} onSend
   * @param {() => void} onChange called when another person is in the form
   */
  constructor(site, owner, onSend, onChange) {
    this.#owner = owner;
    this.#onChange = onChange;
    this.#draft = new FormDraft($("person-form"));
    this.#editions = new EditionBoxes($("person-editions"), site);
    $("person-form").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      onSend();
    });
    $("person-form").addEventListener("input", () => this.showErrors([]));
    $("person-role").addEventListener("change", () => this.#showRole());
    $("person-cancel").addEventListener("click", () => {
      this.forgetDraft();
      this.show(null);
    });
    this.show(null);
  }

  #onChange;
  #editions;
  #owner;
  #draft;

  /** What the form says was sent. */
  forgetDraft() {
    this.#draft.forget();
  }

  /** @param {Person | null} person */
  show(person) {
    this.edited = person;
    showText(
      $("person-form-title"),
      person ? "person.edit" : "person.new",
      person ? { name: person.name } : {},
    );
    showText($("person-save"), person ? "person.save" : "person.invite");
    $("person-cancel").hidden = !person;
    $("person-name-field").hidden = Boolean(person);
    $("person-name").value = "";
    $("person-email").value = person?.email ?? "";
    $("person-role").value = person?.role ?? "editor";
    this.#editions.value = person?.editions ?? null;
    const isKept = this.#draft.open(this.#owner(), person ? `person.${person.id}` : "new-person");
    showText($("person-outcome"), isKept ? "draft.kept" : "");
    this.#showRole();
    this.showErrors([]);
    this.#onChange();
  }

  /** Whether something is typed that is not sent. */
  get hasText() {
    return !this.edited && $("person-name").value.trim() !== "";
  }

  /** What the form says; null if the name is missing. */
  body() {
    const rights = { role: $("person-role").value, editions: this.#editions.value };
    const email = $("person-email").value.trim() || null;
    if (this.edited) return { ...rights, email };
    const name = $("person-name").value.trim();
    if (name) return { ...rights, name, ...(email ? { email } : {}) };
    this.showErrors([{ field: "name", message: { t: "person.empty" } }]);
    $("person-name").focus();
    return null;
  }

  /** Shows each error at its field, and returns the messages that have none. @param {FieldError[]} errors */
  showErrors(errors) {
    const fields = { name: "person-name", email: "person-email", editions: "person-editions" };
    for (const id of Object.values(fields)) showFieldError($(id), $(`${id}-error`), "");
    return placeErrors(errors, fields, (id, message) => showFieldError($(id), $(`${id}-error`), message));
  }

  #showRole() {
    showText($("person-role-hint"), `person.does.${$("person-role").value}`);
  }
}

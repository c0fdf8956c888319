/**
 * Keeps what is typed and chosen in a whole form, as `FieldDraft` does for one: through a reload, a crash and a sign-in.
 * Passwords and codes are never kept, and neither is what only the page writes.
 */

import { FieldDraft } from "./field-draft.js";

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field */

export class FormDraft {
  #form;
  /** @type {FieldDraft | null} */
  #draft = null;

  /** @param {HTMLElement} form */
  constructor(form) {
    this.#form = form;
    for (const type of ["input", "change"]) form.addEventListener(type, () => this.#save());
  }

  /**
   * From now on the form is the one with this name, of this person. Puts back what was typed into it, over what it
   * shows now; returns whether there was something.
   * @param {string} owner
   * @param {string} name
   */
  open(owner, name) {
    this.#draft = new FieldDraft(owner, name);
    const kept = this.#draft.load();
    for (const [key, field] of kept ? this.#fields() : []) {
      const value = kept?.[key];
      if (typeof value !== "string") continue;
      if (isBox(field)) field.checked = value === "on";
      else field.value = value;
    }
    return kept !== null;
  }

  /** What was typed has been sent. */
  forget() {
    this.#draft?.forget();
  }

  #save() {
    this.#draft?.save(
      Object.fromEntries(
        this.#fields().map(([key, field]) => [
          key,
          isBox(field) ? (field.checked ? "on" : "off") : field.value,
        ]),
      ),
    );
  }

  /** @returns {[string, Field][]} */
  #fields() {
    const all = /** @type {Field[]} */ ([...this.#form.querySelectorAll("input, select, textarea")]);
    const isKept = (/** @type {Field} */ field) =>
      field.type !== "password" && !("readOnly" in field && field.readOnly);
    // A box of an edition has no id, but a value.
    return all.filter(isKept).map((field) => [field.id || `box.${field.value}`, field]);
  }
}

/** @param {Field} field @returns {field is HTMLInputElement} */
const isBox = (field) => field.type === "checkbox" || field.type === "radio";

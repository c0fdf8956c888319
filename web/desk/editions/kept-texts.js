/** The texts of several editions, stored for a person as they are typed. */

import { FieldDraft } from "../shell/field-draft.js";
import { EditionField } from "./edition-field.js";

/** @import { Draft, Site } from "../shell/types.d.ts" */

export class KeptTexts {
  #draft;

  /** @param {string} owner the name of the person signed in */
  constructor(owner) {
    this.#draft = new FieldDraft(owner, "editions");
  }

  /**
   * One field for each edition with the text that was stored; the composer's line comes first.
   * @param {string[]} editions
   * @param {Site} site
   * @param {Draft} composer
   */
  fields(editions, site, { edition, line, role }) {
    const kept = this.#draft.load() ?? {};
    const ids = [edition, ...editions.filter((id) => id !== edition)];
    const fields = ids.map((id, index) => new EditionField(id, site, index === 0));
    for (const [index, field] of fields.entries()) {
      const text = String(kept[`${field.id}.line`] ?? "");
      const keptRole = String(kept[`${field.id}.role`] ?? "");
      const isComposers = index === 0 && line.trim() !== "";
      field.fill(isComposers ? line : text, isComposers ? role : keptRole);
      if (isComposers && text && text !== line) field.offerKept(text);
    }
    return fields;
  }

  /** @param {EditionField[]} fields */
  store(fields) {
    const texts = fields.flatMap(({ id, line, role }) => [
      [`${id}.line`, line],
      [`${id}.role`, role],
    ]);
    if (fields.some(({ line }) => line)) this.#draft.save(Object.fromEntries(texts));
    else this.#draft.forget();
  }

  forget() {
    this.#draft.forget();
  }
}

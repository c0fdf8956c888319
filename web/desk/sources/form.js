/** The form of one source: its names in the languages of the site, its role, and further names that find it. */

import { askConfirmation } from "../shell/confirm.js";
import { $, h } from "../shell/dom.js";
import { DryRun } from "../shell/dry-run.js";
import { isDeskError, LostError, RefusedError } from "../shell/errors.js";
import { showFieldError } from "../shell/field-errors.js";
import { FormDraft } from "../shell/form-draft.js";
import { showText } from "../shell/i18n.js";
import { fillRoles } from "../shell/options.js";
import { showWarnings } from "../shell/warnings.js";
import { namesOf } from "./row.js";

/** @import { RegisteredSource, Site, User, Warning } from "../shell/types.d.ts" */

export class SourceForm {
  #frame;
  #onSaved;
  #check = new DryRun();
  /** The source that is changed; null for a new one. @type {RegisteredSource | null} */
  #edited = null;
  #draft = new FormDraft($("source-form"));
  #owner = "";
  isPending = false;

  /**
   * @param {import("../shell/frame.js").Frame} frame
   * @param {Site} site
   * @param {() => void} onSaved
   */
  constructor(frame, site, onSaved) {
    this.#frame = frame;
    this.#onSaved = onSaved;
    const editions = Object.values(site.editions);
    for (const { language, direction, name } of editions)
      $("source-names").append(nameField(language, direction, name));
    fillRoles($("source-role"), site.roles);
    $("source-form").addEventListener("input", () => this.#handleInput());
    $("source-form").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#save();
    });
    $("source-cancel").addEventListener("click", () => {
      this.#draft.forget();
      this.#show(null);
    });
  }

  /** The id of the source that is changed. */
  get editedId() {
    return this.#edited?.id;
  }

  /** Whether something is typed that is not saved. */
  get hasText() {
    return !this.#edited && this.#fields().some((field) => field.value.trim() !== "");
  }

  /** @param {User} user */
  setUser({ name }) {
    if (this.isPending) return;
    const isOther = this.#owner !== name;
    this.#owner = name;
    if (isOther || !this.#edited) this.#show(null);
  }

  /** @param {RegisteredSource} source */
  edit(source) {
    this.#show(source);
    this.#fields()[0]?.focus();
  }

  /** @param {RegisteredSource | null} source */
  #show(source) {
    this.#check.stop();
    this.#edited = source;
    showText(
      $("source-form-title"),
      source ? "source.edit" : "source.new",
      source ? { name: namesOf(source) } : {},
    );
    showText($("source-save"), source ? "source.save" : "source.add");
    $("source-cancel").hidden = !source;
    for (const field of this.#fields()) {
      if (!source) field.value = "";
      else if (field.dataset.language) field.value = source.names[field.dataset.language] ?? "";
    }
    if (source) {
      $("source-role").value = source.role;
      $("source-aliases").value = source.aliases.join(", ");
    }
    const isKept = this.#draft.open(this.#owner, source ? `source.${source.id}` : "source.new");
    if (source) showText($("source-outcome"), isKept ? "draft.kept" : "");
    this.#showProblems([], []);
    this.#onSaved();
  }

  /** @returns {(HTMLInputElement | HTMLSelectElement)[]} */
  #fields() {
    return [...$("source-form").querySelectorAll("input, select")];
  }

  #body() {
    /** @type {Record<string, string>} */
    const names = {};
    for (const [language, name] of Object.entries(this.#edited?.names ?? {})) names[language] = name;
    for (const field of this.#fields()) {
      const { language } = field.dataset;
      if (!language) continue;
      if (field.value.trim()) names[language] = field.value;
      else delete names[language];
    }
    const aliases = $("source-aliases")
      .value.split(/[,،]/u)
      .filter((/** @type {string} */ alias) => alias.trim());
    return { names, role: $("source-role").value, aliases };
  }

  #handleInput() {
    showText($("source-outcome"), "");
    const body = this.#body();
    this.#showProblems([], []);
    if (!body.role || !Object.keys(body.names).length) return this.#check.stop();
    this.#check.plan(async (signal) => {
      try {
        const { warnings } = await this.#send({ ...body, dryRun: true }, signal);
        if (!signal.aborted) this.#showProblems([], warnings);
      } catch (error) {
        if (signal.aborted || this.#check.repeatsAfter(error)) return;
        if (error instanceof RefusedError) this.#showProblems(error.errors, []);
        else if (!isDeskError(error)) throw error;
      }
    });
  }

  /**
   * @param {object} body
   * @param {AbortSignal} [signal]
   * @returns {Promise<{source: RegisteredSource, warnings: Warning[]}>}
   */
  #send(body, signal) {
    const source = this.#edited;
    if (!source) return this.#frame.api.request("POST", "/v1/sources", { body, signal });
    const headers = { "If-Match": `"${source.version}"` };
    return this.#frame.api.request("PATCH", `/v1/sources/${encodeURIComponent(source.id)}`, {
      body,
      headers,
      signal,
    });
  }

  async #save() {
    if (this.isPending) return;
    this.#check.stop();
    const body = this.#body();
    if (!Object.keys(body.names).length) {
      this.#showProblems([{ field: "names", message: { t: "source.name.missing" } }], []);
      return this.#fields()[0]?.focus();
    }
    if (!body.role) {
      this.#showProblems([{ field: "role", message: { t: "role.choose" } }], []);
      return $("source-role").focus();
    }
    this.isPending = true;
    showText($("source-outcome"), "source.saving");
    try {
      const { warnings } = await this.#send({ ...body, dryRun: true });
      this.#showProblems([], warnings);
      if (warnings[0] && !(await askLookalike(warnings[0].message))) return showText($("source-outcome"), "");
      const { source } = await this.#send(body);
      this.#draft.forget();
      this.#show(null);
      showText($("source-outcome"), "source.saved", { name: namesOf(source) });
      this.#fields()[0]?.focus();
    } catch (error) {
      this.#showError(error);
    } finally {
      this.isPending = false;
    }
  }

  /** @param {unknown} error */
  #showError(error) {
    if (error instanceof LostError) return showText($("source-outcome"), "source.lost");
    if (!(error instanceof RefusedError)) throw error;
    if (error.status === 401) this.#frame.handleUnauthorized();
    this.#showProblems(error.errors, []);
    if (error.errors.length) showText($("source-outcome"), "source.refused");
    else showText($("source-outcome"), "source.stale", { detail: error.detail });
    this.#onSaved();
  }

  /**
   * @param {import("../shell/types.d.ts").FieldError[]} errors
   * @param {Warning[]} warnings
   */
  #showProblems(errors, warnings) {
    for (const field of this.#fields()) {
      const { language = "" } = field.dataset;
      const own = errors.find(
        (error) =>
          error.field === `names.${language}` ||
          (field === this.#fields()[0] && ["names", "id"].includes(error.field)) ||
          (error.field === "role" && field.id === "source-role") ||
          (error.field.startsWith("aliases") && field.id === "source-aliases"),
      );
      showFieldError(field, $(`${field.id}-error`), own?.message ?? "");
    }
    showWarnings($("source-warnings"), warnings);
  }
}

/** @param {import("../shell/i18n.js").Param} warning */
function askLookalike(warning) {
  const question = { title: "lookalike.title", words: "lookalike.words", yes: "lookalike.yes" };
  return askConfirmation({ ...question, params: { warning } });
}

/**
 * @param {string} language
 * @param {string} direction
 * @param {string} name the name of the edition in its own language
 */
function nameField(language, direction, name) {
  const id = `source-name-${language}`;
  const label = h("label", { for: id });
  showText(label, "source.name", { language: { names: { en: name } } });
  const input = h("input", {
    id,
    "data-language": language,
    lang: language,
    dir: direction,
    autocomplete: "off",
    "aria-describedby": `${id}-error`,
  });
  return h(
    "div",
    { class: "field" },
    label,
    input,
    h("p", { id: `${id}-error`, class: "error", role: "alert" }),
  );
}

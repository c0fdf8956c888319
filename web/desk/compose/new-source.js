/**
 * The small form that adds a source to the registry from the line that names it: its key opens it, Enter stores it.
 *
 * A name that looks like another one is shown before it is stored, whatever was pressed: only an Enter after that
 * stores it.
 */

import { $, h } from "../shell/dom.js";
import { DryRun } from "../shell/dry-run.js";
import { errorText } from "../shell/error-text.js";
import { isDeskError, LostError, RefusedError } from "../shell/errors.js";
import { showFieldError } from "../shell/field-errors.js";
import { FormDraft } from "../shell/form-draft.js";
import { inSentences, showText } from "../shell/i18n.js";
import { mayUse } from "../shell/navigation.js";
import { addSource } from "../shell/source-updates.js";
import { showWarnings } from "../shell/warnings.js";
import { likelyRole } from "./likely-role.js";

/** @import { Edition, RegisteredSource, Session, Site, User, Warning } from "../shell/types.d.ts" */

/** @typedef {{name: string, edition: Edition, role: string}} Wanted the name as it is typed, and the role that is chosen already */

export class NewSource {
  #site;
  #api;
  #session;
  /** @type {HTMLDialogElement} */
  #dialog = $("new-source-dialog");
  /** @type {HTMLInputElement} */
  #name = $("new-source-name");
  #check = new DryRun();
  #isPending = false;
  /** The body whose warnings the person has seen. */
  #seen = "";
  #language = "";
  /** @type {(source: RegisteredSource | null) => void} */
  #finish = () => {};
  #draft = new FormDraft($("new-source-form"));
  #owner = "";
  /** Whether the person signed in may add sources. */
  isAllowed = false;

  /**
   * @param {Site} site
   * @param {import("../shell/api.js").DeskApi} api
   * @param {Session} session
   */
  constructor(site, api, session) {
    this.#site = site;
    this.#api = api;
    this.#session = session;
    $("new-source-roles")
      .querySelector(".options-row")
      .replaceChildren(...site.roles.map(roleChoice));
    const form = $("new-source-form");
    form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#save();
    });
    form.addEventListener("input", () => this.#handleInput());
    form.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      // A key held down, or the end of a composed word, is no decision.
      if (event.key === "Enter" && (event.repeat || event.isComposing)) event.preventDefault();
    });
    $("new-source-cancel").addEventListener("click", () => {
      this.#draft.forget();
      this.#dialog.close();
    });
    this.#dialog.addEventListener("close", () => {
      this.#check.stop();
      this.#finish(null);
    });
  }

  /** @param {User} user */
  setUser({ name, role }) {
    this.#owner = name;
    this.isAllowed = mayUse(role, "editor");
  }

  /**
   * Opens the form; the source that was added, or null.
   * @param {Wanted} wanted
   * @returns {Promise<RegisteredSource | null>}
   */
  ask({ name, edition, role }) {
    const { language, direction } = edition;
    this.#language = language;
    this.#seen = "";
    this.#name.value = name;
    this.#name.lang = language;
    this.#name.dir = direction;
    showText($("new-source-label"), "source.name", { language: { names: { en: edition.name } } });
    const chosen = role || likelyRole(name, this.#site.roles);
    for (const input of this.#roles) input.checked = input.value === chosen;
    this.#showProblems([], []);
    // What was typed belongs to the name in the line: another line begins with its own.
    const isKept = this.#draft.open(this.#owner, `new-source.${language}.${name}`);
    showText($("new-source-outcome"), isKept ? "draft.kept" : "");
    this.#dialog.showModal();
    // The arrow keys change the role, and Enter stores.
    (this.#roles.find(({ checked }) => checked) ?? this.#name).focus();
    this.#planCheck();
    return new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** @returns {HTMLInputElement[]} */
  get #roles() {
    return [...$("new-source-roles").querySelectorAll("input")];
  }

  #body() {
    const name = this.#name.value.trim();
    return {
      role: this.#roles.find(({ checked }) => checked)?.value ?? "",
      names: { [this.#language]: name },
    };
  }

  #handleInput() {
    this.#showProblems([], []);
    showText($("new-source-outcome"), "");
    this.#planCheck();
  }

  #planCheck() {
    const body = this.#body();
    if (!body.names[this.#language]) return this.#check.stop();
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

  async #save() {
    const body = this.#body();
    if (this.#isPending) return;
    if (!body.names[this.#language])
      return this.#showProblems([{ field: "names", message: { t: "source.name.missing" } }], []);
    this.#check.stop();
    this.#isPending = true;
    showText($("new-source-outcome"), "source.saving");
    try {
      const { warnings } = await this.#send({ ...body, dryRun: true });
      const asked = JSON.stringify(body.names);
      if (warnings.length && this.#seen !== asked) {
        this.#seen = asked;
        this.#showProblems([], warnings);
        return showText($("new-source-outcome"), "newsource.again");
      }
      const { source } = await this.#send(body);
      addSource(this.#site.sources, source);
      this.#draft.forget();
      const finish = this.#finish;
      this.#finish = () => {};
      this.#dialog.close();
      finish(source);
    } catch (error) {
      this.#showError(error);
    } finally {
      this.#isPending = false;
    }
  }

  /**
   * @param {object} body
   * @param {AbortSignal} [signal]
   * @returns {Promise<{source: RegisteredSource, warnings: Warning[]}>}
   */
  #send(body, signal) {
    return this.#api.request("POST", "/v1/sources", { body, ...(signal ? { signal } : {}) });
  }

  /** @param {unknown} error */
  #showError(error) {
    if (error instanceof LostError) return showText($("new-source-outcome"), "source.lost");
    if (!(error instanceof RefusedError)) throw error;
    if (error.status === 401) {
      this.#dialog.close();
      return this.#session.onExpired();
    }
    this.#showProblems(error.errors, []);
    if (error.errors.length) showText($("new-source-outcome"), "source.refused");
    else showText($("new-source-outcome"), "newsource.refused", { detail: errorText(error) });
  }

  /**
   * @param {import("../shell/types.d.ts").FieldError[]} errors
   * @param {Warning[]} warnings
   */
  #showProblems(errors, warnings) {
    const messages = errors.map(({ message }) => message);
    showFieldError(this.#name, $("new-source-error"), inSentences(messages));
    showWarnings($("new-source-warnings"), warnings);
  }
}

/** @param {string} role */
function roleChoice(role) {
  const name = h("span");
  showText(name, `role.${role}`);
  return h("label", {}, h("input", { type: "radio", name: "new-source-role", value: role }), name);
}

/** The tokens of programs: a chief makes one, which is shown once, and revokes those that are not needed. */

import { askConfirmation } from "../shell/confirm.js";
import { $ } from "../shell/dom.js";
import { errorText } from "../shell/error-text.js";
import { isDeskError, LostError, RefusedError } from "../shell/errors.js";
import { placeErrors, showFieldError } from "../shell/field-errors.js";
import { FormDraft } from "../shell/form-draft.js";
import { showText } from "../shell/i18n.js";
import { EditionBoxes } from "./edition-boxes.js";
import { tokenRow } from "./token-row.js";

/** @import { Token } from "./token-row.js" */
/** @import { FieldError, Site } from "../shell/types.d.ts" */

const FIELDS = { name: "token-name", editions: "token-editions" };

export class TokenList {
  #frame;
  #editions;
  #site;
  /** @type {Token[]} */
  #tokens = [];
  #isSending = false;
  #draft = new FormDraft($("token-form"));

  /**
   * @param {Site} site
   * @param {import("../shell/frame.js").Frame} frame
   */
  constructor(site, frame) {
    this.#frame = frame;
    this.#site = site;
    this.#editions = new EditionBoxes($("token-editions"), site);
    $("token-form").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#make();
    });
    $("token-form").addEventListener("input", () => this.#showErrors([]));
    $("token-secret-copy").addEventListener("click", () => this.#copy());
    $("token-secret-close").addEventListener("click", () => {
      this.hideSecret();
      $("token-name").focus();
    });
  }

  /** Whether a name is typed that is not sent. */
  get hasText() {
    return $("token-name").value.trim() !== "";
  }

  /** Puts back what the person has typed before. @param {string} owner */
  restore(owner) {
    $("token-form").reset();
    this.#draft.open(owner, "new-token");
  }

  async load() {
    this.#tokens = (await this.#frame.api.request("GET", "/v1/tokens")).tokens;
    this.render();
  }

  render() {
    const focused = document.activeElement?.id;
    // Those that no longer work are in the audit.
    const inForce = this.#tokens.filter(({ revoked }) => !revoked);
    $("token-rows").replaceChildren(
      ...inForce.map((token) => tokenRow(token, this.#site, () => this.#revoke(token))),
    );
    $("token-none").hidden = inForce.length > 0;
    if (focused) document.getElementById(focused)?.focus();
  }

  /** Removes the secret, which only the person who made it may see. */
  hideSecret() {
    $("token-secret").hidden = true;
    $("token-secret-value").value = "";
  }

  async #make() {
    const name = $("token-name").value.trim();
    if (!name) {
      this.#showErrors([{ field: "name", message: { t: "person.empty" } }]);
      return $("token-name").focus();
    }
    const body = {
      name,
      role: $("token-role").value,
      editions: this.#editions.value,
      unlimited: $("token-unlimited").checked,
    };
    await this.#run(name, async () => {
      const made = await this.#frame.api.request("POST", "/v1/tokens", { body });
      $("token-form").reset();
      this.#draft.forget();
      $("token-secret").hidden = false;
      $("token-secret-value").value = made.token;
      showText($("token-secret-why"), "tokens.why", { name: made.name });
      showText($("token-secret-status"), "");
      $("token-secret-value").select();
    });
  }

  /** @param {Token} token */
  async #revoke({ name }) {
    const question = { title: "revoke.title", words: "revoke.words", yes: "revoke.yes", params: { name } };
    if (!(await askConfirmation(question))) return;
    await this.#run(name, () =>
      this.#frame.api.request("DELETE", `/v1/tokens/${encodeURIComponent(name)}`, { body: {} }),
    );
  }

  /** Makes one change, says how it ended, and shows what the desk has now. @param {string} name @param {() => Promise<unknown>} change */
  async #run(name, change) {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      await change();
      showText($("token-outcome"), "person.saved", { name });
    } catch (error) {
      this.#showFailure(error);
    } finally {
      this.#isSending = false;
    }
    try {
      await this.load();
    } catch (error) {
      if (!isDeskError(error)) throw error;
    }
  }

  /** @param {unknown} error */
  #showFailure(error) {
    if (error instanceof LostError) return showText($("token-outcome"), "tokens.lost");
    if (!(error instanceof RefusedError)) throw error;
    if (error.status === 401) return this.#frame.handleUnauthorized();
    const [detail = error.errors.length ? "" : errorText(error)] = this.#showErrors(error.errors);
    showText($("token-outcome"), detail ? "person.refused" : "person.fields", { detail });
  }

  /** Shows each error at its field, and returns the messages that have none. @param {FieldError[]} errors */
  #showErrors(errors) {
    for (const id of Object.values(FIELDS)) showFieldError($(id), $(`${id}-error`), "");
    return placeErrors(errors, FIELDS, (id, message) => showFieldError($(id), $(`${id}-error`), message));
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText($("token-secret-value").value);
      showText($("token-secret-status"), "token.copied");
    } catch {
      $("token-secret-value").select();
      showText($("token-secret-status"), "codes.select");
    }
  }
}

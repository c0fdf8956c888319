/** Signing in with a token, and the first run, where a welcome code in the address makes the first token. */

import { $ } from "./dom.js";
import { errorText } from "./error-text.js";
import { isDeskError, RefusedError } from "./errors.js";
import { showFieldError } from "./field-errors.js";
import { showText, t } from "./i18n.js";

/** @import { User } from "./types.d.ts" */

export class SignIn {
  #api;
  #onUser;
  /** The welcome code; empty on any run but the first. */
  #code = "";
  /** Signed in by the welcome code; the page waits until the token is saved. @type {User | null} */
  #newUser = null;
  #isSending = false;

  /**
   * @param {import("./api.js").DeskApi} api
   * @param {(user: User) => Promise<void>} onUser opens the desk
   */
  constructor(api, onUser) {
    this.#api = api;
    this.#onUser = onUser;
    $("signin-form").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#send();
    });
    $("signin-value").addEventListener("input", () => this.#showError(""));
    $("token-copy").addEventListener("click", () => this.#copyToken());
    $("token-go").addEventListener("click", () => {
      if (!this.#newUser) return;
      $("token-value").value = "";
      this.#onUser(this.#newUser);
    });
  }

  /** The code in the address's fragment, which no server and no log sees; it is removed from the address. */
  static takeCode() {
    const code = new URLSearchParams(location.hash.slice(1)).get("welcome") ?? "";
    if (code) history.replaceState(null, "", location.pathname);
    return code;
  }

  /**
   * @param {{code?: string, expired?: boolean, unsent?: string}} [reason] `unsent` is the key of a sentence about what
   *   was not published
   */
  show({ code = "", expired = false, unsent = "" } = {}) {
    this.#code = code;
    const kind = code ? "welcome" : "sign";
    $("signin").hidden = false;
    $("signin-form").hidden = false;
    $("welcome-token").hidden = true;
    showText($("signin-title"), `${kind}.title`);
    showText($("signin-reason"), expired ? "sign.expired" : `${kind}.why`);
    showText($("signin-label"), `${kind}.label`);
    showText($("signin-send"), `${kind}.send`);
    $("signin-unsent").hidden = !unsent;
    showText($("signin-unsent"), unsent);
    const field = $("signin-value");
    field.value = "";
    // A token is a secret, so its characters are hidden.
    field.type = code ? "text" : "password";
    field.autocomplete = code ? "name" : "current-password";
    this.#showError("");
    field.focus();
  }

  hide() {
    $("signin").hidden = true;
  }

  async #send() {
    if (this.#isSending) return;
    const field = $("signin-value");
    const value = field.value.trim();
    if (!value) {
      this.#showError(t(this.#code ? "welcome.empty" : "sign.empty"));
      return field.focus();
    }
    this.#isSending = true;
    try {
      if (this.#code) this.#showToken(await this.#api.welcome(this.#code, value));
      else await this.#onUser(await this.#api.signIn(value));
    } catch (error) {
      if (!isDeskError(error)) throw error;
      const [fieldError] = error instanceof RefusedError ? error.errors : [];
      this.#showError(fieldError?.message || errorText(error));
      field.select();
      field.focus();
    } finally {
      this.#isSending = false;
    }
  }

  /** @param {string} message */
  #showError(message) {
    showFieldError($("signin-value"), $("signin-error"), message);
  }

  /** @param {User & {token: string}} answer */
  #showToken({ token, ...user }) {
    this.#newUser = user;
    this.#code = "";
    $("signin-form").hidden = true;
    $("welcome-token").hidden = false;
    $("token-value").value = token;
    $("token-title").focus();
  }

  async #copyToken() {
    try {
      await navigator.clipboard.writeText($("token-value").value);
      showText($("token-status"), "token.copied");
    } catch {
      $("token-value").select();
      showText($("token-status"), "token.select");
    }
  }
}

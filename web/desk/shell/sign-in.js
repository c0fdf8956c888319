/** Signing in with a token, and the first run, where a welcome code in the address makes the first token. */

import { LostError, RefusedError } from "./api.js";
import { $, fault } from "./dom.js";
import { say, t } from "./i18n.js";

/** @typedef {{name: string, role: string}} User */

export class SignIn {
  #desk;
  #onUser;
  /** The welcome code; empty on any run but the first. */
  #code = "";
  /** @type {User | null} signed in, and still to say that the token is kept */
  #welcomed = null;
  #busy = false;

  /**
   * @param {import("./api.js").Desk} desk
   * @param {(user: User) => Promise<void>} onUser opens the desk
   */
  constructor(desk, onUser) {
    this.#desk = desk;
    this.#onUser = onUser;
    $("signin-form").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#send();
    });
    $("signin-value").addEventListener("input", () => fault($("signin-value"), $("signin-error"), ""));
    $("token-copy").addEventListener("click", () => this.#copy());
    $("token-go").addEventListener("click", () => {
      if (!this.#welcomed) return;
      $("token-value").value = "";
      this.#onUser(this.#welcomed);
    });
  }

  /** The code of the address's fragment, which no server and no log ever sees; it is taken out of the address. */
  static takeCode() {
    const code = new URLSearchParams(location.hash.slice(1)).get("welcome") ?? "";
    if (code) history.replaceState(null, "", location.pathname);
    return code;
  }

  /**
   * @param {{code?: string, expired?: boolean, kept?: string}} [why] `kept` is a sentence about what was not published
   */
  show({ code = "", expired = false, kept = "" } = {}) {
    this.#code = code;
    const kind = code ? "welcome" : "sign";
    $("signin").hidden = false;
    $("signin-form").hidden = false;
    $("welcome-token").hidden = true;
    say($("signin-title"), `${kind}.title`);
    say($("signin-why"), expired ? "sign.expired" : `${kind}.why`);
    say($("signin-label"), `${kind}.label`);
    say($("signin-send"), `${kind}.send`);
    $("signin-kept").hidden = !kept;
    say($("signin-kept"), kept);
    const value = $("signin-value");
    value.value = "";
    // A token is a secret: dots instead of letters where somebody looks over a shoulder.
    value.type = code ? "text" : "password";
    value.autocomplete = code ? "name" : "current-password";
    fault(value, $("signin-error"), "");
    value.focus();
  }

  hide() {
    $("signin").hidden = true;
  }

  async #send() {
    if (this.#busy) return;
    const field = $("signin-value");
    const value = field.value.trim();
    if (!value) {
      fault(field, $("signin-error"), t(this.#code ? "welcome.empty" : "sign.empty"));
      return field.focus();
    }
    this.#busy = true;
    try {
      if (this.#code) this.#keep(await this.#desk.welcome(this.#code, value));
      else await this.#onUser(await this.#desk.signIn(value));
    } catch (error) {
      if (!(error instanceof RefusedError || error instanceof LostError)) throw error;
      fault(field, $("signin-error"), sentence(error));
      field.select();
      field.focus();
    } finally {
      this.#busy = false;
    }
  }

  /** @param {User & {token: string}} answer */
  #keep({ token, ...user }) {
    this.#welcomed = user;
    this.#code = "";
    $("signin-form").hidden = true;
    $("welcome-token").hidden = false;
    $("token-value").value = token;
    $("token-title").focus();
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText($("token-value").value);
      say($("token-said"), "token.copied");
    } catch {
      $("token-value").select();
      say($("token-said"), "token.select");
    }
  }
}

/** @param {RefusedError | LostError} error */
function sentence(error) {
  if (error instanceof LostError) return t("error.lost");
  return error.errors[0]?.message || error.detail || t("error.unknown", { status: error.status });
}

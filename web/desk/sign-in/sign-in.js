/** Signing in: with a passkey first, with a password and a code, with a token, or at the newsroom's own provider. */

import { $ } from "../shell/dom.js";
import { errorText } from "../shell/error-text.js";
import { isDeskError } from "../shell/errors.js";
import { showFieldError } from "../shell/field-errors.js";
import { showText } from "../shell/i18n.js";
import { readStored, writeStored } from "../shell/storage.js";
import { InvitationForm, invitationCode } from "./invitation.js";
import { CancelledError, hasPasskeys, usePasskey } from "./passkeys.js";
import { signInRequests } from "./requests.js";

/** @import { User } from "../shell/types.d.ts" */
/** @typedef {"passkey" | "password" | "token"} Way */

const STORED = "flashwire.way";
/** The element of each way, and the field that gets the focus. @type {Record<Way, {form: string, focus: string}>} */
const WAYS = {
  passkey: { form: "way-passkey", focus: "passkey-go" },
  password: { form: "way-password", focus: "password-name" },
  token: { form: "signin-form", focus: "signin-value" },
};

export class SignIn {
  #api;
  #requests;
  #onUser;
  #invitation;
  /** @type {Way[]} */
  #offered = ["token"];
  #isSending = false;
  /** @type {() => string} */
  #unsent = () => "";

  /**
   * @param {import("../shell/api.js").DeskApi} api
   * @param {(user: User) => Promise<void>} onUser opens the page
   */
  constructor(api, onUser) {
    this.#api = api;
    this.#onUser = onUser;
    this.#requests = signInRequests(api);
    this.#invitation = new InvitationForm(this.#requests, onUser);
    $("passkey-go").addEventListener("click", () => this.#send("passkey"));
    for (const [id, way] of /** @type {[string, Way][]} */ ([
      ["way-password", "password"],
      ["signin-form", "token"],
    ])) {
      $(id).addEventListener("submit", (/** @type {Event} */ event) => {
        event.preventDefault();
        this.#send(way);
      });
      $(id).addEventListener("input", () => this.#showError(""));
    }
    for (const button of this.#buttons())
      button.addEventListener("click", () => this.#choose(/** @type {Way} */ (button.dataset.way)));
  }

  /** The code of an invitation or of the first run in the address. */
  static code() {
    return invitationCode();
  }

  /**
   * @param {{code?: string, expired?: boolean, unsent?: () => string}} [reason] `unsent` returns the key of a sentence
   *   about what was not published, as far as that is known
   */
  async show({ code = "", expired = false, unsent = () => "" } = {}) {
    $("signin").hidden = false;
    for (const id of ["signin-ways", "invitation", "codes"]) $(id).hidden = true;
    const ways = await this.#load();
    // The person may have signed in in another tab while this one waited for the desk.
    if ($("signin").hidden) return;
    if (code) return this.#invitation.show(code, ways.passkey);
    $("signin-ways").hidden = false;
    showText($("signin-reason"), expired ? "sign.expired" : returnReason());
    this.#unsent = unsent;
    this.showUnsent();
    const stored = readStored("localStorage", STORED);
    this.#choose(this.#offered.find((way) => way === stored) ?? this.#offered[0] ?? "token");
  }

  /** Says what is known of what was sent; again whenever more is known. */
  showUnsent() {
    const sentence = this.#unsent();
    $("signin-unsent").hidden = !sentence;
    showText($("signin-unsent"), sentence);
  }

  hide() {
    $("signin").hidden = true;
    for (const id of ["signin-value", "password-value", "password-code"]) $(id).value = "";
  }

  /** What the desk offers; passkeys and the token where it cannot be asked. */
  async #load() {
    let ways = { passkey: false, oidc: /** @type {{name: string} | null} */ (null) };
    try {
      ways = await this.#requests.ways();
    } catch (error) {
      if (!isDeskError(error)) throw error;
    }
    const canUsePasskeys = ways.passkey && hasPasskeys();
    this.#offered = canUsePasskeys ? ["passkey", "password", "token"] : ["token", "password"];
    $("signin-nopasskey").hidden = canUsePasskeys;
    $("signin-oidc").hidden = !ways.oidc;
    $("signin-oidc").href = "v1/session/oidc";
    if (ways.oidc) showText($("signin-oidc"), "sign.by.oidc", { name: ways.oidc.name });
    return ways;
  }

  /** @returns {HTMLButtonElement[]} */
  #buttons() {
    return [...document.querySelectorAll(".other-ways button")].map((button) => /** @type {any} */ (button));
  }

  /** @param {Way} way */
  #choose(way) {
    for (const [name, { form }] of Object.entries(WAYS)) $(form).hidden = name !== way;
    for (const button of this.#buttons()) {
      const name = /** @type {Way} */ (button.dataset.way);
      button.hidden = name === way || !this.#offered.includes(name);
    }
    this.#showError("");
    const field = $(WAYS[way].focus);
    field.focus();
    // A question that is still open keeps the focus, and gives it back to the page behind when it closes.
    document.querySelector("dialog[open]")?.addEventListener("close", () => field.focus(), { once: true });
  }

  /** @param {Way} way */
  async #send(way) {
    if (this.#isSending) return;
    this.#isSending = true;
    this.#showError("");
    try {
      const user = await this.#answer(way);
      if (!user) return;
      writeStored("localStorage", STORED, way);
      await this.#onUser(user);
    } catch (error) {
      if (error instanceof CancelledError) return this.#showError({ t: "passkey.cancelled" });
      if (!isDeskError(error)) throw error;
      // Signing in twice does no harm, so a lost answer needs no more than another try.
      this.#showError(errorText(error), way);
    } finally {
      this.#isSending = false;
    }
  }

  /** @param {Way} way @returns {Promise<User | null>} null if something is missing */
  async #answer(way) {
    if (way === "passkey") {
      const { publicKey } = await this.#requests.passkeyOptions();
      return this.#requests.withPasskey(await usePasskey(publicKey));
    }
    if (way === "token") {
      const token = $("signin-value").value.trim();
      if (token) return this.#api.signIn(token);
      this.#showError({ t: "sign.empty" }, way);
      return null;
    }
    const [name, password, code] = ["name", "value", "code"].map((part) => $(`password-${part}`).value);
    if (name.trim() && code.trim()) return this.#requests.withPassword({ name, password, code: code.trim() });
    this.#showError({ t: "password.empty" }, way);
    return null;
  }

  /** @param {import("../shell/i18n.js").Param} message @param {Way} [way] whose field is marked */
  #showError(message, way) {
    for (const id of ["signin-value", "password-name"]) $(id).removeAttribute("aria-invalid");
    const field = way === "password" ? $("password-name") : $("signin-value");
    showFieldError(field, $("signin-error"), message);
    if (message && way === "token") {
      field.select();
      field.focus();
    }
    if (!way) field.removeAttribute("aria-invalid");
  }
}

/** Why the newsroom's provider sent the person back; the key of a sentence, or nothing. */
function returnReason() {
  const reason = new URLSearchParams(location.hash.slice(1)).get("sign-in");
  if (!reason) return "";
  history.replaceState(null, "", location.pathname);
  return reason === "unknown-user" ? "sign.unknown.user" : "sign.refused";
}

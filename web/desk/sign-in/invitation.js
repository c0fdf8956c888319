/**
 * An invitation, a reset, and the first run: a code in the address lets a person choose how to sign in.
 *
 * The code stays in the address until the last step has succeeded, so that a reload loses nothing.
 */

import { $ } from "../shell/dom.js";
import { errorText } from "../shell/error-text.js";
import { isDeskError, RefusedError } from "../shell/errors.js";
import { showFieldError } from "../shell/field-errors.js";
import { FormDraft } from "../shell/form-draft.js";
import { showText } from "../shell/i18n.js";
import { showCodes } from "./codes.js";
import { CancelledError, hasPasskeys, makePasskey } from "./passkeys.js";
import { PasswordSetup } from "./password-setup.js";

/** @import { User } from "../shell/types.d.ts" */

/** The code in the address's fragment, which no server and no log sees. */
export function invitationCode() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  return parameters.get("invite") ?? parameters.get("welcome") ?? "";
}

export class InvitationForm {
  #requests;
  #onUser;
  #code = "";
  #isNamed = false;
  #isSending = false;
  /** Of the name alone: a password is never kept. */
  #draft = new FormDraft($("invitation-name-field"));
  /** @type {PasswordSetup | null} */
  #setup = null;

  /**
   * @param {ReturnType<typeof import("./requests.js").signInRequests>} requests
   * @param {(user: User) => Promise<void>} onUser
   */
  constructor(requests, onUser) {
    this.#requests = requests;
    this.#onUser = onUser;
    $("invitation-passkey").addEventListener("click", () => this.#run(() => this.#registerPasskey()));
    $("invitation-password").addEventListener("click", () => this.#run(() => this.#startPassword()));
    $("invitation-form").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      const isPasskey = !$("invitation-passkey").hidden;
      this.#run(() => (isPasskey ? this.#registerPasskey() : this.#startPassword()));
    });
    $("invitation-name").addEventListener("input", () => this.#showError(""));
  }

  /** @param {string} code @param {boolean} offersPasskey whether the desk's address can have passkeys */
  async show(code, offersPasskey) {
    this.#code = code;
    $("invitation").hidden = false;
    $("invitation-setup").hidden = true;
    const canHavePasskey = offersPasskey && hasPasskeys();
    $("invitation-passkey").hidden = !canHavePasskey;
    $("invitation-nopasskey").hidden = canHavePasskey;
    $("invitation-password").classList.toggle("primary", !canHavePasskey);
    await this.#run(async () => {
      const { kind, name, role } = await this.#requests.invitation(code);
      this.#isNamed = kind !== "welcome";
      showText($("invitation-title"), `invitation.${kind}.title`, { name: name ?? "" });
      showText($("invitation-why"), `invitation.${kind}.why`, { role: { t: `desk.${role}` } });
      $("invitation-form").hidden = false;
      $("invitation-name-field").hidden = this.#isNamed;
      // Before the first chief there is no name that it could belong to.
      if (!this.#isNamed) this.#draft.open("", "invitation");
      (this.#isNamed ? $("invitation-title") : $("invitation-name")).focus();
    });
  }

  /** Runs one step, unless one is running, and shows why it failed. @param {() => Promise<void>} step */
  async #run(step) {
    if (this.#isSending) return;
    this.#isSending = true;
    this.#showError("");
    try {
      await step();
    } catch (error) {
      this.#showFailure(error);
    } finally {
      this.#isSending = false;
    }
  }

  /** @param {unknown} error */
  #showFailure(error) {
    if (error instanceof CancelledError) return this.#showError({ t: "passkey.cancelled" });
    if (!isDeskError(error)) throw error;
    const errors = error instanceof RefusedError ? error.errors : [];
    const name = errors.find(({ field }) => field === "name");
    if (name) {
      $("invitation-form").hidden = false;
      showFieldError($("invitation-name"), $("invitation-error"), name.message);
      return $("invitation-name").focus();
    }
    if (this.#setup && errors.length) {
      const [message = ""] = this.#setup.showErrors(errors);
      return this.#showError(message);
    }
    if (error instanceof RefusedError && error.kind === "invitation-refused") {
      $("invitation-form").hidden = true;
      showText($("invitation-title"), "invitation.over.title");
      showText($("invitation-why"), "invitation.over.why");
      return $("invitation-title").focus();
    }
    this.#showError(errorText(error));
  }

  /** @param {import("../shell/i18n.js").Param} message */
  #showError(message) {
    showFieldError($("invitation-name"), $("invitation-error"), message);
    if (!message || this.#isNamed) $("invitation-name").removeAttribute("aria-invalid");
  }

  /** What every request names; null if the name is missing. */
  #body() {
    const name = $("invitation-name").value.trim();
    if (this.#isNamed) return { code: this.#code };
    if (name) return { code: this.#code, name };
    this.#showError({ t: "welcome.empty" });
    $("invitation-name").focus();
    return null;
  }

  async #registerPasskey() {
    const body = this.#body();
    if (!body) return;
    const { publicKey } = await this.#requests.invitedPasskeyOptions(body);
    const credential = await makePasskey(publicKey);
    this.#finish(await this.#requests.invitedPasskey({ ...body, credential }));
  }

  async #startPassword() {
    const body = this.#body();
    if (!body) return;
    const setup = await this.#requests.invitedSetup(body);
    this.#setup = new PasswordSetup(setup, (values) =>
      this.#run(async () => this.#finish(await this.#requests.invitedPassword({ ...body, ...values }))),
    );
    $("invitation-form").hidden = true;
    $("invitation-setup").hidden = false;
    $("invitation-setup").replaceChildren(this.#setup.element);
    this.#setup.focus();
  }

  /** @param {import("./requests.js").NewUser} answer */
  #finish({ recoveryCodes = [], ...user }) {
    history.replaceState(null, "", location.pathname);
    this.#draft.forget();
    $("invitation").hidden = true;
    $("invitation-setup").replaceChildren();
    this.#setup = null;
    showCodes(recoveryCodes, () => this.#onUser(user));
  }
}

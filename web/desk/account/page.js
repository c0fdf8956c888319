/** A person's own account: ways to sign in, recovery codes, and sessions. */

import { editionList } from "../people/edition-list.js";
import { tokenRow } from "../people/token-row.js";
import { askConfirmation } from "../shell/confirm.js";
import { $, h } from "../shell/dom.js";
import { errorText } from "../shell/error-text.js";
import { isDeskError, LostError, RefusedError } from "../shell/errors.js";
import { Frame } from "../shell/frame.js";
import { setLabel, showMessage, showText } from "../shell/i18n.js";
import { keepFocus } from "../shell/keep-focus.js";
import { CancelledError, hasPasskeys, makePasskey } from "../sign-in/passkeys.js";
import { PasswordSetup } from "../sign-in/password-setup.js";
import { sessionRow } from "./session-row.js";

/**
 * @typedef {object} Account
 * @property {string} name
 * @property {string} role
 * @property {string[] | null} editions
 * @property {{id: string, label: string, created: string, used: string | null}[]} passkeys
 * @property {boolean} hasPassword
 * @property {number} recoveryCodes
 * @property {import("./session-row.js").SessionEntry[]} sessions
 */

const frame = new Frame({ ids: ["account"], enter, shown, leave, forget });
/** @type {Account | null} */
let account = null;
/** @type {import("../shell/types.d.ts").Site | null} */
let site = null;
/** @type {import("../people/token-row.js").Token[]} */
let tokens = [];
/** @type {PasswordSetup | null} */
let setup = null;
/** The person whose secrets may be on the page. */
let owner = "";

const QUESTION = { title: "remove.title", words: "remove.words", yes: "remove.yes" };
const REVOKE = { title: "revoke.title", words: "revoke.words", yes: "revoke.yes" };
const RECOVERY = { title: "recovery.title", words: "recovery.words", yes: "recovery.yes" };

$("passkey-add").addEventListener("click", () => run(addPasskey));
$("password-set").addEventListener("click", () => run(startPassword));
$("password-remove").addEventListener("click", () => remove("/v1/account/password"));
$("recovery-make").addEventListener("click", () => run(makeCodes));
$("sessions-end").addEventListener("click", () => run(() => send("DELETE", "/v1/account/sessions")));
$("new-codes-close").addEventListener("click", () => $("new-codes").close());
$("new-codes").addEventListener("close", () => {
  if (frame.isOpen) $("new-codes-list").replaceChildren();
});
$("account-again-go").addEventListener("click", () => frame.signInAgain());
frame.start();

/** @param {import("../shell/types.d.ts").User} user */
async function enter(user) {
  if (owner !== user.name) forget();
  owner = user.name;
  const isPerson = user.kind === "user";
  $("account-token").hidden = isPerson;
  $("account-parts").hidden = !isPerson;
  $("account-again").hidden = true;
  if (isPerson) await load();
  else showText($("account-who"), "");
}

/** Codes that the person has not closed come back with the sign-in. */
function shown() {
  if ($("new-codes-list").childElementCount) $("new-codes").showModal();
}

/** The session has ended: nobody else may read the codes on this screen. */
function leave() {
  $("new-codes").close();
}

/** Removes the secrets of the person who was signed in. */
function forget() {
  setup = null;
  $("password-form").replaceChildren();
  $("new-codes-list").replaceChildren();
}

async function load() {
  const [own, all, known] = await Promise.all([
    frame.api.request("GET", "/v1/account"),
    frame.api.request("GET", "/v1/tokens"),
    site ?? frame.api.site(),
  ]);
  account = own;
  site = known;
  // A chief gets those of everyone.
  tokens = all.tokens.filter(
    (/** @type {typeof tokens[number]} */ one) => one.owner === own.name && !one.revoked,
  );
  render();
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 */
function send(method, path, body = {}) {
  return frame.api.request(method, path, { body });
}

/** Runs one change, says how it ended, and shows what the desk has now. @param {() => Promise<unknown>} change */
async function run(change) {
  showText($("account-outcome"), "");
  $("account-again").hidden = true;
  try {
    const isDone = (await change()) !== false;
    if (isDone) showText($("account-outcome"), "account.done");
  } catch (error) {
    showFailure(error);
  }
  try {
    await load();
  } catch (error) {
    if (!isDeskError(error)) throw error;
  }
}

/** @param {unknown} error */
function showFailure(error) {
  if (error instanceof CancelledError) return showText($("account-outcome"), "passkey.cancelled");
  if (error instanceof LostError) return showText($("account-outcome"), "account.lost");
  if (!(error instanceof RefusedError)) throw error;
  if (error.status === 401) return frame.handleUnauthorized();
  if (error.kind === "sign-in-again") {
    $("account-again").hidden = false;
    return $("account-again-go").focus();
  }
  const [message = error.errors.length ? "" : errorText(error)] = setup?.showErrors(error.errors) ?? [];
  if (message) showText($("account-outcome"), "account.refused", { detail: message });
}

/** Removes something after a question. @param {string} path */
async function remove(path) {
  if (await askConfirmation(QUESTION)) await run(() => send("DELETE", path));
}

/** @param {string} name */
async function revoke(name) {
  if (await askConfirmation({ ...REVOKE, params: { name } }))
    await run(() => send("DELETE", `/v1/tokens/${encodeURIComponent(name)}`));
}

async function addPasskey() {
  const { publicKey } = await send("POST", "/v1/account/passkeys/options");
  const credential = await makePasskey(publicKey);
  await send("POST", "/v1/account/passkeys", { credential, label: deviceName() });
}

/** What the person will recognize the passkey by. */
function deviceName() {
  const platform = /\(([^;)]+)/u.exec(navigator.userAgent)?.[1] ?? "";
  return platform.slice(0, 60);
}

async function startPassword() {
  setup = new PasswordSetup(await send("POST", "/v1/account/password/setup"), (values) =>
    run(async () => {
      await send("PUT", "/v1/account/password", values);
      $("password-form").replaceChildren();
      setup = null;
    }),
  );
  $("password-form").replaceChildren(setup.element);
  setup.focus();
  return false;
}

async function makeCodes() {
  if (!(await askConfirmation(RECOVERY))) return false;
  const { recoveryCodes } = await send("POST", "/v1/account/recovery");
  $("new-codes-list").replaceChildren(
    ...recoveryCodes.map((/** @type {string} */ code) => h("li", {}, code)),
  );
  $("new-codes").showModal();
  return true;
}

function render() {
  const known = site;
  if (!account || !known) return;
  const { name, role, editions, passkeys, hasPassword, recoveryCodes, sessions } = account;
  const who = { name, role: { t: `desk.${role}` }, editions: editionList(editions, known) };
  showText($("account-who"), "account.who", who);
  const rows = passkeys.map(passkeyRow);
  keepFocus($("passkeys"), () => $("passkeys").replaceChildren(...rows), $("passkeys-title"));
  $("passkeys-none").hidden = passkeys.length > 0;
  $("passkey-add").hidden = !hasPasskeys();
  showText($("password-state"), hasPassword ? "account.password.is" : "account.password.none");
  showText($("password-set"), hasPassword ? "account.password.change" : "account.password.new");
  $("password-remove").hidden = !hasPassword;
  showText($("recovery-state"), "account.recovery.left", { count: recoveryCodes });
  const end = (/** @type {string} */ id) =>
    run(() => send("DELETE", `/v1/account/sessions/${encodeURIComponent(id)}`));
  const sessionRows = sessions.map((session) => sessionRow(session, end));
  keepFocus($("sessions"), () => $("sessions").replaceChildren(...sessionRows), $("sessions-title"));
  $("sessions-end").hidden = sessions.length < 2;
  $("own-token-rows").replaceChildren(
    ...tokens.map((token) => tokenRow(token, known, () => revoke(token.name))),
  );
  $("own-tokens").hidden = tokens.length === 0;
}

/** @param {Account["passkeys"][number]} passkey */
function passkeyRow({ id, label, created, used }) {
  /** @type {import("../shell/i18n.js").Param} */
  const name = label || { t: "account.passkey.unnamed" };
  const what = h("bdi");
  showMessage(what, name);
  const times = h("small");
  const params = { created: { moment: created }, used: used ? { moment: used } : "" };
  showText(times, used ? "account.passkey.used" : "account.passkey.unused", params);
  const button = h("button", { type: "button", class: "quiet", id: `remove-${id}` });
  showText(button, "account.passkey.remove");
  setLabel(button, "account.passkey.remove.label", { name });
  button.addEventListener("click", () => remove(`/v1/account/passkeys/${encodeURIComponent(id)}`));
  return h("li", {}, h("span", { class: "what" }, what, times), button);
}

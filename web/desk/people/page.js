/** The page of people, for chiefs: invitations, roles and editions, and ending what a person can do. */

import { askConfirmation } from "../shell/confirm.js";
import { $ } from "../shell/dom.js";
import { errorText } from "../shell/error-text.js";
import { isDeskError, LostError, RefusedError } from "../shell/errors.js";
import { Frame } from "../shell/frame.js";
import { showText } from "../shell/i18n.js";
import { keepFocus } from "../shell/keep-focus.js";
import { PersonForm } from "./form.js";
import { personRow } from "./row.js";
import { TokenList } from "./tokens.js";

/** @import { Acts, Person } from "./row.js" */

const frame = new Frame({
  ids: ["people"],
  enter,
  forget: hideSecrets,
  unsent: () => (form?.hasText || tokens?.hasText ? "sign.kept" : ""),
});
/** @type {PersonForm | null} */
let form = null;
/** @type {TokenList | null} */
let tokens = null;
/** @type {import("../shell/types.d.ts").Site | null} */
let site = null;
/** @type {Person[]} */
let people = [];
let isSending = false;
/** The chief whose text is in the forms. */
let owner = "";

const QUESTIONS = {
  reset: { title: "reset.title", words: "reset.words", yes: "reset.yes" },
  disable: { title: "disable.title", words: "disable.words", yes: "disable.yes" },
};

/** @type {Acts} */
const acts = {
  change: (person) => {
    form?.show(person);
    $("person-role").focus();
  },
  again: (person) => run(person.name, () => invite(person, false)),
  reset: (person) => ask("reset", person, () => invite(person, true)),
  end: (person) => run(person.name, () => send("DELETE", `${pathOf(person)}/sessions`)),
  disable: (person) => ask("disable", person, () => send("PATCH", pathOf(person), { state: "disabled" })),
  enable: (person) => run(person.name, () => send("PATCH", pathOf(person), { state: "active" })),
};

$("person-link-close").addEventListener("click", hideLink);
$("person-link-copy").addEventListener("click", copyLink);
frame.start();

async function enter() {
  if (!form || !tokens) {
    site = await frame.api.site();
    form = new PersonForm(site, () => frame.user?.name ?? "", save, render);
    tokens = new TokenList(site, frame);
  } else if (owner !== frame.user?.name) {
    form.show(null);
    // They are for the person who made them.
    hideSecrets();
  }
  owner = frame.user?.name ?? "";
  tokens.restore(owner);
  await Promise.all([load(), tokens.load()]);
}

async function load() {
  people = (await frame.api.request("GET", "/v1/users")).users;
  render();
}

function render() {
  const known = site;
  if (!known) return;
  const rows = people.map((person) => personRow(person, known, acts, form?.edited?.id));
  keepFocus($("person-rows"), () => $("person-rows").replaceChildren(...rows), $("person-name"));
}

/** @param {Person} person */
const pathOf = ({ id }) => `/v1/users/${encodeURIComponent(id)}`;

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 */
function send(method, path, body = {}) {
  return frame.api.request(method, path, { body });
}

/** @param {Person} person @param {boolean} reset */
async function invite(person, reset) {
  const { invitation } = await send("POST", `${pathOf(person)}/invitation`, { reset });
  showLink(person.name, invitation);
}

/** @param {"reset" | "disable"} key @param {Person} person @param {() => Promise<unknown>} change */
async function ask(key, person, change) {
  if (await askConfirmation({ ...QUESTIONS[key], params: { name: person.name } }))
    await run(person.name, change);
}

async function save() {
  const edited = form?.edited;
  const body = form?.body();
  if (!body) return;
  await run(edited?.name ?? $("person-name").value.trim(), async () => {
    if (edited) await send("PATCH", pathOf(edited), body);
    else {
      const { user, invitation } = await send("POST", "/v1/users", body);
      showLink(user.name, invitation);
    }
    form?.forgetDraft();
    form?.show(null);
  });
}

/** Makes one change, says how it ended, and shows what the desk has now. @param {string} name @param {() => Promise<unknown>} change */
async function run(name, change) {
  if (isSending) return;
  isSending = true;
  try {
    await change();
    showText($("person-outcome"), "person.saved", { name });
  } catch (error) {
    showFailure(error);
  } finally {
    isSending = false;
  }
  try {
    // A person who may do less now has lost tokens, too.
    await Promise.all([load(), tokens?.load()]);
  } catch (error) {
    if (!isDeskError(error)) throw error;
  }
}

/** @param {unknown} error */
function showFailure(error) {
  if (error instanceof LostError) return showText($("person-outcome"), "person.lost");
  if (!(error instanceof RefusedError)) throw error;
  if (error.status === 401) return frame.handleUnauthorized();
  const unplaced = form?.showErrors(error.errors) ?? [];
  const [detail = error.errors.length ? "" : errorText(error)] = unplaced;
  showText($("person-outcome"), detail ? "person.refused" : "person.fields", { detail });
}

/** @param {string} name @param {{link: string, expires: string}} invitation */
function showLink(name, { link, expires }) {
  $("person-link").hidden = false;
  $("person-link-value").value = link;
  showText($("person-link-why"), "person.link.why", { name, time: { moment: expires } });
  showText($("person-link-status"), "");
  $("person-link-value").select();
}

function hideSecrets() {
  hideLink();
  tokens?.hideSecret();
}

function hideLink() {
  $("person-link").hidden = true;
  $("person-link-value").value = "";
}

async function copyLink() {
  try {
    await navigator.clipboard.writeText($("person-link-value").value);
    showText($("person-link-status"), "token.copied");
  } catch {
    $("person-link-value").select();
    showText($("person-link-status"), "codes.select");
  }
}

/** The page of the audit: its records, the newest first, and the kill switch. */

import { KillForm } from "../kill/kill-form.js";
import { $ } from "../shell/dom.js";
import { errorText } from "../shell/error-text.js";
import { isDeskError, RefusedError } from "../shell/errors.js";
import { Frame } from "../shell/frame.js";
import { showMessage, showText } from "../shell/i18n.js";
import { actionChoices, recordRow } from "./record.js";

const PAGE = 50;
const FILTERS = ["actor", "action", "object"];
/** The number of the oldest record that is shown. */
let oldest = 0;

/** @type {import("../shell/types.d.ts").Site["editions"]} */
let editions = {};

const frame = new Frame({ ids: ["audit"], enter, forget });
const killForm = new KillForm(frame);
$("audit-action").replaceChildren(...actionChoices());
$("audit-filter").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  showRecords();
});
$("audit-more").addEventListener("click", () => showRecords(oldest));
frame.start();

async function enter() {
  const site = await frame.api.site();
  killForm.setSite(site);
  editions = site.editions;
  await showRecords();
}

function forget() {
  $("audit-records").replaceChildren();
}

/** Shows the newest records that match, or those before a record. @param {number} [before] */
async function showRecords(before) {
  const query = new URLSearchParams({ limit: String(PAGE) });
  for (const name of FILTERS) {
    const value = $(`audit-${name}`).value.trim();
    if (value) query.set(name, value);
  }
  if (before) query.set("before", String(before));
  showMessage($("audit-error"), "");
  try {
    const { records, head, spooled } = await frame.api.audit(query);
    const rows = records.map((record) => recordRow(record, editions));
    if (before) $("audit-records").append(...rows);
    else $("audit-records").replaceChildren(...rows);
    oldest = records.at(-1)?.number ?? 0;
    $("audit-more").hidden = records.length < PAGE || oldest <= 1;
    $("audit-empty").hidden = $("audit-records").childElementCount > 0;
    $("audit-head").textContent = `${head.number}:${head.hash}`;
    $("audit-spooled").hidden = spooled === 0;
    showText($("audit-spooled"), spooled ? "audit.spooled" : "", { count: spooled });
  } catch (error) {
    if (!isDeskError(error)) throw error;
    if (error instanceof RefusedError && error.status === 401) await frame.handleUnauthorized();
    showMessage($("audit-error"), errorText(error));
  }
}

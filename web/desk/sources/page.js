/** The page of sources: the registry, kept up to date, and the form that adds and changes a source. */

import { askConfirmation } from "../shell/confirm.js";
import { $ } from "../shell/dom.js";
import { errorText } from "../shell/error-text.js";
import { isDeskError, RefusedError } from "../shell/errors.js";
import { Frame } from "../shell/frame.js";
import { showText } from "../shell/i18n.js";
import { keepFocus } from "../shell/keep-focus.js";
import { mayUse } from "../shell/navigation.js";
import { SourceUpdates } from "../shell/source-updates.js";
import { SourceForm } from "./form.js";
import { matches, namesOf, sourceRow } from "./row.js";

/** @import { RegisteredSource } from "../shell/types.d.ts" */

/** @type {RegisteredSource[]} */
let registered = [];
/** @type {SourceForm | null} */
let form = null;
let mayChange = false;

const frame = new Frame({
  ids: ["sources"],
  enter,
  shown: () => updates.start(),
  leave: () => updates.stop(),
  isPending: () => Boolean(form?.isPending),
  unsent: () => (form?.hasText ? "source.kept" : ""),
});
const updates = new SourceUpdates(frame.api, (sources) => {
  registered = sources;
  render();
});

$("source-filter").addEventListener("input", render);
$("source-retired").addEventListener("change", render);
$("language").addEventListener("change", render);
frame.start();

/** @param {import("../shell/types.d.ts").User} user */
async function enter(user) {
  mayChange = mayUse(user.role, "editor");
  form ??= new SourceForm(frame, await frame.api.site(), () => {
    render();
    updates.load();
  });
  form.setUser(user);
  $("source-form").hidden = !mayChange;
}

function render() {
  const words = $("source-filter").value;
  const shown = registered.filter(
    (source) => ($("source-retired").checked || !source.retired) && matches(source, words),
  );
  const actions = mayChange
    ? { edit: (/** @type {RegisteredSource} */ source) => form?.edit(source), retire }
    : null;
  const rows = shown.map((source) => sourceRow(source, actions, form?.editedId));
  keepFocus($("source-rows"), () => $("source-rows").replaceChildren(...rows), $("source-filter"));
  showText($("source-count"), "source.count", { count: shown.length });
}

/** Retires a source, or brings it back. @param {RegisteredSource} source */
async function retire(source) {
  const question = { title: "retire.title", words: "retire.words", yes: "retire.yes" };
  if (!source.retired && !(await askConfirmation({ ...question, params: { name: namesOf(source) } }))) return;
  try {
    await frame.api.request("PATCH", `/v1/sources/${encodeURIComponent(source.id)}`, {
      body: { retired: !source.retired },
      headers: { "If-Match": `"${source.version}"` },
    });
    showText($("source-outcome"), "source.saved", { name: namesOf(source) });
  } catch (error) {
    if (!isDeskError(error)) throw error;
    if (error instanceof RefusedError && error.status === 401) frame.handleUnauthorized();
    showText($("source-outcome"), "source.stale", { detail: errorText(error) });
  }
  updates.load();
}

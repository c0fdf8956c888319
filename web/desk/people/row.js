/** One person in the list, with what a chief may do. */

import { h } from "../shell/dom.js";
import { setLabel, showText } from "../shell/i18n.js";
import { editionList } from "./edition-list.js";

/**
 * @typedef {object} Person
 * @property {string} id
 * @property {string} name
 * @property {string | null} email
 * @property {string} role
 * @property {string[] | null} editions
 * @property {"invited" | "active" | "disabled"} state
 * @property {string | null} lastSignIn
 * @property {number} sessions
 * @property {{expires: string} | null} invitation
 *
 * @typedef {Record<"change" | "again" | "reset" | "end" | "disable" | "enable", (person: Person) => void>} Acts
 */

/**
 * @param {Person} person
 * @param {import("../shell/types.d.ts").Site} site
 * @param {Acts} acts
 * @param {string | undefined} editedId
 */
export function personRow(person, site, acts, editedId) {
  const { name, role, editions, state } = person;
  const rights = h("small");
  showText(rights, "person.state", { role: { t: `desk.${role}` }, editions: editionList(editions, site) });
  const seen = h("small");
  showText(seen, ...stateText(person));
  const classes = [state === "disabled" ? "is-disabled" : "", person.id === editedId ? "is-edited" : ""];
  /** @type {(keyof Acts)[]} */
  const offered = state === "disabled" ? ["enable"] : ["change", state === "invited" ? "again" : "reset"];
  if (state !== "disabled" && person.sessions) offered.push("end");
  if (state !== "disabled") offered.push("disable");
  return h(
    "li",
    { class: classes.join(" "), "data-id": person.id },
    h("span", { class: "what" }, h("b", {}, h("bdi", {}, name)), rights, seen),
    h("span", { class: "actions" }, ...offered.map((act) => button(person, act, acts[act]))),
  );
}

/** @param {Person} person @returns {[string, import("../shell/i18n.js").Params]} */
function stateText({ state, lastSignIn, sessions, invitation }) {
  if (state === "disabled") return ["person.disabled", {}];
  if (state === "invited" && invitation) return ["person.invited", { time: { moment: invitation.expires } }];
  if (!lastSignIn) return ["person.never", {}];
  return ["person.seen", { time: { moment: lastSignIn }, count: sessions }];
}

/**
 * @param {Person} person
 * @param {keyof Acts} act
 * @param {(person: Person) => void} run
 */
function button(person, act, run) {
  const element = h("button", { type: "button", class: "quiet", id: `${act}-${person.id}` });
  showText(element, `person.${act}`);
  setLabel(element, `person.${act}.label`, { name: person.name });
  element.addEventListener("click", () => run(person));
  return element;
}

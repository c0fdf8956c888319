/** One token in a list: what it may do, who made it, when it was used last. */

import { h } from "../shell/dom.js";
import { setLabel, showText } from "../shell/i18n.js";
import { editionList } from "./edition-list.js";

/** @import { Site } from "../shell/types.d.ts" */

/**
 * @typedef {object} Token
 * @property {string} name
 * @property {string} role
 * @property {string[] | null} editions
 * @property {boolean} unlimited
 * @property {string} created
 * @property {string | null} revoked
 * @property {string | null} owner
 * @property {string | null} used
 */

/**
 * @param {Token} token
 * @param {Site} site
 * @param {() => void} revoke
 */
export function tokenRow({ name, role, editions, unlimited, created, owner, used }, site, revoke) {
  const rights = h("small");
  showText(rights, unlimited ? "tokens.unlimited.state" : "person.state", {
    role: { t: `desk.${role}` },
    editions: editionList(editions, site),
  });
  const maker = h("small");
  showText(maker, owner ? "tokens.made" : "tokens.made.here", {
    owner: owner ?? "",
    time: { moment: created },
  });
  const use = h("small");
  showText(use, used ? "tokens.used" : "tokens.unused", used ? { time: { moment: used } } : {});
  const button = h("button", { type: "button", class: "quiet", id: `revoke-${name}` });
  showText(button, "tokens.revoke");
  setLabel(button, "tokens.revoke.label", { name });
  button.addEventListener("click", revoke);
  return h(
    "li",
    {},
    h("span", { class: "what" }, h("b", {}, h("bdi", {}, name)), rights, maker, use),
    h("span", { class: "actions" }, button),
  );
}

/** One session of a person: where and since when, and the button that ends it. */

import { h } from "../shell/dom.js";
import { setLabel, showText } from "../shell/i18n.js";

/**
 * @typedef {object} SessionEntry
 * @property {string} id
 * @property {string} created
 * @property {string} used
 * @property {string} address
 * @property {string} agent
 * @property {boolean} current
 */

/** The browser in a User-Agent header, as a person names it. @param {string} agent */
function browserName(agent) {
  const system = /\(([^;)]+)/u.exec(agent)?.[1] ?? "";
  const browser = /(Edg|OPR|Firefox|Chrome|Version)\/(\d+)/u.exec(agent);
  /** @type {Record<string, string>} */
  const names = { Edg: "Edge", OPR: "Opera", Version: "Safari" };
  return browser ? `${names[browser[1] ?? ""] ?? browser[1]} ${browser[2]}, ${system}` : agent.slice(0, 60);
}

/**
 * @param {SessionEntry} session
 * @param {(id: string) => void} end
 */
export function sessionRow(session, end) {
  const what = h("span", { class: "what" });
  const place = h("span");
  showText(place, "account.session", { agent: browserName(session.agent), address: session.address });
  const times = h("small");
  const created = { moment: session.created };
  showText(times, "account.session.times", { created, used: { moment: session.used } });
  what.append(place, times);
  if (session.current) {
    const here = h("b");
    showText(here, "account.session.here");
    return h("li", {}, what, here);
  }
  const button = h("button", { type: "button", class: "quiet", id: `end-${session.id}` });
  showText(button, "account.session.end");
  setLabel(button, "account.session.end.label", { created });
  button.addEventListener("click", () => end(session.id));
  return h("li", {}, what, button);
}

/** Where an act goes, next to the button of its form: its edition, and every other one if it is the same for all. */

import { DestinationView } from "../shell/destination.js";
import { isDeskError } from "../shell/errors.js";

/** @import { Destination } from "../shell/destination.js" */
/** @import { ActBody, Item, Site } from "../shell/types.d.ts" */

/**
 * An act as its form has it.
 * @typedef {object} ActPlan
 * @property {Item} base the version that it follows
 * @property {ActBody} body
 * @property {string} line the line as it is typed
 * @property {(Node | string)[]} changes of other fields, each with a separator before it
 * @property {Item[]} siblings the other editions of the item
 * @property {boolean} hasNote whether readers can get a note
 * @property {string[] | null} own the editions of the person; null: all
 */

/**
 * Where the act goes; other editions only if it is the same for all.
 * @param {ActPlan} plan
 * @returns {Destination}
 */
export function destinationOf({ base, body, siblings, hasNote, own }) {
  const { edition, urgency: wasUrgency, headline } = base;
  const all = body.siblings ? siblings.filter((item) => !isDone(item, body.act)) : [];
  // The desk refuses the others, which stay as they are.
  const others = all.filter((item) => own?.includes(item.edition) ?? true);
  const foreign = all.filter((item) => !others.includes(item)).map((item) => item.edition);
  const { language } = headline;
  const editions = others.filter((item) => item.headline?.language !== language).map((item) => item.edition);
  return {
    targets: [base, ...others].map((item) => ({
      edition: item === base ? edition : item.edition,
      urgency: body.urgency ?? item.urgency,
    })),
    wasUrgency,
    ...(foreign.length ? { foreign } : {}),
    ...(hasNote ? { note: { language, editions } } : {}),
  };
}

/** Whether an item is already as the act would leave it, or can never be. @param {Item} item @param {string} act */
function isDone({ pubStatus }, act) {
  return pubStatus === "canceled" || (act === "hold" && pubStatus === "withheld");
}

export class ActDestination {
  #view;
  #api;
  #wasRead = false;
  /** The other editions of the item: those on the page, and once they matter, all that the desk has. @type {Item[]} */
  siblings;

  /**
   * @param {Site} site
   * @param {import("../shell/api.js").DeskApi} api
   * @param {Item[]} siblings
   */
  constructor(site, api, siblings) {
    this.#view = new DestinationView(site);
    this.#api = api;
    this.siblings = siblings;
  }

  get element() {
    return this.#view.element;
  }

  /** @param {ActPlan} plan */
  show(plan) {
    this.#view.show(destinationOf(plan));
    if (plan.body.siblings && !this.#wasRead) this.#read(plan);
  }

  /** @param {ActPlan} plan */
  async #read(plan) {
    this.#wasRead = true;
    const path = `/v1/items/${encodeURIComponent(plan.base.uri)}/siblings`;
    try {
      const { original, items } = await this.#api.request("GET", path);
      /** @type {Map<string, Item>} */
      const all = new Map([...(original ? [original] : []), ...items].map((item) => [item.uri, item]));
      all.delete(plan.base.uri);
      this.siblings = [...all.values()];
      this.#view.show(destinationOf({ ...plan, siblings: this.siblings }));
    } catch (error) {
      // Those that the page knows stay, and the act reads them again.
      if (!isDeskError(error)) throw error;
      this.#wasRead = false;
    }
  }
}

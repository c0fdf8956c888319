/** The registry of sources as it changes: another editor's new source is offered here within seconds. */

import { isDeskError } from "./errors.js";

/** @import { RegisteredSource, Sources } from "./types.d.ts" */

const PERIOD_MS = 3000;

export class SourceUpdates {
  #api;
  #onChange;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #revision = -1;
  #loads = 0;
  #isRunning = false;

  /**
   * @param {import("./api.js").DeskApi} api
   * @param {(sources: RegisteredSource[]) => void} onChange called with all sources, also retired ones
   */
  constructor(api, onChange) {
    this.#api = api;
    this.#onChange = onChange;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#isRunning) this.load();
    });
  }

  start() {
    this.#isRunning = true;
    this.load();
  }

  stop() {
    this.#isRunning = false;
    clearTimeout(this.#timer);
  }

  /** Asks the desk now; it answers 304 if nothing has changed. */
  async load() {
    clearTimeout(this.#timer);
    const load = ++this.#loads;
    try {
      const headers = { "If-None-Match": `"${this.#revision}"` };
      const { revision, sources } = await this.#api.request("GET", "/v1/sources", { headers });
      // An answer to an earlier request may come after that to a later one.
      if (sources && this.#isRunning && load === this.#loads) {
        this.#revision = revision;
        this.#onChange(sources);
      }
    } catch (error) {
      // The status line says that the desk cannot be reached.
      if (!isDeskError(error)) throw error;
    }
    if (load !== this.#loads) return;
    clearTimeout(this.#timer);
    if (this.#isRunning && !document.hidden) this.#timer = setTimeout(() => this.load(), PERIOD_MS);
  }
}

/**
 * Adds a source that this page has stored; the next list of the desk has it, too.
 * @param {Sources} sources
 * @param {RegisteredSource} source
 */
export function addSource(sources, { id, role, names, aliases }) {
  sources[id] = { role, names, aliases };
  document.dispatchEvent(new CustomEvent("sources-changed", { detail: "added" }));
}

/**
 * Puts the sources that are not retired into `sources`, which every part of the page reads at use.
 * @param {Sources} sources
 * @param {RegisteredSource[]} registered
 */
export function replaceSources(sources, registered) {
  for (const id of Object.keys(sources)) delete sources[id];
  for (const { id, role, names, aliases, retired } of registered) {
    if (!retired) sources[id] = { role, names, aliases };
  }
  document.dispatchEvent(new Event("sources-changed"));
}

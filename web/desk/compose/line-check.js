/** Checks the line with the desk while it is typed, so that a refusal comes before Publish. */

import { $ } from "../shell/dom.js";
import { DryRun } from "../shell/dry-run.js";
import { LostError, RefusedError } from "../shell/errors.js";
import { showText } from "../shell/i18n.js";
import { missingPart, publishBody } from "./line.js";

/** @import { Confirmation } from "../shell/leaving.js" */
/** @import { Draft, Site, Warning } from "../shell/types.d.ts" */

export class LineCheck {
  #site;
  #api;
  #page;
  /** What the desk says about the draft that was checked last. @type {Promise<Confirmation | null>} */
  confirmation = Promise.resolve(null);
  #dryRun = new DryRun();

  /**
   * @param {Site} site
   * @param {import("../shell/api.js").DeskApi} api
   * @param {{onRefused: (error: RefusedError) => void, onWarnings: (warnings: Warning[]) => void}} page
   */
  constructor(site, api, page) {
    this.#site = site;
    this.#api = api;
    this.#page = page;
  }

  stop() {
    this.#dryRun.stop();
  }

  /** Removes the result of an earlier check. */
  clear() {
    this.stop();
    this.confirmation = Promise.resolve(null);
    showText($("check-result"), "");
  }

  /** Checks `draft` once typing pauses, if it is complete. @param {Draft} draft */
  plan(draft) {
    if (missingPart(draft, this.#site)) return;
    this.#dryRun.plan(async (signal) => {
      try {
        const { warnings, confirmation = null } = await this.#api.check(
          publishBody(draft, this.#site),
          signal,
        );
        if (signal.aborted) return;
        this.confirmation = Promise.resolve(confirmation);
        this.#page.onWarnings(warnings ?? []);
        showText($("check-result"), warnings ? "" : "checked.good");
      } catch (error) {
        if (signal.aborted || this.#dryRun.repeatsAfter(error)) return;
        if (error instanceof LostError) showText($("check-result"), "checked.away");
        else if (error instanceof RefusedError && error.status === 422) this.#page.onRefused(error);
      }
    });
  }
}

/** Checks the line with the desk while it is typed, so that a refusal comes before Publish. */

import { $ } from "../shell/dom.js";
import { DryRun } from "../shell/dry-run.js";
import { LostError, RefusedError } from "../shell/errors.js";
import { showText } from "../shell/i18n.js";
import { showWarnings } from "../shell/warnings.js";
import { missingPart, publishBody } from "./line.js";

/** @import { Draft, Site } from "../shell/types.d.ts" */

export class LineCheck {
  #site;
  #api;
  #onRefused;
  #dryRun = new DryRun();

  /**
   * @param {Site} site
   * @param {import("../shell/api.js").DeskApi} api
   * @param {(error: RefusedError) => void} onRefused
   */
  constructor(site, api, onRefused) {
    this.#site = site;
    this.#api = api;
    this.#onRefused = onRefused;
  }

  stop() {
    this.#dryRun.stop();
  }

  /** Removes the result of an earlier check. */
  clear() {
    this.stop();
    showText($("check-result"), "");
    showWarnings($("warnings"));
  }

  /** Checks `draft` once typing pauses, if it is complete. @param {Draft} draft */
  plan(draft) {
    if (missingPart(draft, this.#site)) return;
    this.#dryRun.plan(async (signal) => {
      try {
        const { warnings } = await this.#api.check(publishBody(draft, this.#site), signal);
        if (signal.aborted) return;
        showWarnings($("warnings"), warnings);
        showText($("check-result"), warnings ? "" : "checked.good");
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof LostError) showText($("check-result"), "checked.away");
        else if (error instanceof RefusedError && error.status === 422) this.#onRefused(error);
      }
    });
  }
}

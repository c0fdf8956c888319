/** Whether the desk and the ticker can be reached: in words, and also by colour and shape. */

import { $ } from "./dom.js";
import { showText } from "./i18n.js";

/** How often the desk's readiness is checked, in milliseconds. It changes within 5 s of losing the stream. */
const PERIOD_MS = 5000;
const HIDDEN_PERIOD_MS = 30_000;

/**
 * @param {"desk" | "ticker"} side
 * @param {string} state the last part of a key `state.<side>.` of the sentences
 */
export function showStatus(side, state) {
  const element = $(`state-${side}`);
  if (element.dataset.state === state) return;
  element.dataset.state = state;
  showText(element.querySelector(".words"), `state.${side}.${state}`);
}

/** Checks regularly whether the desk is ready, less often while the page is hidden. */
export class ReadinessCheck {
  #api;
  #onChange;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #state = "";

  /**
   * @param {import("./api.js").DeskApi} api
   * @param {(isReady: boolean) => void} onChange
   */
  constructor(api, onChange) {
    this.#api = api;
    this.#onChange = onChange;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.run();
    });
    addEventListener("online", () => this.run());
    addEventListener("offline", () => this.run());
  }

  /** Checks now; call it also when a request has failed. */
  async run() {
    clearTimeout(this.#timer);
    const state = await this.#api.isReady().then(
      (isReady) => (isReady ? "connected" : "stale"),
      () => "offline",
    );
    showStatus("desk", state);
    if (state !== this.#state) {
      this.#state = state;
      this.#onChange(state === "connected");
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.run(), document.hidden ? HIDDEN_PERIOD_MS : PERIOD_MS);
  }
}

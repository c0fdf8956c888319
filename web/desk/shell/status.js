/** The state line: whether the desk and the ticker can be reached, in words first and in colour and shape beside them. */

import { $ } from "./dom.js";
import { say } from "./i18n.js";

/** How often the desk is asked how it is. Ready turns false within 5 s of losing the stream. */
const PERIOD = 5000;

/**
 * @param {"desk" | "ticker"} side
 * @param {string} state a word of `state.<side>.` in the strings
 */
export function show(side, state) {
  const line = $(`state-${side}`);
  if (line.dataset.state === state) return;
  line.dataset.state = state;
  say(line.querySelector(".words"), `state.${side}.${state}`);
}

/** Asks the desk how it is, now and again while the page is looked at. */
export class Watch {
  #desk;
  #onChange;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #state = "";

  /**
   * @param {import("./api.js").Desk} desk
   * @param {(good: boolean) => void} onChange
   */
  constructor(desk, onChange) {
    this.#desk = desk;
    this.#onChange = onChange;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.now();
    });
    addEventListener("online", () => this.now());
    addEventListener("offline", () => this.now());
  }

  /** Asks at once; call it too when a request has failed. */
  async now() {
    clearTimeout(this.#timer);
    const state = await this.#desk.ready().then(
      (ready) => (ready ? "connected" : "stale"),
      () => "offline",
    );
    show("desk", state);
    if (state !== this.#state) {
      this.#state = state;
      this.#onChange(state === "connected");
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.now(), document.hidden ? PERIOD * 6 : PERIOD);
  }
}

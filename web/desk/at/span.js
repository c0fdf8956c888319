/** The hours that the slider covers, as steps; the last step is now. */

export const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Length of a step in milliseconds, by the hours that the slider covers. @type {Record<number, number>} */
const STEPS = { 1: 10_000, 6: MINUTE, 24: 5 * MINUTE, 168: 30 * MINUTE };

export class Span {
  /** @param {number} hours @param {number} now */
  constructor(hours, now) {
    this.hours = hours;
    this.moment = now;
    this.end = now;
  }

  get #length() {
    return STEPS[this.hours] ?? MINUTE;
  }

  get steps() {
    return (this.hours * HOUR) / this.#length;
  }

  /** The step of the moment; the first one for an earlier moment. */
  get step() {
    return Math.max(0, this.steps - Math.round((this.end - this.moment) / this.#length));
  }

  get isNewest() {
    return this.moment >= this.end;
  }

  /** @param {number} step */
  at(step) {
    return this.end - (this.steps - step) * this.#length;
  }

  /** Chooses a moment, not later than now; the newest one stays the newest. @param {number} moment @param {number} now */
  move(moment, now) {
    this.moment = Math.min(moment, now);
    // While a person looks at one hour, its end must not move away.
    if (this.moment > this.end || now - this.end > MINUTE) this.end = now;
  }
}

/** A moment as a field for date and time takes it, in local time. @param {number} moment */
export function inputValue(moment) {
  const date = new Date(moment);
  return new Date(moment - date.getTimezoneOffset() * MINUTE).toISOString().slice(0, 19);
}

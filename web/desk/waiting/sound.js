/** A short tone for what has come to this person; off until the person turns it on, which browsers want, too. */

import { readStored, writeStored } from "../shell/storage.js";

const STORED = "flashwire.sound";
/** Hertz; seconds after the start. */
const TONES = /** @type {const} */ ([
  [660, 0],
  [880, 0.14],
]);
const LENGTH = 0.12;
const VOLUME = 0.12;

/** @type {AudioContext | null} */
let context = null;

export function isSoundOn() {
  return readStored("localStorage", STORED) === "on";
}

/** @param {boolean} isOn */
export function turnSound(isOn) {
  writeStored("localStorage", STORED, isOn ? "on" : null);
  if (isOn) playTone();
}

/** Plays the tone, if the person wants it and the browser allows it. Returns whether it was asked to play. */
export function playTone() {
  if (!isSoundOn()) return false;
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume().catch(() => {});
  for (const [frequency, delay] of TONES) {
    const at = context.currentTime + delay;
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.linearRampToValueAtTime(VOLUME, at + 0.01);
    gain.gain.linearRampToValueAtTime(0, at + LENGTH);
    const tone = new OscillatorNode(context, { frequency });
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + LENGTH);
  }
  return true;
}

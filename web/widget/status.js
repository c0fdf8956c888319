/** What the reader is told about the connection: why the list may be old, since when, and a way to try again. */

import { el, fill } from "./view.js";

/** @import { Frame, Status } from "./frame.js" */
/** @typedef {Record<keyof typeof english, string>} StatusWords */

/** A list that is older has its date too. */
const CLOCK_MS = 43_200_000;

export const english = {
  away: "No connection. Trying again.",
  refused: "This ticker cannot be shown here.",
  behind: "New items may be late.",
  since: "Delayed since {n}",
  asOf: "As of {n}.",
  retry: "Try now",
  missed: "Some items may have been missed.",
  dismiss: "Dismiss",
};

/**
 * Adds the two messages, which lie over the end of the list: they must not push it. Where that end is below the window they
 * stay in the window, over rows, only if no word of the head in the window says the same. Returns what sets them.
 * @param {Frame} frame @param {StatusWords} words @param {() => void} onChange what to do when a message comes or goes
 * @param {() => void} moveFocus what to do when a message goes with the focus
 */
export function messages(frame, words, onChange, moveFocus) {
  const place = el("div", "");
  if (frame.options.layout === "crawl") frame.state.before(place);
  else frame.list.parentElement?.append(el("div", "messages", {}, place));
  /** @type {Status | undefined} */
  let status;
  let spoken = "";
  const why = el("p", "why");
  const retry = el("button", "retry", { type: "button", onclick: () => status?.retry() }, words.retry);
  const onclick = () => {
    status?.dismiss();
    notice.remove();
    dock();
    onChange();
    moveFocus();
  };
  const isTall = ["", "card"].includes(frame.options.layout);
  let isHeadSeen = true;
  const dock = () => place.classList.toggle("docked", isHeadSeen && !notice.isConnected);
  const observer = new IntersectionObserver(
    (entries) => {
      isHeadSeen = Boolean(entries.at(-1)?.isIntersecting);
      dock();
    },
    { threshold: 0.5 },
  );
  observer.observe(frame.state);
  const dismiss = el("button", "dismiss", { type: "button", onclick }, words.dismiss);
  const notice = el("p", "notice", {}, words.missed, dismiss);
  /** @param {number} moment */
  const clock = (moment) =>
    new Date(moment).toLocaleString(frame.words.lang, {
      timeStyle: "short",
      ...(Date.now() - moment > CLOCK_MS && { dateStyle: "medium" }),
    });

  /** @param {Status} next */
  return (next) => {
    status = next;
    const { state, reason, asOf, hasGap } = next;
    const isStale = state === "stale";
    const isOffline = state === "offline";
    // The last list of an earlier visit, or the page's.
    if (state === "connecting" && asOf) frame.state.textContent = words.asOf.replace("{n}", clock(asOf));
    // In the other layouts the message is as near, and the word has less room.
    else if (isOffline && asOf > 0 && isTall) frame.state.textContent += ` · ${clock(asOf)}`;
    const since = isStale && asOf > 0 && words.since.replace("{n}", clock(asOf));
    if (since) frame.state.textContent = since;
    const text = isStale ? words.behind : isOffline ? words[reason ? "refused" : "away"] : "";
    const hasFocus = retry.matches(":focus");
    fill(
      why,
      el(
        "span",
        "",
        { title: reason },
        // On a phone the word of the head may be cut.
        since && el("span", "since", {}, `${since}. `),
        text,
        isOffline && asOf > 0 && ` ${words.asOf.replace("{n}", clock(asOf))}`,
      ),
      isOffline && !reason && retry,
    );
    // In the tree only while they say something: an empty one would have a border.
    if (!text) why.remove();
    else if (!why.isConnected) place.append(why);
    if (hasFocus) retry.isConnected ? retry.focus() : moveFocus();
    if (text && text !== spoken) frame.say({ text: [text] });
    spoken = text;
    if (!hasGap) notice.remove();
    else if (!notice.isConnected) {
      place.prepend(notice);
      frame.say({ text: [words.missed] });
    }
    dock();
    onChange();
  };
}

/** The layout `line`: one item at a time, in a box whose height never changes. */

/** @import { Frame, View } from "./frame.js" */

/** The part that lets the reader, and time, go to the next item. */
export const more = ["steps"];

export const css = `
.line { --_rows: 3; color-scheme: dark; color: var(--_ink); background: var(--_paper) }
.line .head { border-block-end: 0 }
.line .body { block-size: calc(var(--_rows) * 1.3lh + 2.7lh) }
.line li { border: 0 }
.line .text { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: var(--_rows) }
.line .note { white-space: nowrap; text-overflow: ellipsis }
.line :is(.body, .text, .note) { overflow: hidden }
.line .text { font-size: 1.125em }
@container (min-width: 736px) {
  .line { --_rows: 1; display: grid; grid-template-columns: auto 1fr 17em }
  .line .head { display: contents }
  .line .label { order: 0; display: grid; place-items: center; padding-inline: 1.2em 1.8em }
  .line .tools { order: 2; align-self: center; padding-inline: .5em; flex-wrap: wrap }
  .line .state { flex-basis: 90% }
  .line .body { order: 1; min-inline-size: 0 }
}
`;

/** @param {Frame} frame */
export function extend(frame) {
  const line = {
    /** In the order of the list. @type {string[]} */
    uris: [],
    shown: "",
    /** Whether the reader is busy with the line. */
    isInUse: false,
    /** The newest uri, if it came while the line was in use. */
    unseen: "",

    /** @param {string} uri the first of the list where it is not in it */
    show(uri) {
      line.shown = line.uris.includes(uri) ? uri : (line.uris[0] ?? "");
      for (const [each, { li }] of frame.rows) li.hidden = each !== line.shown;
    },

    showFirst: () => line.show(""),

    /** @param {View} view */
    render({ items, added }) {
      const index = line.uris.indexOf(line.shown);
      line.uris = items.map((item) => item.uri);
      const newest = added.filter((item) => item.version < 2).at(-1)?.uri ?? "";
      if (line.isInUse) line.unseen = newest || line.unseen;
      // A line whose item was removed continues with the next one.
      const next = line.uris.includes(line.shown) ? line.shown : (line.uris[index] ?? "");
      line.show(newest && !line.isInUse ? newest : next);
    },
  };
  frame.line = line;
  return line;
}

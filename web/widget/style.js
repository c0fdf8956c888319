/** The widget's style sheet. Every colour and size that a page may set is a custom property `--ticker-*`. */

const css = `
:host {
  --_ink: var(--ticker-ink, light-dark(#14171c, #f1f2f4));
  --_soft: var(--ticker-soft, color-mix(in srgb, var(--_ink) 70%, var(--_paper)));
  --_paper: var(--ticker-paper, light-dark(#fff, #15181d));
  --_rule: var(--ticker-rule, color-mix(in srgb, var(--_ink) 16%, var(--_paper)));
  --_accent: var(--ticker-accent, light-dark(#b3121d, #ff6a66));
  --_fill: var(--ticker-fill, #b3121d);
  --_on: lch(from var(--_fill) calc((49.4 - l) * infinity) 0 0);
  --_warn: var(--_soft);
  display: block; min-inline-size: 0;
}
.box {
  all: initial; display: block; visibility: inherit; color-scheme: inherit;
  container-type: inline-size; contain-intrinsic-inline-size: 18em;
  color: var(--_ink); background: var(--_paper);
  font: var(--ticker-size, 16px)/1.4 sans-serif; font-family: var(--ticker-font, inherit);
}
:host([hidden]), [hidden] { display: none !important }
:lang(ar) { line-height: 1.65 }
* { box-sizing: border-box; margin: 0; padding: 0 }
.head { display: flex; align-items: center; gap: .5em; min-block-size: 2.4em; border-block-end: 1px solid var(--_rule); border-block-start: 3px solid var(--_fill); padding-inline-end: .5em }
.label { display: inline-grid; background: var(--_fill); color: var(--_on); font-weight: 800; padding-inline: .8em 1.3em; align-self: stretch; align-content: center }
.label:not(:lang(ar)) { text-transform: uppercase; letter-spacing: .05em; font-size: .875em }
.label * { grid-area: 1 / 1 }
.root:has(:is(.u1, .u2):not([hidden])) .label :last-child, .root:not(:has(:is(.u1, .u2):not([hidden]))) .label :first-child { visibility: hidden }
.root:not(:has(:is(.u1, .u2):not([hidden]))) .label { background: none; color: inherit }
.state { font-size: .8125em; font-weight: 600; color: var(--_soft); flex: 1; white-space: nowrap; overflow: hidden; text-overflow: ellipsis }
.state::before { content: ""; display: inline-block; margin-inline-end: .4em; inline-size: .6em; block-size: .6em; border: 2px solid; border-radius: 50% }
[class=root] .body { padding-block-end: 2.2em; min-block-size: calc(var(--ticker-height) + 2.2em) }
.empty { padding: .8em; color: var(--_soft) }
ol { list-style: none; max-block-size: var(--ticker-height, none); overflow: auto; overflow-wrap: anywhere }
li { text-align: start; padding: .7em .8em; border-block-end: 1px solid var(--_rule); border-inline-start: 4px solid transparent }
li:last-child { border-block-end: 0 }
.meta { display: flex; flex-wrap: wrap; gap: .1em .7em; font-size: .8125em; color: var(--_soft) }
.mark { color: var(--_accent); font-weight: 800; display: inline-flex; align-items: center; gap: .35em }
.mark::before { content: ""; inline-size: .65em; block-size: .65em; background: currentColor; rotate: 45deg }
.u1 { border-inline-start-color: var(--_fill) }
.u1 .text { font-size: 1.2em; line-height: 1.3 }
.u1 .text:lang(ar) { line-height: 1.6 }
.source { font-weight: 700 }
a { color: inherit }
.note { font-size: .875em; margin-block-start: .25em; padding-inline-start: .6em; border-inline-start: 2px solid var(--_warn); color: var(--_soft) }
.sr { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.tools { display: flex; align-items: center; gap: .25em; flex: 1; min-inline-size: 0 }
@container (max-width: 352px) {
  .label.label { font-size: .8em; padding-inline: .7em 1.1em }
  .label.label:lang(ar) { font-size: .95em }
}
`;

/** By text, for each document. @type {WeakMap<Document, Record<string, CSSStyleSheet>>} */
const sheets = new WeakMap();

/**
 * Gives a shadow root a style sheet that all tickers of its document share. A constructed sheet is allowed where a
 * policy forbids inline style, but only in the document that it was made for.
 * @param {ShadowRoot} root @param {string} [text]
 */
export function adopt(root, text = css) {
  const document = root.ownerDocument;
  const known = sheets.get(document) ?? {};
  sheets.set(document, known);
  let sheet = known[text];
  if (!sheet) {
    sheet = known[text] = new (document.defaultView ?? window).CSSStyleSheet();
    sheet.replaceSync(text);
  }
  root.adoptedStyleSheets.push(sheet);
}

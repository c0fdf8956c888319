/** The widget's style sheet. Every colour and size that a page may set is a custom property `--ticker-*`. */

const css = `
:host {
  --_ink: var(--ticker-ink, light-dark(#14171c, #f1f2f4));
  --_soft: var(--ticker-soft, light-dark(#505762, #aab1bd));
  --_paper: var(--ticker-paper, light-dark(#fff, #15181d));
  --_rule: var(--ticker-rule, light-dark(#dcdad4, #2d333c));
  --_accent: var(--ticker-accent, light-dark(#b3121d, #ff6a66));
  --_fill: var(--ticker-fill, #b3121d);
  --_good: light-dark(#0b6b45, #4cc38a);
  --_warn: light-dark(#875000, #f0b04e);
  display: block; container-type: inline-size;
  color: var(--_ink); background: var(--_paper);
  font: 1rem/1.4 var(--ticker-font, system-ui, sans-serif);
}
:host([hidden]), [hidden] { display: none !important }
:lang(ar) { line-height: 1.65 }
* { box-sizing: border-box; margin: 0; padding: 0 }
.head { display: flex; align-items: center; gap: .5rem; flex-wrap: wrap; border-block-end: 1px solid var(--_rule); border-block-start: 3px solid var(--_fill); padding-inline-end: .5rem }
.label { background: var(--_fill); color: #fff; font-weight: 800; padding: .45em 1.3em .45em .8em; clip-path: polygon(0 0, 100% 0, calc(100% - .6em) 100%, 0 100%) }
.label:not(:lang(ar)) { text-transform: uppercase; letter-spacing: .06em; font-size: .875em }
[dir=rtl] .label { padding: .3em .8em .3em 1.3em; clip-path: polygon(0 0, 100% 0, 100% 100%, .6em 100%) }
.state { font-size: .8125rem; font-weight: 600; color: var(--_soft); display: inline-flex; align-items: center; gap: .4em; padding-inline: .4rem }
.state::before { content: ""; inline-size: .6em; block-size: .6em; border: 2px solid; border-radius: 50% }
:host([state=live]) .state { color: var(--_good) }
:host([state=live]) .state::before { background: currentColor }
:host([state=stale]) .state { color: var(--_warn) }
:host([state=offline]) .state { color: var(--_accent) }
:host([state=offline]) .state::before { border-radius: 0 }
button { font: inherit; font-size: .8125rem; font-weight: 600; color: inherit; background: none; border: 1px solid transparent; border-radius: 3px; min-block-size: 1.875rem; min-inline-size: 1.875rem; padding-inline: .5rem; cursor: pointer }
button:hover { border-color: currentColor }
:focus-visible { outline: 3px solid light-dark(#0b4f9e, #86b8ff); outline-offset: 1px }
.fresh { background: var(--_fill); color: #fff; border-color: var(--_fill) }
.icon::before { content: ""; display: inline-block; inline-size: .2em; block-size: .85em; border: solid currentColor; border-width: 0 .24em; vertical-align: -.1em }
.icon.on::before { border-color: transparent currentColor; border-width: .42em 0 .42em .68em; inline-size: 0; block-size: 0 }
.turn::before { content: ""; display: inline-block; inline-size: .5em; block-size: .5em; border: solid currentColor; border-width: 2px 2px 0 0; rotate: 45deg }
.back::before, [dir=rtl] .turn::before { scale: -1 }
[dir=rtl] .back::before { scale: 1 }
.notice, .why { font-size: .875rem; padding: .3rem .8rem; border-block-end: 1px solid var(--_rule); color: var(--_warn); display: flex; align-items: center; gap: .5rem; justify-content: space-between }
.empty { padding: .8rem; color: var(--_soft) }
ol { list-style: none; max-block-size: var(--ticker-height, none); overflow: auto; overflow-wrap: anywhere }
li { padding: .7rem .8rem; border-block-end: 1px solid var(--_rule); border-inline-start: 4px solid transparent }
li:last-child { border-block-end: 0 }
.meta, .count { display: flex; flex-wrap: wrap; gap: .1rem .7em; font-size: .8125rem; color: var(--_soft); font-variant-numeric: tabular-nums }
.mark { color: var(--_accent); font-weight: 800; display: inline-flex; align-items: center; gap: .35em }
.mark::before { content: ""; inline-size: .65em; block-size: .65em; background: currentColor; rotate: 45deg }
.u2 .mark::before { rotate: none; clip-path: polygon(50% 0, 100% 100%, 0 100%) }
.u3 .mark::before { border-radius: 50% }
.u1 { border-inline-start-color: var(--_fill) }
.u1 .text { font-size: 1.2em; line-height: 1.3 }
.u1 .text:lang(ar) { line-height: 1.6 }
.source { font-weight: 700 }
.text { text-align: start; text-wrap: pretty }
a { color: inherit; text-decoration: underline; text-decoration-color: var(--_rule); text-underline-offset: .18em }
a:hover { text-decoration-color: currentColor }
.note { font-size: .875rem; margin-block-start: .25rem; padding-inline-start: .6em; border-inline-start: 2px solid var(--_warn); color: var(--_soft) }
.note b { color: var(--_warn) }
@media not (prefers-reduced-motion: reduce) { .new { animation: in 2.5s ease-out } }
@keyframes in { from { background: color-mix(in srgb, var(--_fill) 16%, transparent) } }
.sr { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.line { color-scheme: dark; color: var(--_ink); background: var(--_paper) }
.line .head { border-block-end: 0 }
.line li { min-block-size: 4.6rem; border-block-end: 0 }
.line .u1 { border-color: transparent }
.line .text { font-size: 1.125em }
@container (min-width: 46rem) {
  .line { display: grid; grid-template-columns: auto 1fr auto }
  .line .head { display: contents }
  .line .label { order: 0; display: grid; place-items: center; padding-inline: 1.2em 1.8em }
  .line .tools { order: 2; align-self: center; padding-inline: .5rem }
  .line .body { order: 1; min-inline-size: 0 }
  .line .notice, .line .why { order: 3; grid-column: 1 / -1 }
}
.tools { display: flex; align-items: center; gap: .25rem; margin-inline-start: auto; flex-wrap: wrap }
@container (max-width: 22rem) {
  .label.label { font-size: .8em; padding-inline: .7em 1.1em; letter-spacing: 0 }
  .label.label:lang(ar) { font-size: .95em }
  .tools { gap: 0 }
}
@media (forced-colors: active) { .mark::before, :host([state=live]) .state::before { background: CanvasText } .label, .fresh { border: 1px solid; clip-path: none } .u1 { border-inline-start-color: Highlight } }
`;

/** One sheet for all tickers of a page. A constructed sheet is allowed where a policy forbids inline style. */
export const sheet = new CSSStyleSheet();
sheet.replaceSync(css);

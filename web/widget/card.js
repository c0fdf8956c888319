/** The layout `card`: the newest item large, and two more below it. */

/** How many items show where the page does not say. */
export const shown = 3;

export const css = `
.card { border: 1px solid var(--_rule); border-block-start: 0 }
.card li { padding: .55em .8em }
.card li:first-child { padding-block: .9em 1em }
.card li:first-child .text { font-size: 1.5em; line-height: 1.25; font-weight: 700; text-wrap: balance; margin-block-start: .25em }
.card li:first-child .source { font-weight: 400; color: var(--_soft) }
.card li:first-child .text:lang(ar) { line-height: 1.5 }
.card :is(.text, .note) { overflow: hidden; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2 }
.card li:first-child .text { -webkit-line-clamp: 4 }
@container (max-width: 352px) { .card li:first-child .text { font-size: 1.25em } }
`;

export const extend = () => ({});

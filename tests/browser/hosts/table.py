"""Pages that were not made for the widget, and what it does in each: the table of docs/embed.md."""

from typing import Final, NamedTuple

LIST: Final = '<breaking-ticker src="/v1/live" edition="en"></breaking-ticker>'
LINE: Final = '<breaking-ticker src="/v1/live" edition="en" layout="line"></breaking-ticker>'
_PARAGRAPH: Final = "<p>Before</p>"


class Host(NamedTuple):
    """A page: `head` and `body` go into a document with this doctype and these attributes of its root."""

    body: str
    head: str = ""
    doctype: str = "<!doctype html>"
    root: str = 'lang="en"'
    policy: str = ""
    """The Content-Security-Policy."""
    is_framed: bool = False

    def document(self, script: str = "/widget/breaking-ticker.js") -> str:
        """The whole page, with the widget's script."""
        loaded = "" if self.is_framed else f'<script type="module" src="{script}"></script>'
        return (
            f'{self.doctype}<html {self.root}><head><meta charset="utf-8"><title>A page</title>'
            f'<meta name="viewport" content="width=device-width">{self.head}{loaded}</head>'
            f"<body>{self.body}</body></html>"
        )


_FRAME: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A frame</title>'
    '<script type="module" src="{url}/widget/breaking-ticker.js"></script></head>'
    f"<body>{LIST.replace('/v1/live', '{url}/v1/live')}</body></html>"
)

HOSTS: Final[dict[str, Host]] = {
    "flex": Host(f'<div style="display:flex">{_PARAGRAPH}{LIST}</div>'),
    "grid": Host(
        f'<div style="display:grid;grid-template-columns:auto auto;justify-content:start">{_PARAGRAPH}{LIST}</div>'
    ),
    "table": Host(f"<table><tr><td>Before</td><td>{LIST}</td></tr></table>"),
    "float": Host(f'<div style="float:left">{LIST}</div>'),
    "inline-block": Host(f'<div style="display:inline-block">{LIST}</div>'),
    "absolute": Host(f'<div style="position:absolute">{LIST}</div>'),
    "small rem": Host(LIST, "<style>html { font-size: 62.5% } body { font-size: 1.6rem }</style>"),
    "all unset": Host(LIST, "<style>* { all: unset }</style>"),
    "all initial": Host(LIST, "<style>body, body * { all: initial }</style>"),
    "reset": Host(
        LIST,
        "<style>*, ::before, ::after { box-sizing: content-box; margin: 0; padding: 0; border: 0; text-transform:"
        " uppercase; letter-spacing: 4px; line-height: 3; list-style: none; font: inherit }</style>",
    ),
    "inherited": Host(
        LIST,
        "<style>body { font: italic 40px/3 cursive; color: lime; text-indent: 5em; white-space: pre; word-spacing: 1em;"
        " text-align: right; visibility: visible; direction: ltr; hyphens: auto }</style>",
    ),
    "policy": Host(
        LIST,
        policy=(
            "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none';"
            " require-trusted-types-for 'script'; trusted-types 'none'"
        ),
    ),
    "sandboxed frame": Host(
        '<iframe title="News" sandbox="allow-scripts" width="600" height="500" style="max-width:100%"'
        ' src="/pages/frame"></iframe>',
        is_framed=True,
    ),
    "right to left": Host(LIST, root='lang="ar" dir="rtl"'),
    "quirks": Host(f'<table width="100%"><tr><td>{LIST}</td></tr></table>', doctype=""),
    "transformed": Host(f'<div style="transform:translateZ(0);contain:layout">{_PARAGRAPH}{LIST}</div>'),
}

FRAME: Final = _FRAME

_OWN_WIDTH: Final = "is as wide as its content asks, and never wider than the page"
_OWN_LOOK: Final = "looks as in an empty page"

OUTCOMES: Final[dict[str, str]] = {
    "flex": _OWN_WIDTH,
    "grid": _OWN_WIDTH,
    "table": _OWN_WIDTH,
    "float": _OWN_WIDTH,
    "inline-block": _OWN_WIDTH,
    "absolute": _OWN_WIDTH,
    "small rem": _OWN_LOOK,
    "all unset": _OWN_LOOK,
    "all initial": _OWN_LOOK,
    "reset": _OWN_LOOK,
    "inherited": _OWN_LOOK,
    "policy": "is live, and breaks no rule of the policy",
    "sandboxed frame": "is live without storage and without an origin",
    "right to left": "has its words and its direction from the page",
    "quirks": _OWN_LOOK,
    "transformed": _OWN_LOOK,
    "two tickers": "each shows the items of its own ticker",
    "wordpress": "looks as in an empty page, in a theme's article and in its sidebar",
    "react": "hydrates without a message; properties, events and strict mode work",
    "vue": "properties and events work; removed, it closes its connection",
    "svelte": "properties and events work; removed, it closes its connection",
    "lit": "properties and events work inside another element's shadow tree",
    "tabloid": "a line below the masthead, a card and a list beside the stories, in three languages",
    "broadsheet": "a line above the masthead and a list in a narrow column, in three languages",
    "broadcaster": "a line and a list in rounded boxes and a crawl at the foot, in three languages",
}
"""What happens in each page, as docs/embed.md says it; the tests of this folder hold every one."""

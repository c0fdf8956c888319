"""A browser script read as tokens: what each name in it stands for, where it stands, and what is declared where.

Of a source it asks what a formatter gives: every semicolon, and parentheses around parameters.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

Kind = Literal["name", "private", "value", "sign"]
Role = Literal["variable", "shorthand", "property", "public", ""]
"""What a name stands for: a shorthand is property and variable at once, a public one is known to other modules."""


class Token(NamedTuple):
    """A piece of source; a value is a string, number or pattern, or a template's text up to where code begins."""

    kind: Kind
    text: str


_TOKEN: Final = re.compile(
    r"""(?P<skip>\s+|//.*|/\*[\s\S]*?\*/)
    |(?P<value>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\.?\d[\w.]*)
    |(?P<private>\#[A-Za-z_$][\w$]*)
    |(?P<name>[A-Za-z_$][\w$]*)
    |(?P<sign>=>|\.\.\.|\?\.|(?:\*\*|&&|\|\||\?\?|<<|>>>?)=?|\+\+|--|===?|!==?|[-+*/%&|^<>]=?|[][(){};,.:?~!=])""",
    re.VERBOSE,
)
_PATTERN: Final = re.compile(r"/(?![/*])(?:\[(?:[^]\\\n]|\\.)*\]|[^/\\\n[]|\\.)+/\w*")
_TEMPLATE: Final = re.compile(r"[`}](?:[^\\`$]|\\.|\$(?!\{))*(?:`|(?P<code>\$\{))", re.DOTALL)
KEYWORDS: Final = frozenset(
    "arguments as async await break case catch class const continue debugger default delete do else enum export "
    "extends false finally for from function get if import in instanceof let meta new null of return set static "
    "super switch this throw true try typeof undefined var void while with yield".split()
)
# A brace after one of these opens a block; after others, an object or what takes one apart.
_BEFORE_BLOCK: Final = frozenset(") => { } ; else try finally do catch".split())
_BEFORE_KEY: Final = {
    "class": frozenset("{ } ; get set static async *".split()),
    "object": frozenset("{ , get set async *".split()),
}
# After one of these a slash opens a pattern, though they are written like names.
_BEFORE_PATTERN: Final = frozenset(
    "await case delete do else extends in instanceof of return throw typeof void yield".split()
)
_BEFORE_BINDING: Final = frozenset("( , { [ : ...".split())
_HEADS: Final = frozenset("if for while switch".split())
CLOSES: Final = {"}": "{", ")": "(", "]": "["}


def tokens(source: str) -> Iterator[Token]:
    """The tokens of `source`; ValueError where it holds what is not known here."""
    at, depth, last, ends = 0, 0, Token("sign", ""), False
    templates: list[int] = []
    while at < len(source):
        resumed = source[at] == "}" and templates[-1:] == [depth]
        if source[at] == "`" or resumed:
            found = _TEMPLATE.match(source, at)
            del templates[len(templates) - resumed :]
            if found and found["code"]:
                templates.append(depth)
            kind = "value"
        # After a value a slash divides; elsewhere it opens a pattern.
        elif not ends and (found := _PATTERN.match(source, at)):
            kind = "value"
        elif found := _TOKEN.match(source, at):
            kind = found.lastgroup or ""
        if found is None:
            raise ValueError(f"This cannot be read: {source[at : at + 40]!r}")
        at = found.end()
        if kind == "skip":
            continue
        before, last = last, Token(kind, found[0])  # type: ignore[arg-type]  # the groups are named after the kinds
        ends = _ends_value(before, last)
        depth += {"{": 1, "}": -1}.get(last.text, 0)
        yield last


def _ends_value(before: Token, token: Token) -> bool:
    """Whether a slash after `token` divides."""
    if token.kind == "name":
        # A property may be called as a keyword is.
        return token.text not in _BEFORE_PATTERN or before.text in (".", "?.")
    if token.kind == "sign":
        return token.text in CLOSES or token.text in ("++", "--")
    return not token.text.endswith("${")


class Place(NamedTuple):
    """Where a token stands: in which method or statement of the top, in which class, and whether in no bracket."""

    unit: int
    body: int
    top: bool


def roles(told: Sequence[Token]) -> Iterator[Role]:
    """What each token stands for."""
    within = ["block"]
    for at, (kind, text) in enumerate(told):
        before = told[at - 1].text if at else ";"
        after = told[at + 1].text if at + 1 < len(told) else ";"
        if kind == "sign" and text in ("{", "(", "["):
            within.append(_opened(told, at) if text == "{" else text)
        elif kind == "sign" and text in CLOSES:
            within.pop()
        inside = within[-1]
        key = before in _BEFORE_KEY.get(inside, ())
        if kind != "name":
            yield ""
        elif before in (".", "?."):
            yield "property"
        elif text in KEYWORDS:
            yield ""
        elif inside == "public":
            yield "public"
        elif inside == "object" and before in ("{", ",") and after in (",", "}", "="):
            yield "shorthand"
        elif key and (inside == "class" or after in (":", "(")):
            yield "property"
        else:
            yield "variable"


def places(told: Sequence[Token]) -> Iterator[Place]:
    """Where each token stands."""
    unit = body = 0
    within: list[str] = []
    for at, (kind, text) in enumerate(told):
        yield Place(unit, body, not within)
        if kind != "sign":
            continue
        if text in ("{", "(", "["):
            within.append(_opened(told, at) if text == "{" else text)
            body += within == ["class"]
        elif text in CLOSES:
            within.pop()
        follows = told[at + 1] if at + 1 < len(told) else Token("sign", "}")
        ends = text == ";" or (text == "{" and within == ["class"])
        ends |= text == "}" and (follows.kind == "private" or follows.text == "}" or _begins(follows))
        if ends and within in ([], ["class"]):
            unit += 1


def _begins(token: Token) -> bool:
    return token.kind == "name" and token.text not in ("else", "catch", "finally", "while", "in", "of", "instanceof")


def declared(
    told: Sequence[Token], roles: Sequence[Role], places: Sequence[Place]
) -> tuple[set[str], set[tuple[int, str]]]:
    """What `const`, `let`, `function`, `class`, parameter and `catch` introduce: at the top, and within which unit."""
    ends = _ends(told)
    everywhere: set[str] = set()
    within: set[tuple[int, str]] = set()
    for at, (kind, text) in enumerate(told):
        if kind == "name" and text in ("const", "let", "function", "class") and roles[at] == "":
            first = at + 1
        elif kind == "sign" and text == "(" and _takes(told, at, ends[at]):
            first = at
        else:
            continue
        # A name alone, or those of a pattern; what stands after `=` is a default.
        for each in range(first, ends.get(first, first) + 1):
            named = roles[each] in ("variable", "shorthand")
            if named and (each == first or told[each - 1].text in _BEFORE_BINDING):
                if places[at].top and text != "(":
                    everywhere.add(told[each].text)
                else:
                    within.add((places[each].unit, told[each].text))
    public = {text for (_, text), role in zip(told, roles, strict=True) if role == "public"}
    return everywhere - public, {(unit, text) for unit, text in within if text not in public}


def _opened(told: Sequence[Token], at: int) -> str:
    """What the brace at `at` opens."""
    before = told[at - 1].text if at else ";"
    if before == "export":
        return "public"
    for _, text in reversed(told[max(0, at - 4) : at]):
        if text == "class":
            return "class"
        if text in ("{", "}", ";"):
            break
    return "block" if before in _BEFORE_BLOCK else "object"


def _ends(told: Sequence[Token]) -> dict[int, int]:
    """Where each bracket is closed."""
    open_: list[int] = []
    ends: dict[int, int] = {}
    for at, (kind, text) in enumerate(told):
        if kind == "sign" and text in ("{", "(", "["):
            open_.append(at)
        elif kind == "sign" and text in CLOSES:
            ends[open_.pop()] = at
    return ends


def _takes(told: Sequence[Token], start: int, end: int) -> bool:
    """Whether the parentheses from `start` to `end` hold parameters."""
    after = told[end + 1].text if end + 1 < len(told) else ""
    by = told[start - 1] if start else Token("sign", "")
    return after == "=>" or (after == "{" and by.kind in ("name", "private") and by.text not in _HEADS)

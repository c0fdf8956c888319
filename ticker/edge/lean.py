"""A browser module as it is sent: its own tokens, without comments and spaces, under the shortest names that do.

A name gets its short one wherever it is no property. Blocks are not told apart: within a method, or a statement of
the top, one name is one thing; so what is taken from the browser there must not be declared there too.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from typing import Final, Literal

from ticker.edge.script import CLOSES, KEYWORDS, Role, Token, declared, places, roles, tokens

_Scope = tuple[Literal["top", "unit", "class"], int]
_WORDS: Final = re.compile(r"[\w$][\w$#]")
_CSS: Final = re.compile(r"\s*([{};,`])\s*|(?<=:)\s+")
# As frequent as in the rest of the text, so that they pack well.
_LETTERS: Final = "tenirasoclpdhumgfbwyvkxjqzTENIRASOCLPDHUMGFBWYVKXJQZ"


# It takes a tenth of a second, and a process may start many nodes, all with the same module.
@lru_cache(maxsize=1)
def lean(source: str) -> str:
    """`source`, a module that imports nothing at its top, made short; what it exports keeps its name."""
    read = list(tokens(source))
    told, stands = _inlined(read, list(roles(read)))
    names = _short_names(told, stands)
    written = [""]
    for at, ((kind, text), role) in enumerate(zip(told, stands, strict=True)):
        after = told[at + 1].text if at + 1 < len(told) else ""
        if kind == "sign" and ((text == "," and after in CLOSES) or (text == ";" and after == "}")):
            continue
        if _lone(told, at) or _lone(told, at - 2):
            continue
        if text == "const" and role != "property":
            text = "let"
        if at in names:
            text = f"{text}:{names[at]}" if role == "shorthand" else names[at]
        elif kind == "value" and "\n" in text:
            text = _style(text)
        written.append(" " + text if _would_join(written[-1], text) else text)
    return "".join(written)


def _lone(told: Sequence[Token], at: int) -> bool:
    """Whether at `at` a parameter's parentheses open that it needs not, being the only one."""
    texts = [text for _, text in told[at : at + 4]] if at >= 0 else []
    return texts[:1] == ["("] and texts[2:] == [")", "=>"] and told[at + 1].kind == "name"


def _inlined(told: Sequence[Token], stands: Sequence[Role]) -> tuple[list[Token], list[Role]]:
    """With each constant that is one value and is used once put where it is used."""
    written = Counter(text for kind, text in told if kind == "name")
    lasts = {text: at for at, (kind, text) in enumerate(told) if kind == "name" and written[text] == 2}
    values: dict[int, Token] = {}
    gone: set[int] = set()
    for at, (word, name, sign, value, end) in enumerate(
        zip(told, told[1:], told[2:], told[3:], told[4:], strict=False)
    ):
        used = lasts.get(name.text, at)
        if word.text == "const" and (sign.text, value.kind, end.text) == ("=", "value", ";"):
            if used > at + 1 and stands[used] == "variable":
                values[used] = value
                gone.update(range(at, at + 5))
    left = [at for at in range(len(told)) if at not in gone]
    return [values.get(at, told[at]) for at in left], ["" if at in values else stands[at] for at in left]


def _short_names(told: Sequence[Token], stands: Sequence[Role]) -> dict[int, str]:
    """The short name of each token that may have one: of private names, and of what the module declares.

    Private names are given anew in each class, others in each method and each statement at the top; what is
    declared at the top has one name throughout, which nothing else has.
    """
    stand_at = list(places(told))
    everywhere, within = declared(told, stands, stand_at)
    uses: dict[_Scope, Counter[str]] = {}
    scopes: dict[int, _Scope] = {}
    kept = set(KEYWORDS)
    for at, ((kind, text), role, place) in enumerate(zip(told, stands, stand_at, strict=True)):
        if kind == "private":
            scopes[at] = ("class", place.body)
        elif role in ("variable", "shorthand", "public"):
            if text in everywhere:
                scopes[at] = ("top", 0)
            elif (place.unit, text) in within:
                scopes[at] = ("unit", place.unit)
            else:
                kept.add(text)
        if at in scopes:
            uses.setdefault(scopes[at], Counter())[text] += 1
    letters = [name for name in _LETTERS if name not in kept]
    pairs = [name for name in map("".join, product(_LETTERS, repeat=2)) if name not in kept]
    given: dict[_Scope, dict[str, str]] = {}
    for scope, counted in uses.items():
        # One letter for what is near, two for what is known throughout: neither can hide the other.
        names = {"top": pairs, "unit": letters, "class": [*letters, *pairs]}[scope[0]]
        if len(counted) > len(names):
            raise ValueError(f"Too many names in one place, from {next(iter(counted))} on")
        given[scope] = dict(zip((text for text, _ in counted.most_common()), names, strict=False))
    return {at: ("#" if scope[0] == "class" else "") + given[scope][told[at].text] for at, scope in scopes.items()}


def _would_join(left: str, right: str) -> bool:
    """Whether the two would be read as one."""
    meeting = left[-1:] + right[0]
    # The dot after a number would be its decimal point.
    pointed = right == "." and left.lstrip()[:1].isdigit()
    return pointed or _WORDS.fullmatch(meeting) is not None or meeting in ("++", "--", "//")


def _style(sheet: str) -> str:
    """A template of several lines, which is a style sheet, without the spaces that mean nothing there."""
    return _CSS.sub(r"\1", re.sub(r"\s+", " ", sheet)).replace(";}", "}")

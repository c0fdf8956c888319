"""House style: rules of one language in a TOML file, each with a pattern and an advice.

A pattern is a sequence of words, separated by spaces. In a word, `*` stands for any letters and `|` separates
alternatives; `#` is a number, `^` the beginning and `$` the end of the line, `{spaces}` two or more spaces. Patterns
are no regular expressions: matching never goes back over a line, so that no rule can slow the desk down.
"""

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

RULES_LIMIT: Final = 500
FILE_LIMIT: Final = 262_144
_PATTERN_LIMIT: Final = 200
_WORDS_LIMIT: Final = 8
_ADVICE_LIMIT: Final = 300
_FIX_LIMIT: Final = 100
# Rules that may begin with any word are tried at every word.
_OPEN_RULES_LIMIT: Final = 50
_TOKENS_LIMIT: Final = 300
_LONGEST_WORD: Final = 80
_FINDINGS_LIMIT: Final = 20
# Vowel signs and accents belong to the letter before them.
_LETTERS: Final = "(?:[^\\W_][\u0300-\u036f\u064b-\u0655]*)+"
_TOKEN: Final = re.compile(rf"\s{{2,}}|{_LETTERS}(?:['’\-‑]{_LETTERS})*|[^\w\s]|_")
_HEADER: Final = re.compile(r"^[ \t]*\[\[\s*rule\s*\]\]", re.MULTILINE)
_SPACES: Final = "{spaces}"
_START: Final = "^"
_END: Final = "$"
_NUMBER: Final = "#"


class Finding(msgspec.Struct, frozen=True):
    """A place in a line that a rule is about; `fix` is the text that should stand there, or None."""

    start: int
    end: int
    advice: str
    fix: str | None


class StyleError(Exception):
    """A rules file cannot be used; the message names the line and the reason."""


class _RuleInput(msgspec.Struct, forbid_unknown_fields=True):
    pattern: str
    advice: str
    fix: str | None = None
    case: bool = False


class _File(msgspec.Struct, forbid_unknown_fields=True):
    rule: list[_RuleInput] = []


class _Rule(msgspec.Struct, frozen=True):
    words: tuple[tuple[str, ...], ...]
    """The alternatives of each word."""
    advice: str
    fix: str | None
    case: bool


class _Token(msgspec.Struct, frozen=True):
    text: str
    folded: str
    start: int
    end: int


class HouseStyle:
    """The rules of one language."""

    def __init__(self, rules: Sequence[_Rule] = ()) -> None:
        self._by_word: defaultdict[str, list[_Rule]] = defaultdict(list)
        self._open: list[_Rule] = []
        for rule in rules:
            if any("*" in form or form == _NUMBER for form in rule.words[0]):
                self._open.append(rule)
            else:
                for form in rule.words[0]:
                    self._by_word[_folded(form)].append(rule)

    def __len__(self) -> int:
        return len({id(rule) for rules in self._by_word.values() for rule in rules}) + len(self._open)

    def findings(self, line: str) -> list[Finding]:
        """What the rules say about `line`, in the order of the places."""
        if not self._by_word and not self._open:
            return []
        tokens = _tokens(line)
        return sorted(self._all_findings(tokens), key=lambda finding: finding.start)[:_FINDINGS_LIMIT]

    def _all_findings(self, tokens: Sequence[_Token]) -> Iterator[Finding]:
        for index, token in enumerate(tokens):
            for rule in (*self._by_word.get(token.folded, ()), *self._open):
                if _matches(rule, tokens, index):
                    own = [part for part in tokens[index : index + len(rule.words)] if part.text]
                    start, end = (own[0].start, own[-1].end) if own else (token.start, token.end)
                    yield Finding(start, end, rule.advice, rule.fix)


def read_rules(text: str) -> HouseStyle:
    """The rules in the TOML file `text`; raises `StyleError`."""
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except tomllib.TOMLDecodeError as error:
        raise StyleError(str(error)) from None
    except msgspec.ValidationError as error:
        number = re.search(r"\$\.rule\[(\d+)\]", str(error))
        raise StyleError(_at(text, int(number[1]) if number else 0, str(error))) from None
    except RecursionError:
        raise StyleError("nested too deeply") from None
    if len(file.rule) > RULES_LIMIT:
        raise StyleError(_at(text, RULES_LIMIT, f"more than {RULES_LIMIT} rules"))
    rules: list[_Rule] = []
    open_rules = 0
    for index, rule in enumerate(file.rule):
        if (fault := _fault(rule)) is not None:
            raise StyleError(_at(text, index, fault))
        alternatives = tuple(tuple(term.split("|")) if term != "|" else ("|",) for term in rule.pattern.split())
        open_rules += any("*" in term or term == _NUMBER for term in alternatives[0])
        if open_rules > _OPEN_RULES_LIMIT:
            raise StyleError(_at(text, index, f"more than {_OPEN_RULES_LIMIT} patterns begin with * or #"))
        rules.append(_Rule(alternatives, rule.advice, rule.fix, rule.case))
    return HouseStyle(rules)


def _fault(rule: _RuleInput) -> str | None:
    terms = rule.pattern.split()
    if not terms:
        return "the pattern is empty"
    if len(rule.pattern) > _PATTERN_LIMIT or len(terms) > _WORDS_LIMIT:
        return f"the pattern is longer than {_PATTERN_LIMIT} characters or {_WORDS_LIMIT} words"
    if any(not part for term in terms if term != "|" for part in term.split("|")):
        return "an alternative of the pattern is empty"
    if any(set(part) <= {"*"} for term in terms for part in term.split("|") if part):
        return "a word of the pattern is only *"
    if _START in terms[1:] or _END in terms[:-1]:
        return "^ is only the first word of a pattern, $ only the last"
    if not rule.advice.strip() or len(rule.advice) > _ADVICE_LIMIT:
        return f"the advice is empty or longer than {_ADVICE_LIMIT} characters"
    if rule.fix is not None and (len(rule.fix) > _FIX_LIMIT or not rule.fix.isprintable()):
        return f"the fix is longer than {_FIX_LIMIT} characters or has characters that are not printable"
    return None


def _at(text: str, rule: int, reason: str) -> str:
    """`reason` with the line on which rule number `rule` (from 0) begins."""
    headers = [text.count("\n", 0, match.start()) + 1 for match in _HEADER.finditer(text)]
    return f"line {headers[rule]}: {reason}" if rule < len(headers) else reason


def _tokens(line: str) -> list[_Token]:
    tokens = [_Token(_START, _START, 0, 0)]
    for match in _TOKEN.finditer(line):
        text = match[0]
        folded = _SPACES if text.isspace() else _folded(text)
        tokens.append(_Token(text, folded, match.start(), match.end()))
        if len(tokens) == _TOKENS_LIMIT:
            break
    tokens.append(_Token(_END, _END, len(line), len(line)))
    return tokens


def _matches(rule: _Rule, tokens: Sequence[_Token], index: int) -> bool:
    if index + len(rule.words) > len(tokens):
        return False
    return all(
        any(_is_word(alternative, tokens[index + offset], case=rule.case) for alternative in alternatives)
        for offset, alternatives in enumerate(rule.words)
    )


def _is_word(pattern: str, token: _Token, *, case: bool) -> bool:
    if pattern == _NUMBER:
        return token.text[:1].isdecimal()
    if pattern in (_SPACES, _START, _END):
        return token.folded == pattern
    text, pattern = (token.text, pattern) if case else (token.folded, _folded(pattern))
    if "*" not in pattern:
        return text == pattern
    # A star stands for letters, not for a mark of punctuation.
    return len(text) <= _LONGEST_WORD and text[:1].isalnum() and _is_glob(pattern, text)


def _is_glob(pattern: str, text: str) -> bool:
    """Whether `text` matches `pattern`, in which each `*` stands for any characters."""
    first, *middle = pattern.split("*")
    last = middle.pop()
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    position, end = len(first), len(text) - len(last)
    # The leftmost place of each part leaves the most room for the next one.
    for part in middle:
        position = text.find(part, position, end)
        if position < 0:
            return False
        position += len(part)
    return True


def _folded(text: str) -> str:
    """`text` in lower case, without Arabic vowel signs and tatweel."""
    if text.isascii():
        return text.casefold()
    return "".join(
        character
        for character in unicodedata.normalize("NFC", text).casefold()
        if character != "ـ" and not "\u064b" <= character <= "\u0652"
    )

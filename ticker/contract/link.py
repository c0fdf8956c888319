"""Checks the link of an item: an absolute https address."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote, urlsplit

from ticker.contract.characters import is_refused, name_of
from ticker.contract.sentences import RefusedError

LINK_LIMIT: Final = 2000
# The reserved and unreserved characters of RFC 3986, and the percent sign of what is encoded already.
_SAFE: Final = "%/?#@!$&'()*+,;=:-._~"
# A percent sign must precede two hexadecimal digits, and a fragment must not contain a number sign.
_LONE_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")
# Words in an address may need them: Persian and Indic joiners, Khmer and Thai word breaks.
_INVISIBLE: Final = frozenset("\u200b\u200c\u200d")
_NEVER_IN_HOST: Final = frozenset(' "<>^`{|}%')
_PATH_START: Final = re.compile("[/?#]")


def clean_link(value: str) -> str:
    """Returns `value` if it is an absolute https URL with a host and no user information, as RFC 3986 writes it.

    Characters after the host that an address bar shows decoded are percent-encoded. Raises `RefusedError`.
    """
    refusal = RefusedError("link", limit=LINK_LIMIT)
    if len(value) > LINK_LIMIT:
        raise refusal
    path = _PATH_START.search(value, len("https://"))
    host_end = path.start() if path else len(value)
    for index, character in enumerate(value):
        if _is_refused_in_link(character, is_host=index < host_end, is_outer=index in (0, len(value) - 1)):
            raise RefusedError(
                "link-character", name=name_of(character), code=f"{ord(character):04X}", position=index + 1
            )
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise refusal from None
    link = value[:host_end] + _encode(value[host_end:])
    if parts.scheme != "https" or not host.strip(".") or "@" in parts.netloc or len(link) > LINK_LIMIT:
        raise refusal
    return link


def _is_refused_in_link(character: str, *, is_host: bool, is_outer: bool) -> bool:
    if character == "\\" or (character == " " and is_outer):
        # A browser reads the first as a slash and removes the second: the address would be another.
        return True
    if is_host and (character in _NEVER_IN_HOST or character in _INVISIBLE):
        return True
    if character in _INVISIBLE or character == " ":
        return False
    category = unicodedata.category(character)
    return category == "Zs" or is_refused(character, category)


def _encode(path: str) -> str:
    encoded = quote(_LONE_PERCENT.sub("%25", path), safe=_SAFE)
    address, mark, fragment = encoded.partition("#")
    return address + mark + fragment.replace("#", "%23")

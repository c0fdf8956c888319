"""FLASHWIRE_DATABASE_URL: an address of PostgreSQL, every part of it read or refused before anything connects.

The sentences never quote the address: it may hold a password. libpq, PostgreSQL's own client library, reads the parts
again and takes all the options that are named here.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from ticker.shared.process.plain_file import PlainFileError, read_plain

_SCHEMES: Final = frozenset({"postgresql", "postgres"})
_FORM: Final = "postgresql://user:password@host:5432/database"
_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")
# A name, which may be of another script, or an address of IPv6 with its zone.
_HOST: Final = re.compile(r"[\w.%:-]*")


def _any(text: str) -> None:
    pass


def _choice(*choices: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        if text not in choices:
            raise ValueError(f"write {', '.join(choices[:-1])} or {choices[-1]}")

    return check


def _number(text: str) -> None:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError("write a number")


def _file(text: str) -> None:
    try:
        read_plain(Path(text))
    except OSError as error:
        raise ValueError(f"its file cannot be read: {error.strerror}") from None
    except PlainFileError as error:
        raise ValueError(f"its file cannot be read: {error}") from None


def _authorities(text: str) -> None:
    if text != "system":
        _file(text)


_OPTIONS: Final[dict[str, Callable[[str], None]]] = {
    "host": _any,
    "hostaddr": _any,
    "port": _any,
    "user": _any,
    "password": _any,
    "passfile": _file,
    "dbname": _any,
    "sslmode": _choice("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslrootcert": _authorities,
    "sslcert": _file,
    "sslkey": _file,
    "sslpassword": _any,
    "sslcrl": _file,
    "sslnegotiation": _choice("postgres", "direct"),
    "ssl_min_protocol_version": _choice("TLSv1.2", "TLSv1.3"),
    "channel_binding": _choice("disable", "prefer", "require"),
    "gssencmode": _choice("disable", "prefer", "require"),
    "krbsrvname": _any,
    "target_session_attrs": _choice("any", "read-write", "primary"),
    "load_balance_hosts": _choice("disable", "random"),
    "application_name": _any,
    "options": _any,
    "keepalives_idle": _number,
    "keepalives_interval": _number,
    "keepalives_count": _number,
    "tcp_user_timeout": _number,
}
# Every wait for the server has its limit, and text is UTF-8.
_OWN_OPTIONS: Final = frozenset({"connect_timeout", "client_encoding", "fallback_application_name", "replication"})


def check_database_url(url: str) -> str:
    """`url` as it is; raises `ValueError` with one sentence that says what to write instead."""
    scheme, separator, _ = url.partition("://")
    if not separator or scheme not in _SCHEMES or any(sign.isspace() or not sign.isprintable() for sign in url):
        raise _unreadable()
    if "#" in url:
        raise ValueError("write # as %23; a password in the address is percent-encoded")
    if _ESCAPE.search(url):
        raise ValueError("write % as %25; a password in the address is percent-encoded")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _unreadable() from None
    login, _, hosts = parts.netloc.rpartition("@")
    # A second / belongs to no name of a database unless it is percent-encoded.
    if "@" in login or "@" in parts.path or "/" in parts.path[1:]:
        raise _unreadable()
    for host in hosts.split(","):
        _check_host(host)
    _check_options(parts.query)
    return url


def _check_host(text: str) -> None:
    try:
        parts = urlsplit(f"//{text}")
        port = parts.port
    except ValueError:
        raise _unreadable() from None
    host = unquote(parts.hostname or "")
    # libpq takes the percent-encoded path of a socket's directory for a host.
    if not (host.startswith("/") or _HOST.fullmatch(host)) or port == 0:
        raise _unreadable()


def _check_options(query: str) -> None:
    if query and any("=" not in part for part in query.split("&")):
        raise _unreadable()
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name in _OWN_OPTIONS:
            raise ValueError(f"the option {name} is set by Flashwire itself; take it out of the address")
        if name not in _OPTIONS:
            label = f"{name} " if name.isidentifier() and len(name) < 40 else "in the address "
            raise ValueError(f"the option {label}is not known; an address may have {', '.join(_OPTIONS)}")
        try:
            _OPTIONS[name](text)
        except ValueError as error:
            raise ValueError(f"the option {name} has a value that cannot be used: {error}") from None


def _unreadable() -> ValueError:
    return ValueError(
        f"not an address of PostgreSQL; write {_FORM}, with special characters in a password percent-encoded"
    )

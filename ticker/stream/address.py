"""REDIS_URL, parsed: which kind of service it names, its hosts, and the options of the connections to it.

redis-py ignores what it cannot read in an address, and fails at the first call for an option that it does not know.
Here every part is read or refused, with a sentence that never quotes the address: it may hold a password.
"""

import re
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from ticker.shared.process.plain_file import PlainFileError, read_plain

FORMS: Final = (
    "redis://host:port, rediss://host:port, unix:///path, redis+sentinel://host:port,host:port/service "
    "or redis+cluster://host:port,host:port"
)
# A name, which may be of another script, or an address of IPv6 with its zone.
_HOST: Final = re.compile(r"[\w.:%-]+")
_PORTS: Final = {"": 6379, "cluster": 6379, "sentinel": 26379}


class Address(msgspec.Struct, frozen=True):
    """What an address says; `options` and `sentinel_options` are redis-py's, by name."""

    kind: str
    """`server`, `socket`, `sentinel` or `cluster`."""
    hosts: tuple[tuple[str, int], ...]
    is_encrypted: bool
    service: str
    """What the Sentinels call the primary."""
    options: dict[str, Any]  # Any: as many types as options
    sentinel_options: dict[str, Any]  # Any: as above


def _boolean(text: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    return words[text.lower()]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError
    return int(text)


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        return words[words.index(text.lower())]

    return read


def _file(text: str) -> str:
    read_plain(Path(text))
    return text


def _authorities(text: str) -> str:
    # Tried at the start: otherwise every connection would fail later.
    _tls().load_verify_locations(_file(text))
    return text


def _check_certificate(file: str | None, key: str | None) -> None:
    if file is None:
        raise ValueError("The option ssl_keyfile needs ssl_certfile, which names the certificate of the key.")
    try:
        # Given some password, OpenSSL does not ask a terminal for one.
        _tls().load_cert_chain(file, key, password="none")
    except (OSError, ValueError):
        raise ValueError(
            "The file of ssl_certfile must hold a certificate, and it or that of ssl_keyfile its key, with no password."
        ) from None


def _authorities_in(text: str) -> str:
    _tls().load_verify_locations(cadata=text)
    return text


def _ciphers(text: str) -> str:
    _tls().set_ciphers(text)
    return text


def _tls() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _tls_version(text: str) -> ssl.TLSVersion:
    # redis-py's own addresses give the number; people write 1.2.
    names = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
    return names[text] if text in names else ssl.TLSVersion(_number(text))


_OPTIONS: Final[dict[str, Callable[[str], Any]]] = {  # Any: as many types as options
    "db": _number,
    "username": str,
    "password": str,
    "client_name": str,
    "protocol": lambda text: int(_one_of("2", "3")(text)),
    "health_check_interval": _number,
    "socket_keepalive": _boolean,
}
_TLS_OPTIONS: Final[dict[str, Callable[[str], Any]]] = {  # Any: as above
    "ssl_ca_certs": _authorities,
    "ssl_ca_data": _authorities_in,
    "ssl_certfile": _file,
    "ssl_keyfile": _file,
    "ssl_cert_reqs": _one_of("required", "optional", "none"),
    "ssl_check_hostname": _boolean,
    "ssl_min_version": _tls_version,
    "ssl_ciphers": _ciphers,
}
_SENTINEL_OPTIONS: Final = {"sentinel_username": "username", "sentinel_password": "password"}
# A blocking read, the desk's budget and the form of replies depend on these.
_OWN_OPTIONS: Final = (
    "socket_timeout socket_connect_timeout timeout retry_on_timeout max_connections "
    "decode_responses encoding encoding_errors legacy_responses"
).split()


def read_address(url: str) -> Address:
    """The parts of `url`; raises `ValueError` with one sentence that says what to write instead."""
    scheme, separator, _ = url.partition("://")
    plain, _, addition = scheme.lower().partition("+")
    is_socket = (plain, addition) == ("unix", "")
    if not separator or not (is_socket or (plain in ("redis", "rediss") and addition in _PORTS)):
        raise _unreadable()
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _unreadable() from None
    if parts.fragment or "#" in url:
        raise ValueError("Write # as %23 in REDIS_URL; a password there is percent-encoded.")
    login, _, places = parts.netloc.rpartition("@")
    username, _, password = login.partition(":")
    is_encrypted = plain == "rediss"
    kind = "socket" if is_socket else addition or "server"
    options, sentinel_options = _read_options(parts.query, kind, is_encrypted)
    options |= {name: unquote(word) for name, word in (("username", username), ("password", password)) if word}
    if is_socket:
        if places or not parts.path:
            raise _unreadable()
        options["path"] = unquote(parts.path)
        return Address(kind, (), False, "", options, {})
    hosts = tuple(_read_host(place.strip(), _PORTS[addition]) for place in places.split(","))
    if len(hosts) > 1 and kind == "server":
        raise ValueError("Several hosts need redis+sentinel:// or redis+cluster://.")
    steps = [unquote(step) for step in parts.path.split("/")[1:] if step]
    service = ""
    if kind == "sentinel":
        service = steps.pop(0) if steps else "mymaster"
    if steps and "db" not in options:
        options["db"] = _converted("db", _number, steps.pop(0))
    if steps:
        raise _unreadable()
    if kind == "cluster" and options.pop("db", 0):
        raise ValueError("A cluster has only database 0; take the number out of the address.")
    return Address(kind, hosts, is_encrypted, service, options, sentinel_options)


def _read_options(query: str, kind: str, is_encrypted: bool) -> tuple[dict[str, Any], dict[str, Any]]:  # Any: as above
    options: dict[str, Any] = {}  # Any: as above
    sentinel_options: dict[str, Any] = {}  # Any: as above
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name in _SENTINEL_OPTIONS and kind == "sentinel":
            sentinel_options[_SENTINEL_OPTIONS[name]] = text
        elif name in _OPTIONS:
            options[name] = _converted(name, _OPTIONS[name], text)
        elif name in _TLS_OPTIONS:
            if not is_encrypted:
                raise ValueError(f"The option {name} needs an encrypted address: write rediss instead of redis.")
            value = _converted(name, _TLS_OPTIONS[name], text)
            options[name] = sentinel_options[name] = value
        elif name in _OWN_OPTIONS:
            raise ValueError(f"The option {name} is Flashwire's own to set; take it out of the address.")
        elif name == "ssl":
            raise ValueError("The option ssl is not known; for an encrypted connection write rediss instead of redis.")
        else:
            known = ", ".join([*_OPTIONS, *_TLS_OPTIONS, *(_SENTINEL_OPTIONS if kind == "sentinel" else ())])
            shown = name if name.isidentifier() and len(name) < 40 else "in the address"
            raise ValueError(f"The option {shown} is not known; an address may have: {known}.")
    if "ssl_certfile" in options or "ssl_keyfile" in options:
        _check_certificate(options.get("ssl_certfile"), options.get("ssl_keyfile"))
    return options, sentinel_options


def _converted(name: str, convert: Callable[[str], Any], text: str) -> Any:  # Any: as many types as options
    try:
        return convert(text)
    except ssl.SSLError:
        raise ValueError(f"The option {name} holds nothing that TLS can use.") from None
    except OSError as error:
        raise ValueError(f"The file of the option {name} cannot be read: {error.strerror}.") from None
    except PlainFileError as error:
        raise ValueError(f"The file of the option {name} cannot be read: {error}.") from None
    except (ValueError, KeyError):
        if name == "db":
            raise ValueError("The database in the address is a number, as in redis://host:6379/0.") from None
        raise ValueError(f"The option {name} has a value that cannot be read.") from None


def _read_host(place: str, port: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{place}")
        number = parts.port
    except ValueError:
        raise _unreadable() from None
    host = unquote(parts.hostname or "")
    if not _HOST.fullmatch(host) or parts.path or parts.query or number == 0 or "@" in place:
        raise _unreadable()
    return host, number or port


def _unreadable() -> ValueError:
    return ValueError(f"Not an address of Redis; write {FORMS}. Special characters in a password are percent-encoded.")

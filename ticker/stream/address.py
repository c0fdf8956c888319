"""Parses REDIS_URL: the kind of service, its hosts, and the options of its connections.

redis-py ignores parts of an address that it cannot read, and fails at the first call for an unknown option. Here every
part is read or refused. The error is one sentence and never quotes the address, which may contain a password.
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
# A host name in any script, or an IPv6 address with its zone.
_HOST: Final = re.compile(r"[\w.:%-]+")
_PORTS: Final = {"": 6379, "cluster": 6379, "sentinel": 26379}


class Address(msgspec.Struct, frozen=True):
    """A parsed address; `options` and `sentinel_options` are redis-py's, by name."""

    kind: str
    """`server`, `socket`, `sentinel` or `cluster`."""
    hosts: tuple[tuple[str, int], ...]
    is_encrypted: bool
    service: str
    """The name of the primary at the Sentinels."""
    options: dict[str, Any]  # Any: as many types as options
    sentinel_options: dict[str, Any]  # Any: as above


def _boolean(text: str) -> bool:
    values = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    return values[text.lower()]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError
    return int(text)


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        return choices[choices.index(text.lower())]

    return read


def _file(text: str) -> str:
    read_plain(Path(text))
    return text


def _authorities(text: str) -> str:
    # Loaded once at the start; otherwise every connection would fail later.
    _tls().load_verify_locations(_file(text))
    return text


def _check_certificate(file: str | None, key: str | None) -> None:
    if file is None:
        raise ValueError("The option ssl_keyfile needs ssl_certfile, which names the certificate of the key.")
    try:
        # Without a password argument, OpenSSL would ask for one on the terminal.
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
    # redis-py expects the number of the enum; people write 1.2.
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
# Blocking reads, the desk's time limit and the form of replies depend on these, so an address may not set them.
_OWN_OPTIONS: Final = (
    "socket_timeout socket_connect_timeout timeout retry_on_timeout max_connections "
    "decode_responses encoding encoding_errors legacy_responses"
).split()


def read_address(url: str) -> Address:
    """Returns the parts of `url`; raises `ValueError` with one sentence that says what to write instead."""
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
    login, _, host_list = parts.netloc.rpartition("@")
    username, _, password = login.partition(":")
    is_encrypted = plain == "rediss"
    kind = "socket" if is_socket else addition or "server"
    options, sentinel_options = _read_options(parts.query, kind, is_encrypted)
    options |= {name: unquote(text) for name, text in (("username", username), ("password", password)) if text}
    if is_socket:
        if host_list or not parts.path:
            raise _unreadable()
        options["path"] = unquote(parts.path)
        return Address(kind, (), False, "", options, {})
    hosts = tuple(_read_host(host.strip(), _PORTS[addition]) for host in host_list.split(","))
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
            names = ", ".join([*_OPTIONS, *_TLS_OPTIONS, *(_SENTINEL_OPTIONS if kind == "sentinel" else ())])
            printable = name if name.isidentifier() and len(name) < 40 else "in the address"
            raise ValueError(f"The option {printable} is not known; an address may have: {names}.")
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


def _read_host(text: str, port: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        number = parts.port
    except ValueError:
        raise _unreadable() from None
    host = unquote(parts.hostname or "")
    if not _HOST.fullmatch(host) or parts.path or parts.query or number == 0 or "@" in text:
        raise _unreadable()
    return host, number or port


def _unreadable() -> ValueError:
    return ValueError(f"Not an address of Redis; write {FORMS}. Special characters in a password are percent-encoded.")

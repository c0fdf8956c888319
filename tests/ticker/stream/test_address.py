"""REDIS_URL: every part of every kind of address is honoured or refused with a sentence that holds no password."""

import ssl
from typing import Any

import certifi
import pytest

from ticker.stream.address import read_address
from ticker.stream.connect import connect


@pytest.mark.parametrize(
    ("url", "hosts", "options"),
    [
        ("redis://one", (("one", 6379),), {}),
        ("redis://one:1/4", (("one", 1),), {"db": 4}),
        ("redis://one/?db=5", (("one", 6379),), {"db": 5}),
        ("redis://[::1]:7/0", (("::1", 7),), {"db": 0}),
        ("redis://:p%40%2F%3F%23%25+ss@one", (("one", 6379),), {"password": "p@/?#%+ss"}),
        ("redis://us%3Aer:a:b@one", (("one", 6379),), {"username": "us:er", "password": "a:b"}),
        ("redis://one?client_name=x&protocol=2", (("one", 6379),), {"client_name": "x", "protocol": 2}),
        ("redis+cluster://one:1,[::1]", (("one", 1), ("::1", 6379)), {}),
        ("redis+cluster://one/0", (("one", 6379),), {}),
        ("redis+sentinel://one, two:2/news/3", (("one", 26379), ("two", 2)), {"db": 3}),
        ("redis+sentinel://one/news?db=4&health_check_interval=9", (("one", 26379),),
         {"db": 4, "health_check_interval": 9}),
        ("unix:///run/r%20s?db=2&password=a%20b", (), {"path": "/run/r s", "db": 2, "password": "a b"}),
    ],
)  # fmt: skip
def test_every_part_of_an_address_is_read(url: str, hosts: Any, options: dict[str, Any]) -> None:
    address = read_address(url)
    assert (address.hosts, address.options) == (hosts, options)
    connect(url, timeout=1)


@pytest.mark.parametrize("scheme", ["rediss://one", "rediss+cluster://one", "rediss+sentinel://one/news"])
def test_tls_options_are_used_for_every_kind_of_address(scheme: str) -> None:
    authority = certifi.where()
    query = f"ssl_ca_certs={authority}&ssl_cert_reqs=none&ssl_check_hostname=false&ssl_min_version=1.3"
    address = read_address(f"{scheme}?{query}")
    expected = {
        "ssl_ca_certs": authority,
        "ssl_cert_reqs": "none",
        "ssl_check_hostname": False,
        "ssl_min_version": ssl.TLSVersion.TLSv1_3,
    }
    assert address.is_encrypted and address.options == expected
    if address.kind == "sentinel":
        assert address.sentinel_options == expected
    connect(f"{scheme}?{query}", timeout=1)


def test_sentinels_have_a_separate_login() -> None:
    address = read_address("redis+sentinel://:data@one/news?sentinel_username=watch&sentinel_password=se%20cret")
    assert address.sentinel_options == {"username": "watch", "password": "se cret"}
    assert address.options == {"password": "data"}


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("redis://:hunter2@one?ssl=true", "rediss"),
        ("redis://:hunter2@one?ssl_ca_certs=/x", "rediss"),
        ("redis+sentinel://:hunter2@one/news?ssl_cert_reqs=none", "rediss"),
        ("rediss://:hunter2@one?ssl_ca_certs=/no/such/file", "ssl_ca_certs cannot be read"),
        (f"rediss://:hunter2@one?ssl_ca_certs={__file__}", "ssl_ca_certs holds nothing"),
        (f"rediss://:hunter2@one?ssl_certfile={__file__}", "must hold a certificate"),
        (f"rediss://:hunter2@one?ssl_certfile={__file__}&ssl_keyfile={__file__}", "must hold a certificate"),
        (f"rediss://:hunter2@one?ssl_keyfile={__file__}", "needs ssl_certfile"),
        ("rediss://:hunter2@one?ssl_ca_data=hunter2", "ssl_ca_data holds nothing"),
        ("rediss://:hunter2@one?ssl_ciphers=hunter2", "ssl_ciphers holds nothing"),
        ("rediss://:hunter2@one?ssl_cert_reqs=maybe", "ssl_cert_reqs has a value"),
        ("redis://:hunter2@one?foo=hunter2", "option foo is not known"),
        ("redis://:hunter2@one?sentinel_password=x", "sentinel_password is not known"),
        ("redis://:hunter2@one?socket_timeout=1", "Flashwire's own"),
        ("redis://:hunter2@one?decode_responses=true", "Flashwire's own"),
        ("redis://:hunter2@one?db=first", "number"),
        ("redis://:hunter2@one?db=-1", "number"),
        ("redis://:hunter2@one/news", "number"),
        ("redis://:hunter2@one/1/2", "Not an address"),
        ("redis://:hun#ter2@one", "percent-encoded"),
        ("redis://:hun/ter2@one", "percent-encoded"),
        ("redis://:hunter2@one,two", "Several hosts"),
        ("redis+cluster://:hunter2@one/1", "only database 0"),
        ("redis+cluster://one,,two", "Not an address"),
        ("redis+other://one", "Not an address"),
        ("unix://run/redis", "Not an address"),
        ("unix+sentinel://one", "Not an address"),
        ("redis://", "Not an address"),
        ("redis://one:0", "Not an address"),
        ("redis://one:70000", "Not an address"),
        ("redis://[::1", "Not an address"),
        ("redis://one two", "Not an address"),
        ("redis://one;two", "Not an address"),
        ("redis://on\0e", "Not an address"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_one_sentence(url: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        connect(url, timeout=1)
    error = str(caught.value)
    assert sentence in error and "hunter2" not in error and "\n" not in error
    assert caught.value.__suppress_context__ or caught.value.__context__ is None

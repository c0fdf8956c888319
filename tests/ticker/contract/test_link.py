"""The addresses that an item may link to."""

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ticker.contract.link import LINK_LIMIT, clean_link
from ticker.contract.sentences import RefusedError


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org",
        "https://example.org/a?b=c&d=%20#e",
        "HTTPS://EXAMPLE.ORG/",
        "https://example.org:8443/x",
        "https://[2001:db8::1]/x",
        "https://example.org/@user",
        "https://xn--bcher-kva.example/",
        "https://example.org/" + "x" * (LINK_LIMIT - 20),
    ],
)
def test_a_link_to_a_page_is_accepted_unchanged(link: str) -> None:
    assert clean_link(link) == link


@pytest.mark.parametrize(
    "link",
    [
        "",
        "http://example.org/",
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.org/x",
        "/x",
        "example.org",
        "https:example.org",
        "https:/example.org",
        "https://",
        "https:///x",
        "https://.",
        "https://:443/",
        "https://user@example.org/",
        "https://user:word@example.org/",
        "https://example.org@evil.example/",
        "https://@example.org/",
        "https://example.org:99999/",
        "https://example.org:x/",
        "https://[::1/",
        "https://exa mple.org/",
        " https://example.org/",
        "https://example.org/\n",
        "https://example.org/\t",
        "https://example.org\\@evil.example/",
        "https://example.org/\\x",
        "https://exa|mple.org/",
        "https://exa%6Dple.org/",
        "https://example.org%2F@evil.example/",
        "https://example.org%23.evil.example/",
        "https://exa\u200cmple.org/",
        "https://example.org/ ",
        "https://example.org/\u202ex",
        "https://example.org/\u2066x",
        "https://example.org/" + "ع" * 400,
        "https://example.org/\u3164x",
        "https://example.org/\ud800",
        "https://example.org/\ue000",
        "https://example.org/\u00a0",
        "https://example\u2100.org/",
        "https://example.org/" + "x" * (LINK_LIMIT - 19),
    ],
)
def test_any_other_link_is_refused(link: str) -> None:
    with pytest.raises(RefusedError) as caught:
        clean_link(link)
    error = caught.value
    assert error.code in ("link", "link-character")
    assert (str(LINK_LIMIT) if error.code == "link" else "U+") in str(error)


ENCODED = {
    "https://example.org/a|b": "https://example.org/a%7Cb",
    "https://example.org?q=a|b^{c}`d`": "https://example.org?q=a%7Cb%5E%7Bc%7D%60d%60",
    'https://example.org/"a"/<b>#c d': "https://example.org/%22a%22/%3Cb%3E#c%20d",
    "https://fa.example.org/کتاب\u200cها": "https://fa.example.org/%DA%A9%D8%AA%D8%A7%D8%A8%E2%80%8C%D9%87%D8%A7",
    "https://ar.example.org/أخبار": "https://ar.example.org/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1",
    "https://km.example.org/ក\u200bខ": "https://km.example.org/%E1%9E%80%E2%80%8B%E1%9E%81",
    "https://example.org/100%/%7C?a=%zz": "https://example.org/100%25/%7C?a=%25zz",
    "https://example.org/%D8%A7/%": "https://example.org/%D8%A7/%25",
    "https://example.org/a[1]?b[]=c#d[e]#f": "https://example.org/a%5B1%5D?b%5B%5D=c#d%5Be%5D%23f",
    "https://[2001:db8::1]:8443/[x]": "https://[2001:db8::1]:8443/%5Bx%5D",
    "https://example.org/❤\ufe0f/\U0001faea": "https://example.org/%E2%9D%A4%EF%B8%8F/%F0%9F%AB%AA",
    "https://example.org#": "https://example.org#",
    "https://bücher.example/ä": "https://bücher.example/%C3%A4",
}


@pytest.mark.parametrize(("typed", "link"), ENCODED.items())
def test_an_address_as_a_browser_shows_it_is_percent_encoded(typed: str, link: str) -> None:
    assert clean_link(typed) == link


@pytest.mark.parametrize(
    ("link", "name", "position"),
    [
        ("https://example.org/\u202ex", "RIGHT-TO-LEFT OVERRIDE", 21),
        ("https://exa\u200bmple.org/", "ZERO WIDTH SPACE", 12),
        ("https://example.org\\@evil.example/", "REVERSE SOLIDUS", 20),
        (" https://example.org/", "SPACE", 1),
        ("https://example.org/\n", "LINE BREAK", 21),
    ],
)
def test_a_refusal_names_the_character_and_its_position(link: str, name: str, position: int) -> None:
    with pytest.raises(RefusedError) as caught:
        clean_link(link)
    assert caught.value.parameters | {"code": ""} == {"name": name, "code": "", "position": position}


@given(st.text(st.characters(), max_size=40))
@example("example.org/|\u200c é%")
def test_an_accepted_link_is_accepted_again_unchanged_and_other_text_is_refused(value: str) -> None:
    for typed in (value, "https://" + value):
        try:
            link = clean_link(typed)
        except RefusedError as error:
            assert error.code in ("link", "link-character")
        else:
            assert clean_link(link) == link and urlsplit(link).path.isascii()


def test_the_limit_is_that_of_the_protocol() -> None:
    assert LINK_LIMIT == 2000

"""The table of security headers, in the forms that ASGI and raw replies need."""

from ticker.shared.http.headers import CROSS_ORIGIN, SECURITY_HEADERS, lines, pairs, with_defaults


def test_a_route_keeps_its_own_value_and_gets_the_rest() -> None:
    own = [(b"Referrer-Policy", b"origin"), (b"content-type", b"text/html"), (b"vary", b"a"), (b"vary", b"b")]
    complete = with_defaults(own, pairs(SECURITY_HEADERS))
    assert complete[:4] == own
    names = [name.lower() for name, _ in complete]
    assert names.count(b"referrer-policy") == 1
    assert set(names) == {name.lower().encode() for name in SECURITY_HEADERS} | {b"content-type", b"vary"}


def test_lines_and_pairs_have_the_same_headers() -> None:
    merged = {**SECURITY_HEADERS, **CROSS_ORIGIN}
    parsed = [line.split(b": ", 1) for line in lines(merged).split(b"\r\n")[:-1]]
    assert [(name.lower(), value) for name, value in parsed] == pairs(merged)
    assert (b"cross-origin-resource-policy", b"cross-origin") in pairs(merged)

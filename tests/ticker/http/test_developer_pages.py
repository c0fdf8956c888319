"""Pages for developers: the described interface, the playground, the options of the element, llms.txt."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from markupsafe import Markup

from tests.docs.pages import code_words, read, table
from tests.support.serving import Serving, Start
from ticker.contract.site import load_site
from ticker.http.asyncapi import LOCAL
from ticker.http.asyncapi import document as messages_document
from ticker.http.element_options import PROPERTIES, element_options, element_snippet
from ticker.http.openapi import document
from ticker.shared.http.reference.page import developer_strings
from ticker.shared.http.reference.schema_text import markdown, schema_text
from ticker.shared.http.reference.view import openapi_view

pytestmark = pytest.mark.anyio

PATHS = ("/api", "/api/messages", "/playground", "/options")
WORDS = developer_strings()


async def test_every_page_has_its_language_its_policy_and_relative_links(start: Start) -> None:
    node = await start(public_url="https://news.example/ticker")
    for path in PATHS:
        for language, direction in (("en", "ltr"), ("es", "ltr"), ("ar", "rtl")):
            answer = await node.get(path, Accept_Language=language)
            page = answer.text
            assert answer.status_code == 200 and f'<html lang="{language}" dir="{direction}">' in page, path
            assert WORDS[language][path.rpartition("/")[2]] in page
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy and "unsafe" not in policy
            assert "form-action 'self'" in policy if path == "/options" else "form-action 'none'" in policy
            assert not re.findall(r'(?:href|src|action)="/', page) and " style=" not in page
            assert not re.findall(r"<script(?! type=.module. src=)", page)
        named = re.findall(r'<(?:link|script)[^>]* (?:href|src)="([^"?#]+)"', page)
        for name in named:
            resolved = re.sub(r"^(\.\./)*", "/", name)
            assert (await node.get(resolved)).status_code == 200, name


async def test_the_page_of_the_interface_has_every_operation_parameter_status_and_schema(node: Serving) -> None:
    page = (await node.get("/api")).text
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            title = rf'<h3 dir="ltr">[^\n]*{method.upper()}</b> <code>{re.escape(path)}</code>'
            [entry] = re.findall(rf"{title}.*?</article>", page, re.DOTALL)
            for parameter in operation.get("parameters", []):
                assert f">{parameter['name']}</code>" in entry, (path, parameter)
            shown = set(" ".join(re.findall(r'<b dir="ltr">([0-9 ]+)</b>', entry)).split())
            assert shown == set(operation["responses"]), path
    for target in set(re.findall('href="#([^"]+)"', page)):
        assert f'id="{target}"' in page, target


async def test_the_page_of_messages_has_every_message_field_example_and_close_code(node: Serving) -> None:
    page = (await node.get("/api/messages")).text
    described: dict[str, Any] = messages_document("0", LOCAL)
    for kind, message in described["components"]["messages"].items():
        [entry] = re.findall(rf'id="message-{kind}">.*?</article>', page, re.DOTALL)
        schema = described["components"]["schemas"][message["payload"]["$ref"].rpartition("/")[2]]
        assert re.findall(r'<dt><code dir="ltr">(\w+)</code>', entry) == list(schema["properties"])
        examples = [
            msgspec.json.decode(unescape(text)) for text in re.findall("<pre.*?<code>(.*?)</code>", entry, re.DOTALL)
        ]
        assert examples == [example["payload"] for example in message["examples"]]
    assert re.findall(r'<b dir="ltr">(4\d\d\d)</b>', page) == list(described["x-close-codes"])
    for target in set(re.findall('href="#([^"]+)"', page)):
        assert f'id="{target}"' in page, target


def test_every_sentence_is_there_in_every_language_and_the_same_everywhere() -> None:
    assert len({tuple(sentences) for sentences in WORDS.values()}) == 1
    assert all(sentence for sentences in WORDS.values() for sentence in sentences.values())


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 8, "default": 8}, "whole number, 1–8; default 8"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "a list of a b"),
        ({"anyOf": [{"$ref": "#/components/schemas/_Items"}, {"type": "null"}]}, "Items or null"),
        ({"type": ["string", "null"], "maxLength": 9}, "text, ≤ 9 or null, ≤ 9"),
        ({"const": True}, "true"),
        ({"type": "number", "exclusiveMinimum": 0}, "number, > 0"),
        ({}, "any value"),
    ],
)
def test_a_schema_is_said_in_words(schema: dict[str, Any], text: str) -> None:
    assert Markup(schema_text(schema, WORDS["en"])).striptags() == text


def test_markup_in_a_description_is_text_and_its_markdown_is_code_and_links() -> None:
    html = markdown("`<b>` **now** <script>x</script> [IPTC](http://cv.iptc.org/a?b&c) [x](javascript:alert)")
    assert html == (
        '<code dir="ltr">&lt;b&gt;</code> <b>now</b> &lt;script&gt;x&lt;/script&gt; '
        '<a href="http://cv.iptc.org/a?b&amp;c" rel="noopener">IPTC</a> [x](javascript:alert)'
    )
    hostile = {"paths": {"/v1/<x>": {"get": {"summary": "<i>", "responses": {"200": {"description": "<u>"}}}}}}
    view = openapi_view({**hostile, "components": {"schemas": {}}}, WORDS["en"])
    assert view.groups["<x>"][0].summary == "&lt;i&gt;"


async def test_the_options_page_has_every_attribute_and_property_of_the_element(node: Serving) -> None:
    page = read("theming.md")
    documented = {name for row in table(page, "## Attributes") for name in code_words(row[0])}
    offered = {option.name for option in element_options(load_site(None), node_strings(), "en")}
    assert offered == documented
    documented = {name for row in table(page, "## Custom properties") for name in code_words(row[0])}
    assert {f"--ticker-{name}" for name in PROPERTIES} == documented
    html = (await node.get("/options")).text
    assert re.findall('name="a-(show|speed|tombstone|keep)"[^>]* placeholder="([0-9]+)"', html) == [
        ("show", "10"),
        ("speed", "80"),
        ("tombstone", "60"),
        ("keep", "60"),
    ]
    for name in offered:
        assert f'name="a-{name}"' in html, name


def node_strings() -> dict[str, dict[str, str]]:
    """The strings that the controls need."""
    return {language: {**words, "name": language, "u1": "1", "u2": "2", "u3": "3"} for language, words in WORDS.items()}


async def test_without_script_the_form_gives_the_element_and_its_html(node: Serving) -> None:
    fields = [
        ("a-edition", "en"),
        ("a-edition", "es"),
        ("a-layout", "line"),
        ("a-aria-label", '"><script>alert(1)</script>'),
    ]
    fields += [("p-fill", "#00437a"), ("p-ink", "red}</style>")]
    page = (await node.get(f"/options?{urlencode(fields)}")).text
    assert "<script>alert" not in page and "red}" not in re.sub("<input[^>]*>", "", page)
    [element] = re.findall('<breaking-ticker id="ticker" (.*?)>', page)
    assert 'edition="en,es"' in element and 'layout="line"' in element and "&#34;&gt;&lt;script&gt;" in element
    [snippet] = re.findall('<code id="snippet"[^>]*>(.*?)</code>', page, re.DOTALL)
    assert unescape(snippet) == element_snippet(
        f"{node.url}/widget/breaking-ticker.js",
        {"edition": "en,es", "layout": "line", "aria-label": '"><script>alert(1)</script>'},
        {"fill": "#00437a"},
    )


async def test_the_text_for_programs_names_addresses_that_answer(node: Serving) -> None:
    answer = await node.get("/llms.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8" and answer.text.startswith("# ")
    addresses = set(re.findall(rf"\]\(({re.escape(node.url)}[^)]*)\)", answer.text))
    assert len(addresses) >= 9
    for address in addresses:
        assert (await node.get(address.removeprefix(node.url))).status_code == 200, address
    assert "$" not in answer.text

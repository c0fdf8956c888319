"""The node's own pages: demo, embed, oEmbed, and how the widget's files are sent."""

import http.client
import json
import re
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.widget_page import context, page, ticker
from tests.support.waiting import until
from ticker.shared.http.assets import WEB

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

TEXTS = {
    "en": ("en", "ltr", "Roads are open"),
    "es": ("es", "ltr", "Abiertas las vías"),
    "ar": ("ar", "rtl", "فتح الطرق"),
}


def fill(ticker: FakeTicker) -> None:
    """Publishes one item in each edition; the fake ticker sends every item to all."""
    for number, (edition, (language, direction, text)) in enumerate(TEXTS.items()):
        headline = {"value": text, "language": language, "direction": direction}
        ticker.publish(an_item(number, text, headline=headline, edition=edition))


def get(ticker: FakeTicker, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    parts = urlsplit(ticker.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def test_the_demo_page_shows_all_editions_live_and_breaks_no_policy(page: Page, ticker: FakeTicker) -> None:
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    fill(ticker)
    page.goto(f"{ticker.url}/")
    expect(page.locator("breaking-ticker:state(live)")).to_have_count(4)
    expect(page.locator(".edition h2")).to_have_text(["English", "Español", "العربية"])
    assert page.locator(".edition").last.evaluate("edition => getComputedStyle(edition).direction") == "rtl"
    expect(page.get_by_role("link", name="Desk")).to_have_attribute("href", "http://desk.invalid/")
    ticker.publish(an_item(9, "Published live"))
    expect(page.locator(".edition").first.get_by_text("Published live")).to_be_visible()
    assert messages == []


def test_the_demo_page_shows_its_lines_without_script(chromium: Browser, ticker: FakeTicker) -> None:
    fill(ticker)
    hostile = {"value": "<script>alert(1)</script>", "language": "en", "direction": "ltr"}
    ticker.publish(an_item(7, "", headline=hostile, link="https://a.example/?a=1&b=2"))
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{ticker.url}/?lang=en")
    for edition, (_, _, text) in enumerate(TEXTS.values()):
        expect(page.locator(".edition").nth(edition)).to_contain_text(text)
    expect(page.locator(".edition").first.get_by_role("link")).to_have_text("<script>alert(1)</script>")
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    context.close()


@pytest.mark.parametrize(
    ("language", "direction", "title"), [("ar", "rtl", "عاجل"), ("es-MX,en;q=0.5", "ltr", "Última")]
)
def test_the_demo_page_speaks_the_reader_s_language(
    ticker: FakeTicker, language: str, direction: str, title: str
) -> None:
    status, headers, body = get(ticker, "/", Accept_Language=language)
    assert status == 200 and headers["vary"] == "Accept-Language"
    assert f'<html lang="{language[:2]}" dir="{direction}">' in body.decode()
    assert title in body.decode()
    assert get(ticker, "/?lang=en", Accept_Language=language)[2] != body


def test_every_page_has_the_same_sentences_in_every_language() -> None:
    strings = json.loads((WEB / "demo" / "strings.json").read_text("utf-8"))
    assert set(strings) == {"en", "es", "ar"}
    assert len({tuple(sorted(sentences)) for sentences in strings.values()}) == 1


@pytest.mark.deep
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_demo_page_is_never_wider_than_the_window(
    page: Page, ticker: FakeTicker, width: int, language: str
) -> None:
    fill(ticker)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{ticker.url}/?lang={language}")
    expect(page.locator("breaking-ticker:state(live)")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.deep
def test_the_snippet_can_be_copied(context: BrowserContext, ticker: FakeTicker) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{ticker.url}/?lang=en")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    copied: str = page.evaluate("navigator.clipboard.readText()")
    assert f'src="{ticker.url}/widget/breaking-ticker.js"' in copied and "<breaking-ticker" in copied


@pytest.mark.deep
def test_the_snippet_works_in_another_site_s_page(page: Page, ticker: FakeTicker) -> None:
    fill(ticker)
    with FakeTicker() as other:
        page.goto(f"{ticker.url}/?lang=en")
        other.pages["x"] = f"<!doctype html><title>x</title>{page.locator('#snippet').text_content()}"
        page.goto(f"{other.url}/pages/x")
        expect(page.locator("breaking-ticker")).to_have_js_property("state", "live")
        expect(page.locator("breaking-ticker li").first).to_be_visible()
        assert other.requests == []


@pytest.mark.deep
def test_the_embed_page_works_in_a_frame_of_another_site(page: Page, ticker: FakeTicker) -> None:
    fill(ticker)
    with FakeTicker() as other:
        other.pages["x"] = f'<iframe src="{ticker.url}/embed?edition=ar&amp;section=sport&amp;layout=line"></iframe>'
        page.goto(f"{other.url}/pages/x")
        widget = page.frame_locator("iframe").locator("breaking-ticker")
        expect(widget).to_have_js_property("state", "live")
        expect(widget).to_have_attribute("lang", "ar")
    until(lambda: ticker.requests, "a join")
    assert {name: ticker.requests[0].query[name] for name in ("edition", "section")} == {
        "edition": "ar",
        "section": "sport",
    }
    assert "frame-ancestors *" in get(ticker, "/embed")[1]["content-security-policy"]
    assert "frame-ancestors 'self'" in get(ticker, "/")[1]["content-security-policy"]


@pytest.mark.parametrize(
    "query",
    [
        "edition=xx",
        "layout=round",
        "edition=%22%3E%3Cscript%3E",
        "label=The+president+has+resigned,+says+the+palace",
    ],
)
def test_an_embed_page_with_a_wrong_parameter_is_refused_with_a_sentence(ticker: FakeTicker, query: str) -> None:
    status, headers, body = get(ticker, f"/embed?{query}")
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert msgspec.json.decode(body)["errors"][0]["field"] == query.split("=")[0]


def test_a_parameter_of_the_embed_page_cannot_break_out_of_its_attribute(ticker: FakeTicker) -> None:
    body = get(ticker, "/embed?section=%22%3E%3Cscript%3E&lang=%22%3E")[2].decode()
    assert '"><script>' not in body and "&#34;&gt;&lt;script&gt;" in body


def test_the_embed_page_passes_the_look_of_a_crawl_and_loads_its_parts_at_once(ticker: FakeTicker) -> None:
    body = get(ticker, "/embed?edition=en&layout=crawl&speed=120&label=Flood")[2].decode()
    assert 'layout="crawl"' in body and 'speed="120"' in body and 'label="Flood"' in body
    for path in re.findall(r'(?:src|href)="(widget/[^"]+)"', body):
        assert "immutable" in get(ticker, f"/{path}")[1]["cache-control"], path
    assert re.search(r'rel="modulepreload" href="widget/crawl-[0-9a-f]{8}\.js"', body)
    described = json.loads(get(ticker, f"/oembed?url={quote(f'{ticker.url}/embed?layout=crawl&speed=120')}")[2])
    assert "speed=120" in described["html"] and described["height"] == 48


def test_oembed_describes_the_embed_page(page: Page, ticker: FakeTicker) -> None:
    url = quote(f"{ticker.url}/embed?edition=es&layout=line&evil=1", safe="")
    status, headers, body = get(ticker, f"/oembed?url={url}&maxwidth=300")
    described: dict[str, Any] = msgspec.json.decode(body)
    assert status == 200 and headers["content-type"] == "application/json"
    assert (described["version"], described["type"], described["width"]) == ("1.0", "rich", 300)
    assert f'src="{ticker.url}/embed?edition=es&amp;layout=line"' in described["html"]
    fill(ticker)
    ticker.pages["x"] = described["html"]
    page.goto(f"{ticker.url}/pages/x")
    expect(page.frame_locator("iframe").locator("breaking-ticker")).to_have_js_property("state", "live")


@pytest.mark.deep
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("url=http://[", 400),
        ("url=http://elsewhere.example/embed", 404),
        ("url={own}/metrics", 404),
        ("url={own}/embed?edition=xx", 404),
        ("url={own}/embed&maxwidth=wide", 400),
        ("url={own}/embed&format=xml", 501),
    ],
)
def test_oembed_refuses_an_address_that_is_no_ticker_here(ticker: FakeTicker, query: str, status: int) -> None:
    answer_status, headers, body = get(ticker, f"/oembed?{query.format(own=ticker.url)}")
    assert (answer_status, headers["content-type"]) == (status, "application/problem+json")
    assert msgspec.json.decode(body)["status"] == status


def test_files_are_cached_compressed_and_open_to_other_sites(ticker: FakeTicker) -> None:
    status, headers, plain = get(ticker, "/widget/breaking-ticker.js")
    assert status == 200 and headers["content-type"].startswith("text/javascript")
    assert headers["access-control-allow-origin"] == "*" and "max-age=300" in headers["cache-control"]
    packed = get(ticker, "/widget/breaking-ticker.js", Accept_Encoding="gzip")
    assert packed[1]["content-encoding"] == "gzip" and len(packed[2]) < len(plain) / 2
    release = json.loads((WEB / "dist" / "manifest.json").read_text("utf-8"))["release"]
    named = get(ticker, f"/widget/breaking-ticker-{release}.js")
    assert named[2] == plain and named[1]["cache-control"] == "public, max-age=31536000, immutable"
    assert named[1]["access-control-allow-origin"] == "*"
    other = get(ticker, "/widget/breaking-ticker-01234567.js")
    assert other[0] == 307 and (other[1]["location"], other[1]["cache-control"]) == ("breaking-ticker.js", "no-store")
    assert get(ticker, "/widget/nothing-01234567.js")[0] == 404
    for tag in (headers["etag"], packed[1]["etag"], f'"x", {headers["etag"]}', "*"):
        assert get(ticker, "/widget/breaking-ticker.js", If_None_Match=tag)[0::2] == (304, b"")
    assert get(ticker, "/widget/breaking-ticker.js", If_None_Match='"x"')[0] == 200


def test_the_source_map_is_served_as_json(ticker: FakeTicker) -> None:
    status, headers, body = get(ticker, "/widget/breaking-ticker.js.map")
    assert status == 200 and headers["content-type"] == "application/json"
    assert headers["access-control-allow-origin"] == "*" and b"../widget/element.js" in body


@pytest.mark.deep
@pytest.mark.parametrize("path", ["element.js", "..%2Fpackage.json", "%2e%2e/package.json", "nothing.js", ""])
def test_only_the_browser_s_files_are_served(ticker: FakeTicker, path: str) -> None:
    assert get(ticker, f"/widget/{path}")[0] == 404


@pytest.mark.deep
@pytest.mark.parametrize("path", ["/", "/embed?edition=en", "/embed?edition=en&layout=line&lang=ar"])
def test_a_list_without_script_shows_the_newest_correction_after_later_acts(
    chromium: Browser, ticker: FakeTicker, path: str
) -> None:
    note = {"value": "It was two, not ten.", "language": "en", "direction": "ltr"}
    correction = {"version": 2, "act": "correction", "note": note, "versionCreated": "2026-05-01T09:30:00.000Z"}
    old = an_item(1, "Corrected by an earlier release", version=2, act="correction", note=note)
    ticker.publish(old, an_item(2, "Two are missing", version=3, act="refile", corrections=[correction]))
    without = chromium.new_context(java_script_enabled=False)
    page = without.new_page()
    page.goto(ticker.url + path)
    notes = page.locator("[edition=en] .served .note")
    expect(notes.first).to_have_text(re.compile("^(Correction|تصحيح): It was two, not ten. · 2026-05-01 09:30 UTC$"))
    # A line has one row.
    if path != "/":
        expect(notes).to_have_count(1 if "line" in path else 2)
    without.close()

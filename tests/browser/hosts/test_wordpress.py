"""The plugin in a real WordPress, with a classic theme and a block theme; `make hosts` installs both."""

import contextlib
import json
import re
import socket
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.hosts.checks import messages_of, save_screen
from tests.docs.conftest import running
from tests.docs.running import Running
from tests.support.axe import serious_findings
from tests.support.wordpress import WordPress

__all__ = ["running"]  # fixture

pytestmark = [pytest.mark.browser, pytest.mark.slow]

THEMES = ("twentytwentyone", "twentytwentythree")
HEADLINES = {"en": "Health ministry: Two hospitals reopen", "ar": "وزارة الصحة: إعادة فتح مستشفيين"}
POSTS = {
    "en": ("Storm closes the coast road", "Crews worked until dawn."),
    "ar": ("العاصفة تغلق طريق الساحل", "عملت الفرق حتى الفجر."),
}


@pytest.fixture(scope="module")
def site(running: Running) -> Iterator[WordPress]:
    """A site whose plugin knows the ticker."""
    with tempfile.TemporaryDirectory(prefix="fw") as folder:
        wordpress = WordPress(Path(folder))
        try:
            wordpress.start()
            wordpress.set_option("flashwire_ticker", running.ticker)
            yield wordpress
            assert wordpress.complaints() == []
        finally:
            wordpress.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale="en-GB")
    yield context.new_page()
    context.close()


def block(name: str, html: str, **attributes: str) -> str:
    """A block as the editor of WordPress stores it."""
    options = f" {json.dumps(attributes)}" if attributes else ""
    return f"<!-- wp:{name}{options} -->\n{html}\n<!-- /wp:{name} -->"


def post_with_tickers(site: WordPress, ticker: str, language: str) -> str:
    """Publishes a post with a list, a line and a frame between paragraphs; returns its address."""
    title, text = POSTS[language]
    address = f"{ticker}/embed?edition={language}"
    frame = f'<figure class="wp-block-embed"><div class="wp-block-embed__wrapper">\n{address}\n</div></figure>'
    parts = [
        block("paragraph", f"<p>{text}</p>"),
        block("shortcode", f'[flashwire edition="{language}" limit="5"]'),
        block("paragraph", f"<p>{text}</p>"),
        block("shortcode", f'[flashwire edition="{language}" layout="line"]'),
        block("embed", frame, url=address, type="rich"),
    ]
    return site.post(title, "\n\n".join(parts))


@pytest.mark.parametrize("width", [1366, 320])
@pytest.mark.parametrize("language", POSTS)
@pytest.mark.parametrize("theme", THEMES)
def test_a_post_has_a_list_a_line_and_a_frame_that_are_live(
    page: Page, site: WordPress, running: Running, theme: str, language: str, width: int
) -> None:
    running.publish(text=HEADLINES[language], edition=language)
    site.php(f"switch_theme( '{theme}' );")
    site.set_option("WPLANG", "" if language == "en" else language)
    page.set_viewport_size({"width": width, "height": 900})
    messages = messages_of(page)
    page.goto(post_with_tickers(site, running.ticker, language))
    assert page.locator("html").evaluate("html => getComputedStyle(html).direction") == (
        "rtl" if language == "ar" else "ltr"
    )
    tickers = page.locator("breaking-ticker")
    expect(tickers).to_have_count(2)
    framed = page.frame_locator("iframe").locator("breaking-ticker")
    for ticker in (tickers.first, tickers.last, framed):
        expect(ticker).to_have_js_property("state", "live")
    newest = f"{HEADLINES[language]} {theme} {width}"
    running.publish(text=newest, edition=language)
    for ticker in (tickers.first, framed):
        expect(ticker.locator("li:visible", has_text=newest.partition(": ")[2])).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for element in (tickers.first, tickers.last, page.locator("iframe")):
        box = element.bounding_box()
        assert box is not None and box["width"] >= 250
    # A frame out of view is not painted.
    page.locator("iframe").scroll_into_view_if_needed()
    save_screen(page, f"wordpress {theme} {language} {width}")
    assert messages == []
    assert [finding for finding in serious_findings(page) if re.search("breaking-ticker|iframe", finding)] == []


def test_the_short_code_works_in_a_block_of_the_sidebar(page: Page, site: WordPress, running: Running) -> None:
    running.publish(text="Health ministry: In the sidebar")
    site.php("switch_theme( 'twentytwentyone' );")
    site.set_option("WPLANG", "")
    site.php(
        "update_option( 'widget_block', json_decode( stream_get_contents( STDIN ), true ) );"
        "update_option( 'sidebars_widgets', array( 'sidebar-1' => array( 'block-2' ), 'array_version' => 3 ) );",
        {"2": {"content": block("shortcode", '[flashwire edition="en" layout="line"]')}, "_multiwidget": 1},
    )
    page.goto(site.url)
    ticker = page.locator(".widget-area breaking-ticker")
    expect(ticker).to_have_js_property("state", "live")
    expect(ticker.locator("li:visible")).to_contain_text("In the sidebar")
    site.php("update_option( 'sidebars_widgets', array( 'sidebar-1' => array(), 'array_version' => 3 ) );")


def test_the_list_is_in_the_page_without_script_word_for_word(
    chromium: Browser, site: WordPress, running: Running
) -> None:
    running.publish(text="Health ministry: The ward (room 8) opens :) at 9")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.post("Wards", '[flashwire edition="en"]'))
    expect(page.locator("breaking-ticker li").first).to_contain_text("The ward (room 8) opens :) at 9")
    context.close()


def test_a_feed_has_a_link_and_no_line_that_could_be_withdrawn(site: WordPress, running: Running) -> None:
    running.publish(text="Health ministry: Not for feed readers")
    site.set_option("WPLANG", "es_ES")
    site.post("En directo", '[flashwire edition="es,en" section="politics" layout="line"]')
    feed = httpx2.get(f"{site.url}/?feed=rss2", timeout=30)
    content = feed.text.partition("<title>En directo</title>")[2].partition("</content:encoded>")[0]
    address = f"{running.ticker}/embed?edition=es&#038;edition=en&#038;section=politics&#038;layout=line"
    assert f'<a href="{address}">Noticias en directo</a>' in content
    assert "<breaking-ticker" not in feed.text and "Not for feed readers" not in feed.text


def test_an_administrator_sets_the_address_under_reading(page: Page, site: WordPress, running: Running) -> None:
    site.set_option("WPLANG", "")
    site.set_option("flashwire_ticker", "")
    address = site.post("Live", "[flashwire]")
    page.goto(f"{site.url}/wp-login.php")
    page.locator("#user_login").fill("editor")
    page.locator("#user_pass").fill("secret")
    page.locator("#wp-submit").click()
    page.wait_for_url("**/wp-admin/**")
    page.goto(address)
    expect(page.get_by_text("Set the address of the ticker under Settings, Reading.")).to_be_visible()
    page.goto(f"{site.url}/wp-admin/options-reading.php")
    page.get_by_label("Address of the live ticker").fill(f"{running.ticker}/")
    page.locator("#submit").click()
    expect(page.get_by_label("Address of the live ticker")).to_have_value(running.ticker)
    page.goto(address)
    expect(page.locator("breaking-ticker")).to_have_js_property("state", "live")


def test_a_page_of_a_proxy_is_not_put_into_a_post(site: WordPress, running: Running) -> None:
    class Maintenance(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Maintenance</title>")

        def log_message(self, format: str, *args: object) -> None:
            """Prints nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Maintenance) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        site.set_option("flashwire_ticker", f"http://127.0.0.1:{proxy.server_port}")
        html = httpx2.get(site.post("Maintenance", "[flashwire]"), timeout=30).text
        proxy.shutdown()
    site.set_option("flashwire_ticker", running.ticker)
    assert "<title>Maintenance</title>" not in html and "/v1/live" in html


def test_a_ticker_that_does_not_answer_leaves_an_element_that_becomes_live(site: WordPress, running: Running) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        site.set_option("flashwire_ticker", address)
        post = site.post("Silent", '[flashwire edition="en" limit="3"]')
        for _ in range(2):
            html = httpx2.get(post, timeout=30).text
            assert (
                f'<breaking-ticker src="{address}/v1/live" edition="en" backlog="3" show="3"></breaking-ticker>' in html
            )
        silent.settimeout(0.1)
        asked = 0
        with contextlib.suppress(TimeoutError):
            while True:
                silent.accept()[0].close()
                asked += 1
        # The second reader did not wait for it.
        assert asked == 1
    site.set_option("flashwire_ticker", running.ticker)

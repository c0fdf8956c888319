"""The widget in pages of real frameworks, which `make hosts` installs into build/hosts."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from starlette.responses import Response

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.hosts.checks import LONG, ROOT, expect_own_look, messages_of, row_of, save_screen
from tests.browser.hosts.table import LINE, LIST
from tests.browser.widget_page import context, page, ticker
from tests.support.waiting import until

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SOURCES = Path(__file__).parent / "frameworks"
INSTALLED = ROOT / "build" / "hosts"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}</title>
<script type="module" src="/widget/breaking-ticker.js"></script>
<script type="module" src="/pages/{name}.js"></script></head>
<body><div id="app">{body}</div></body></html>"""


@pytest.fixture(scope="module")
def bundles() -> Iterator[Path]:
    """The folder with the bundle of each framework."""
    assert (INSTALLED / "node_modules").is_dir(), "the frameworks are not installed here; run `make hosts`"
    node = shutil.which("node")
    assert node, "Node.js is needed to bundle the frameworks; install Node.js 20 or newer"
    subprocess.run([node, str(SOURCES / "bundle.mjs")], cwd=INSTALLED, check=True)
    yield INSTALLED


def open_page(page: Page, ticker: FakeTicker, bundles: Path, name: str) -> None:
    """Opens the page of a framework; its ticker has one item of the section that the page asks for."""
    ticker.publish(an_item(101, LONG, sections=["sport"]))
    body = (bundles / "react.html").read_text("utf-8").strip() if name == "react" else ""
    ticker.pages[name] = PAGE.format(name=name, body=body)
    ticker.pages[f"{name}.js"] = Response((bundles / f"{name}.js").read_bytes(), media_type="text/javascript")
    page.goto(f"{ticker.url}/pages/{name}")
    if name == "react":
        page.wait_for_selector("body[data-hydrated]", state="attached")


@pytest.mark.parametrize("name", ["react", "vue", "svelte", "lit"])
def test_a_framework_sets_properties_hears_events_and_removes_the_widget(
    page: Page, ticker: FakeTicker, bundles: Path, name: str
) -> None:
    messages = messages_of(page)
    open_page(page, ticker, bundles, name)
    own = page.locator("breaking-ticker#own")
    expect(own.locator("li:visible", has_text=LONG)).to_have_count(1)
    expect_own_look(own.locator("li:visible", has_text=LONG))
    # It hears an item.
    count = int(page.locator("output").inner_text())
    ticker.publish(an_item(102, "Match off", sections=["sport"]))
    expect(page.locator("output")).to_have_text(str(count + 1))
    # A new value of a property or attribute is a new join.
    page.get_by_role("button", name="Arts").click()
    until(lambda: any(request.query.get("section") == "arts" for request in ticker.open_requests), "the new join")
    ticker.publish(an_item(103, "A play opens", sections=["arts"]))
    expect(own.locator("li:visible", has_text="A play opens")).to_have_count(1)
    save_screen(page, f"host {name}")
    # Removed, it closes its connection; put back, it opens one.
    page.get_by_role("button", name="Toggle").click()
    until(lambda: not any("section" in request.query for request in ticker.open_requests), "the connection closes")
    page.get_by_role("button", name="Toggle").click()
    expect(own.locator("li:visible", has_text="A play opens")).to_have_count(1)
    until(lambda: len([r for r in ticker.open_requests if "section" in r.query]) == 1, "one connection")
    assert [message for message in messages if not re.search("DevTools|Lit is in dev mode", message)] == []


def test_react_strict_mode_leaves_one_connection_of_an_element_that_an_effect_makes(
    page: Page, ticker: FakeTicker, bundles: Path
) -> None:
    open_page(page, ticker, bundles, "react")
    created = page.locator("#made breaking-ticker")
    expect(created).to_have_count(1)
    expect(row_of(page.locator("#made"), LONG)).to_have_count(1)
    until(lambda: len([r for r in ticker.open_requests if "section" not in r.query]) == 1, "one connection")


WORDPRESS = """<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>A blog</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/pages/theme.css">
<script type="module" src="/widget/breaking-ticker.js"></script></head>
<body class="wp-embed-responsive is-light-theme has-main-navigation"><div id="page" class="site">
<header id="masthead" class="site-header has-title-and-tagline"><div class="site-branding">
<p class="site-title"><a href="#">A blog of the coast</a></p><p class="site-description">Weather and ferries</p>
</div></header>
<div id="content" class="site-content"><div id="primary" class="content-area"><main id="main" class="site-main">
<article class="post type-post entry"><header class="entry-header alignwide">
<h1 class="entry-title">Storm closes the coast road</h1></header>
<div class="entry-content"><p>Crews worked until dawn to clear fallen trees.</p>
{list}
<p>Trains run with delays of up to forty minutes.</p></div></article></main></div></div>
<aside class="widget-area"><section class="widget widget_block">{line}</section>
<section class="widget"><h2 class="widget-title">Recent</h2><ul><li><a href="#">Ferries</a></li></ul></section></aside>
</div></body></html>"""


@pytest.mark.parametrize("width", [1280, 320])
def test_a_wordpress_theme_changes_nothing_inside_the_widget(page: Page, ticker: FakeTicker, width: int) -> None:
    style = INSTALLED / "theme" / "style.css"
    assert style.is_file(), "the theme is not unpacked here; run `make hosts`"
    messages = messages_of(page)
    ticker.publish(an_item(101, LONG))
    ticker.pages["theme.css"] = Response(style.read_bytes(), media_type="text/css")
    ticker.pages["wordpress"] = WORDPRESS.format(list=LIST, line=LINE)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{ticker.url}/pages/wordpress")
    article, side = page.locator("breaking-ticker").all()
    expect(side.locator("li:visible")).to_have_count(1)
    expect_own_look(article.locator("li:visible", has_text=LONG))
    for widget in (article, side):
        box = widget.bounding_box()
        assert box is not None and box["width"] >= 250
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    save_screen(page, f"host wordpress {width}")
    assert [message for message in messages if "404" not in message] == []

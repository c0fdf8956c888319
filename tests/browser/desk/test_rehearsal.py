"""A rehearsal next to the live service on one Redis: it cannot reach the live stream, and it does not look like it."""

import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import redis
from playwright.sync_api import Browser, expect

from tests.browser.desk.conftest import Service, run_service, sign_in
from tests.browser.desk.editing import photograph, sign_in_again
from tests.deploy.stack import program
from tests.support.axe import expect_accessible
from tests.support.waiting import free_port, until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def rehearsal(redis_url: str, shared_service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A rehearsal whose settings name the brand and the Redis of the live service."""
    data = tmp_path_factory.mktemp("rehearsal")
    yield from run_service(redis_url, data, FLASHWIRE_BRAND=shared_service.brand, FLASHWIRE_REHEARSAL="true")


def live_keys(redis_url: str, brand: str) -> dict[bytes | str, object]:
    """Every key of the live stream, and its content; but for the receipts, which the live node writes at any time."""
    client = redis.Redis.from_url(redis_url)
    keys = client.keys(f"flashwire:{{{brand}}}:*")
    assert isinstance(keys, list)
    return {key: client.dump(key) for key in keys if ":receipts" not in str(key)}


@pytest.mark.deep
def test_what_is_rehearsed_leaves_the_live_stream_as_it_was(
    redis_url: str, service: Service, rehearsal: Service
) -> None:
    text = f"Two hurt in the drill {secrets.token_hex(4)}"
    live_token, token = service.token(f"L {text}"[:50], "editor"), rehearsal.token(f"R {text}"[:50], "chief")
    service.publish(live_token, {"text": f"Civil Defence: On air {text}", "edition": "en"})
    keys_at_start = live_keys(redis_url, service.brand)
    assert keys_at_start
    item = rehearsal.publish(token, {"text": f"Civil Defence: {text}", "edition": "en", "urgency": 1})
    path = f"/v1/items/{item['uri']}/acts"
    rehearsal.post(token, path, {"act": "withdraw", "note": "Only a drill."}, If_Match='"1"')
    second = f"Still a drill {secrets.token_hex(4)}"
    rehearsal.publish(token, {"text": f"Civil Defence: {second}", "edition": "en"})
    assert live_keys(redis_url, service.brand) == keys_at_start
    assert not [line for line in service.headlines() if (text in line and "On air" not in line) or second in line]
    assert second in rehearsal.headlines()
    # Tokens of the one are unknown to the other, and each says what it is.
    assert rehearsal.get(token, "/v1/site")["rehearsal"] is True
    assert service.get(live_token, "/v1/site")["rehearsal"] is False


@pytest.mark.deep
def test_a_screen_of_the_rehearsal_does_not_look_live(chromium: Browser, service: Service, rehearsal: Service) -> None:
    seen: dict[str, list[object]] = {}
    for side, served in (("live", service), ("rehearsal", rehearsal)):
        context = chromium.new_context(locale="en-GB", viewport={"width": 1366, "height": 648})
        page = sign_in(context, served)
        seen[side] = [
            *(
                page.evaluate(f"getComputedStyle(document.querySelector('{element}')).backgroundColor")
                for element in (".bar", "#publish")
            ),
            page.evaluate("getComputedStyle(document.body, '::after').borderTopWidth"),
            page.locator("#publish").inner_text().split()[0],
            page.title(),
        ]
        assert page.evaluate("document.querySelector('.bar').offsetHeight") <= 48
        context.close()
    for live, rehearsed in zip(seen["live"], seen["rehearsal"], strict=True):
        assert live != rehearsed
    assert seen["rehearsal"][3] == "Rehearse"


@pytest.mark.deep
@pytest.mark.parametrize(
    ("language", "mark", "verb"),
    [
        ("en", "Rehearsal – nothing here reaches readers", "Rehearse"),
        ("es", "Ensayo – nada de aquí llega al público", "Ensayar"),
        ("ar", "تدريب – لا يصل شيء من هنا إلى القراء", "جرِّب"),
    ],
)
def test_every_page_of_the_rehearsal_says_so_in_every_language(
    chromium: Browser, rehearsal: Service, language: str, mark: str, verb: str
) -> None:
    context = chromium.new_context(locale=language, viewport={"width": 1366, "height": 648})
    page = context.new_page()
    page.goto(rehearsal.desk.url)
    expect(page.locator(".rehearsal-mark")).to_have_text(mark)
    page.locator("#signin-value").fill(rehearsal.token(f"M {secrets.token_hex(4)}", "chief"))
    page.keyboard.press("Enter")
    expect(page.locator("#publish")).to_contain_text(verb)
    expect_accessible(page)
    for path in ("sources", "people", "account"):
        page.goto(f"{rehearsal.desk.url}/{path}")
        expect(page.locator(".rehearsal-mark")).to_be_visible()
    context.close()


@pytest.mark.deep
@pytest.mark.parametrize("path", ["/", "/embed?edition=en&lang=en"])
def test_the_readers_pages_of_the_rehearsal_say_that_they_are_no_news(
    chromium: Browser, service: Service, rehearsal: Service, path: str
) -> None:
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(rehearsal.ticker.url + path)
    expect(page.locator(".rehearsal")).to_have_text("Rehearsal – not news")
    page.goto(service.ticker.url + path)
    expect(page.locator(".rehearsal")).to_have_count(0)
    context.close()


@pytest.mark.deep
def test_the_confirmation_shows_the_open_connections_as_they_come_and_go(chromium: Browser, rehearsal: Service) -> None:
    context = chromium.new_context(locale="en-GB", viewport={"width": 1366, "height": 648})
    page = sign_in(context, rehearsal)
    page.locator("#line").fill("Civil Defence: Nobody is hurt in the drill")
    page.locator("#line").press("Control+Enter")
    edition = page.locator("#confirm-facts dd").first
    # The desk page itself follows the stream.
    expect(edition).to_have_text("\u2068English\u2069 · 1 connection to the rehearsal now", timeout=15_000)
    page.evaluate(
        """(url) => { window.readers = ["en", "en&edition=ar", "es"].map((edition) =>
            new WebSocket(`${url.replace("http", "ws")}/v1/live?edition=${edition}`)); }""",
        rehearsal.ticker.url,
    )
    expect(edition).to_have_text("\u2068English\u2069 · 3 connections to the rehearsal now")
    expect(page.locator("#confirm-yes")).to_be_focused()
    for language, words in (("es", "3 conexiones al ensayo ahora"), ("ar", "الاتصالات بالتدريب الآن: 3")):
        page.evaluate(
            "(tag) => { const s = document.querySelector('#language'); s.value = tag; "
            "s.dispatchEvent(new Event('change', { bubbles: true })); }",
            language,
        )
        expect(edition).to_contain_text(words)
        photograph(page, f"audience-{language}")
    page.evaluate("readers.forEach((reader) => reader.close())")
    expect(edition).to_contain_text("الاتصالات بالتدريب الآن: 1")
    rehearsal.ticker.stop()
    rehearsal.desk.stop()
    expect(edition).to_contain_text("غير معروفة", timeout=10_000)
    context.close()
    rehearsal.restart()


_TWO_PATHS = """
worker_processes 1; daemon off; pid {folder}/pid; error_log stderr;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    server {{
        listen 127.0.0.1:{port};
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        location /live/ {{ proxy_pass {live}/; }}
        location /drill/ {{ proxy_pass {rehearsal}/; }}
    }}
}}
"""


@pytest.fixture
def one_origin(service: Service, rehearsal: Service, tmp_path: Path) -> Iterator[str]:
    """The address below which the live desk is `live/` and the rehearsal `drill/`."""
    port = free_port()
    text = _TWO_PATHS.format(folder=tmp_path, port=port, live=service.desk.url, rehearsal=rehearsal.desk.url)
    (tmp_path / "nginx.conf").write_text(text)
    command = [program("nginx"), "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)]
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx2.get(f"{url}/live/", trust_env=False).status_code == 200
        except httpx2.TransportError:
            return False

    with (tmp_path / "errors").open("wb") as errors, subprocess.Popen(command, stderr=errors) as nginx:
        try:
            until(lambda: answers() or nginx.poll() is not None, "nginx answers", seconds=10)
            assert nginx.poll() is None, (tmp_path / "errors").read_text()
            yield url
        finally:
            nginx.terminate()


@pytest.mark.deep
def test_a_rehearsal_under_another_path_of_the_same_origin_keeps_no_news_from_the_live_desk(
    chromium: Browser, service: Service, rehearsal: Service, one_origin: str
) -> None:
    context = chromium.new_context(locale="en-GB", viewport={"width": 1366, "height": 648})
    context.set_default_timeout(30_000)
    name, text = f"Amal {secrets.token_hex(4)}", f"Ferries stop at noon {secrets.token_hex(4)}"
    # One person with the same name at both, and the page of the rehearsal was there first.
    drill, live = context.new_page(), context.new_page()
    for page, path, desk in ((drill, "drill", rehearsal), (live, "live", service)):
        page.goto(f"{one_origin}/{path}/")
        sign_in_again(page, desk.token(name, "chief"))
        expect(page.locator("#line")).to_be_focused()
    reporter = service.token(f"R {secrets.token_hex(4)}", "reporter")
    draft = {"edition": "en", "line": {"text": f"Civil Defence: {text}"}, "state": "submitted"}
    service.post(reporter, "/v1/drafts", draft)
    expect(live.locator("#waiting-news")).to_contain_text(text, timeout=20_000)
    assert text not in drill.content()
    context.close()

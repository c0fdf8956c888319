"""Walks through the desk's pages: each brings a page into one state after another, for tests that look at all."""

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, Final, NamedTuple

import pyotp
from playwright.sync_api import Browser, BrowserContext, Page, TimeoutError, expect

from publisher.records.sessions import IDLE_SECONDS
from publisher.records.sqlite import FILE
from tests.browser.desk.conftest import Service, sign_in
from tests.browser.desk.editing import is_publication, open_form, row_with
from tests.support.waiting import until
from ticker.contract.site import DEFAULT_SITE

# A second person for the Spanish edition's flashes and bulletins, and a soft limit that two alerts reach.
SITE: Final = DEFAULT_SITE.read_text("utf-8").replace(
    'language = "en"\ndirection', 'language = "en"\nalerts_per_day = 1\ndirection', 1
) + '\n[[approvals]]\nurgency = 2\neditions = ["es"]\n'  # fmt: skip
STYLE: Final = """
[[rule]]
pattern = '\\bvery\\b'
advice = "Leave out “very”."
"""
PASSWORD: Final = "harbour lights at dawn"
LONG: Final = "Two people pulled alive from the rubble of the old harbour after the second tremor, and the bridge is "


class Stage:
    """A service with lines in every state, and the people who look at it."""

    def __init__(self, service: Service, browser: Browser) -> None:
        self.service = service
        self.browser = browser
        self.contexts: list[BrowserContext] = []
        self.chief = service.token("Maha Nasser", "chief")
        self.editor = service.token("Luis Ortega", "editor")
        self.reporter = service.token("Rana Haddad", "reporter")
        self.mark = secrets.token_hex(2)

    def open(self, path: str = "", *, token: str | None = None, locale: str = "en-GB") -> Page:
        """A page of the desk in a separate browser, signed in."""
        page = sign_in(self.context(locale), self.service, token=token or self.chief)
        if path:
            page.goto(f"{self.service.desk.url}/{path}")
        return page

    def context(self, locale: str = "en-GB") -> BrowserContext:
        context = self.browser.new_context(locale=locale, viewport={"width": 1366, "height": 648})
        context.set_default_timeout(20_000)
        self.contexts.append(context)
        return context

    def close(self) -> None:
        """Closes the browsers of the walk that has ended."""
        while self.contexts:
            self.contexts.pop().close()

    def publish(self, text: str, edition: str = "en", urgency: int = 4, **fields: Any) -> str:
        """The uri of a new line."""
        body = {"text": text, "edition": edition, "urgency": urgency, **fields}
        uri: str = self.service.publish(self.editor, body)["uri"]
        return uri

    def act(self, uri: str, version: int, **body: object) -> None:
        self.service.post(self.chief, f"/v1/items/{uri}/acts", body, If_Match=f'"{version}"')

    def invite(self, role: str = "editor") -> str:
        """The code of a new person's invitation."""
        body = {"name": f"Person {secrets.token_hex(3)}", "role": role}
        answer: Any = self.service.post(self.chief, "/v1/users", body)
        code: str = answer["invitation"]["code"]
        return code

    def fill(self) -> None:
        """Puts lines into the list: each urgency, each act, and three editions of one line."""
        self.publish("Civil Defence: Power is back in most of the old town", urgency=3)
        self.publish("مراسلنا: هبوط طائرة Airbus A320 بسلام في مطار المدينة بعد عطل", "ar", 3)
        self.publish("Protección Civil: El puente de la isla vuelve a abrir", "es")
        corrected = self.publish("Health ministry: 21 hurt in the collapse of a stand", urgency=2)
        self.act(corrected, 1, act="correction", headline="12 hurt in the collapse of a stand", note="It is 12.")
        self.act(self.publish("Local platforms: Shots near the station"), 1, act="hold")
        withdrawn = self.publish("Local platforms: The airport is closed")
        self.act(withdrawn, 1, act="withdraw", note="The airport says that it is open.")
        siblings = [
            {"edition": "es", "text": "Protección Civil: El puente de Vala está cerrado"},
            {"edition": "ar", "text": "الدفاع المدني: إغلاق جسر فالا"},
        ]
        original = self.publish("Civil Defence: The bridge at Vala is closed", siblings=siblings)
        self.act(original, 1, act="correction", headline="The bridge at Vala is open", note="It is open.")
        self.publish("Foreign ministry spokesperson: Talks go on until Friday", urgency=1)
        # What is not published yet: submitted, for approval, scheduled.
        line = {"text": "Civil Defence: Ferries stop at noon", "urgency": 4}
        draft = {"edition": "en", "line": line, "state": "submitted", "note": "From the spot"}
        self.service.post(self.reporter, "/v1/drafts", draft)
        self.ask_approval("Alerta en la costa")
        later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 7200))
        body = {"text": "مراسلنا: مؤتمر صحفي في المساء", "edition": "ar", "publishAt": later}
        self.service.post(self.editor, "/v1/items", body)

    def ask_approval(self, text: str) -> None:
        """A line that waits for a second person, for a quarter of an hour."""
        request = {"text": f"Protección Civil: {text}", "edition": "es", "urgency": 1}
        self.service.post(self.editor, "/v1/approvals", {"request": request, "note": "Confirmed by two"})


Walk = Callable[[Stage], Iterator[tuple[str, Page]]]


def write_a_line(stage: Stage) -> Iterator[tuple[str, Page]]:
    """The composer, from the empty field to the question before publishing."""
    page = stage.open()
    expect(page.locator("#items .row").nth(5)).to_be_visible()
    yield "empty", page
    page.keyboard.type("c")
    expect(page.locator("#line-sources")).to_be_visible()
    page.keyboard.press("ArrowDown")
    yield "sources", page
    page.keyboard.press("Escape")
    page.locator("#line").fill("A neighbour of the old harbour: " + LONG * 4)
    expect(page.locator("#role-field")).to_be_visible()
    yield "long line of an unknown source", page
    page.keyboard.press("Control+Enter")
    expect(page.locator("#role-error")).not_to_be_empty()
    yield "role is missing", page
    page.locator("#line").fill("الدفاع المدني: انتشال شخصين من تحت أنقاض مبنى في فالا")
    expect(page.locator("#warnings .ask")).to_be_visible()
    yield "edition doubted", page
    page.keyboard.press("Control+Enter")
    expect(page.locator("#confirm-notices")).to_be_visible()
    yield "edition asked", page
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="العربية")).to_be_checked()
    yield "Arabic line", page
    page.get_by_role("radio", name="English").check()
    page.get_by_role("radio", name="Flash").check()
    page.locator("#line").fill("Health ministry: 31 very hurt in the col\u00adlapse of a stand")
    expect(page.locator("#warnings")).to_contain_text("Invisible marks")
    expect(page.locator("#warnings li").nth(2)).to_be_visible()
    yield "advice", page
    page.keyboard.press("Alt+M")
    page.locator("#line").press("Control+Enter")
    expect(page.locator("#confirm")).to_be_visible()
    yield "flash asked", page
    page.keyboard.press("Escape")
    page.locator("#more summary").click()
    page.locator("#story").fill("Collapse of a stand")
    page.locator("#publishAt").fill("2020-01-01T10:00")
    page.locator("#link").fill("not a link")
    page.locator("#line").press("Control+Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#publishAt-error, #link-error").filter(has_text=".").first).to_be_visible()
    yield "options refused", page


def publish_lines(stage: Stage) -> Iterator[tuple[str, Page]]:
    """The answers to lines that were sent, and several lines at once."""
    page = stage.open()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#line").fill(f"Civil Defence: The tunnel is open again {stage.mark}")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#confirm")).to_be_visible()
    yield "asked", page
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_contain_text("Published")
    expect(row_with(page, f"The tunnel is open again {stage.mark}").locator(".receipt svg")).to_be_visible()
    yield "published", page
    page.locator("#line").focus()
    lines = "Civil Defence: Schools open\nA neighbour: Lights are on\nمراسلنا: عودة الكهرباء"
    page.evaluate("text => navigator.clipboard.writeText(text)", lines)
    page.keyboard.press("Control+V")
    expect(page.locator("#queue-lines > li")).to_have_count(2)
    yield "pasted", page
    page.route("**/v1/items", lambda route: route.abort() if is_publication(route) else route.continue_())
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#outbox-lines > li")).to_be_visible()
    page.keyboard.press("Escape")
    yield "outcome unknown", page
    page.keyboard.press("Alt+Shift+E")
    expect(page.locator("#editions")).to_be_visible()
    yield "several editions", page
    page.keyboard.press("Escape")
    page.context.set_offline(True)
    expect(page.locator("#state-desk")).to_have_attribute("data-state", "offline")
    yield "offline", page
    page.context.set_offline(False)


def submit(stage: Stage) -> Iterator[tuple[str, Page]]:
    """The desk of a reporter, and a page that they may not use."""
    page = stage.open(token=stage.reporter)
    page.locator("#line").fill(f"Civil Defence: Lorries wait at the border {stage.mark}")
    yield "reporter", page
    page.keyboard.press("Control+Enter")
    expect(page.locator("#outcome")).to_contain_text("Submitted")
    yield "submitted", page
    page.goto(f"{stage.service.desk.url}/people")
    expect(page.locator("#forbidden")).to_be_visible()
    yield "forbidden", page


def act_on_lines(stage: Stage) -> Iterator[tuple[str, Page]]:
    """The rows: their forms, their history, a conflict, and several at once."""
    text = f"Rescue teams reach two villages {stage.mark}"
    uri = stage.publish(f"Civil Defence: {text}")
    page = stage.open()
    row = page.locator(f"[data-uri='{uri}']")
    row.get_by_role("button", name="Update").focus()
    yield "row in focus", page
    form = open_form(row, "Correct")
    line = form.get_by_label("Line, as", exact=False)
    line.fill(f"Civil Defence: {text.replace('two', 'three')}")
    form.get_by_text("More fields").click()
    expect(form.locator(".change ins")).to_be_visible()
    yield "correction", page
    line.press("Control+Enter")
    expect(form.locator("[aria-invalid=true]")).to_be_visible()
    yield "correction without a note", page
    stage.act(uri, 1, act="update", headline=text.replace("two", "four"))
    expect(form.locator(".conflict ins")).to_be_visible()
    yield "conflict", page
    page.keyboard.press("Escape")
    form = open_form(row, "Withdraw")
    yield "withdrawal", page
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#confirm")).to_be_visible()
    yield "withdrawal asked", page
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    row.get_by_role("button", name="Version 2").click()
    expect(row.get_by_role("listitem").nth(1)).to_be_visible()
    yield "history", page
    page.keyboard.press("v")
    siblings = row_with(page, "El puente de Vala")
    siblings.get_by_role("button", name="Editions").click()
    expect(siblings.locator(".siblings li")).to_have_count(3)
    yield "editions side by side", page
    siblings.get_by_role("button", name="Editions").click()


def many_lines(stage: Stage) -> Iterator[tuple[str, Page]]:
    """The list: selected rows, filters, new lines above, what waits, a stop, and the end of a session."""
    page = stage.open()
    rows = page.locator("#items .row[data-status=usable]")
    expect(rows.nth(3)).to_be_visible()
    rows.first.get_by_role("button", name="Update").focus()
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    yield "rows selected", page
    page.keyboard.press("w")
    expect(page.locator("#bulk form")).to_be_visible()
    yield "rows withdrawn", page
    page.keyboard.press("Escape")
    stage.publish(f"Civil Defence: Roads are clear {stage.mark}")
    expect(page.locator("#new-above")).to_be_visible()
    yield "new above", page
    page.keyboard.press("Escape")
    page.locator("#search").fill("bridge")
    expect(page.locator("#search-status")).to_contain_text("Found")
    yield "searched", page
    page.locator("#search").fill("")
    page.locator("#filter-state").select_option(index=2)
    yield "filtered", page
    page.locator("#filter-state").select_option(index=0)
    page.evaluate("document.getElementById('waiting-box').open = true")
    waiting = page.locator("#waiting-lines > li")
    # An earlier one may have expired: all walks together take longer than that.
    stage.ask_approval(f"Aviso en el puerto {stage.mark}")
    waiting.filter(has_text=f"Aviso en el puerto {stage.mark}").get_by_role("button", name="Refuse").click()
    yield "waiting", page
    page.evaluate("document.getElementById('waiting-box').open = false")
    page.locator("#help").click()
    expect(page.locator("#keys")).to_be_visible()
    yield "keys", page
    page.keyboard.press("Escape")
    stop: Any = stage.service.post(
        stage.chief, "/v1/kill", {"scope": "edition", "name": "ar", "reason": "Wrong texts go out"}
    )
    expect(page.locator("#stops")).to_be_visible()
    yield "stopped", page
    stage.service.post(stage.chief, f"/v1/kill/{stop['id']}/lift", {"reason": "Corrected"})
    page.locator("#line").fill("Civil Defence: Two hurt")
    # Whatever the page still sends after the stop and the line is a use of the session, and makes it new again.
    until(lambda: announces_end(stage, page), "the end of the session is announced", seconds=60)
    yield "session ends soon", page
    stage.service.end_sessions()
    expect(page.locator("#signin-unsent")).to_be_visible()
    yield "session ended", page


def announces_end(stage: Stage, page: Page) -> bool:
    """Makes every session five minutes short of its end, and looks whether the page says so within its period."""
    with closing(sqlite3.connect(stage.service.data / FILE, isolation_level=None)) as database:
        database.execute("UPDATE sessions SET used = ?", (time.time() - IDLE_SECONDS + 300,))
    try:
        page.locator("#session-notice").wait_for(timeout=8000)
    except TimeoutError:
        return False
    return True


def come_in(stage: Stage) -> Iterator[tuple[str, Page]]:
    """Signing in, by each way, and the invitation of a new person."""
    named = stage.service.desk.url.replace("127.0.0.1", "localhost")
    page = stage.context().new_page()
    page.goto(named)
    expect(page.locator("#passkey-go")).to_be_focused()
    yield "passkey", page
    page.get_by_role("button", name="With a token").click()
    page.keyboard.press("Enter")
    expect(page.locator("#signin-error")).not_to_be_empty()
    yield "token refused", page
    page.get_by_role("button", name="With password and code").click()
    for field in ("name", "value", "code"):
        page.locator(f"#password-{field}").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#signin-error")).not_to_be_empty()
    yield "password refused", page
    page.goto("about:blank")
    page.goto(f"{named}/#welcome=used")
    expect(page.get_by_role("heading", name="This link is no longer valid")).to_be_visible()
    yield "link over", page
    page.goto("about:blank")
    page.goto(f"{named}/#invite={stage.invite()}")
    expect(page.locator("#invitation-password")).to_be_visible()
    yield "invitation", page
    page.locator("#invitation-password").click()
    expect(page.locator(".qr")).to_be_visible()
    yield "password set up", page
    page.locator("#setup-password").fill("short")
    page.locator("#setup-code").fill("000000")
    page.keyboard.press("Enter")
    expect(page.locator("#setup-password")).to_have_attribute("aria-invalid", "true")
    yield "password too short", page
    secret = page.locator(".secret code").inner_text().replace(" ", "")
    page.locator("#setup-password").fill(PASSWORD)
    page.locator("#setup-code").fill(pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")
    expect(page.locator("#codes-list li")).to_have_count(10)
    yield "recovery codes", page


def own_account(stage: Stage) -> Iterator[tuple[str, Page]]:
    """A person's own account, and the new codes that it shows once."""
    page = stage.context().new_page()
    page.goto(f"{stage.service.desk.url}/#invite={stage.invite()}")
    page.locator("#invitation-password").click()
    secret = page.locator(".secret code").inner_text().replace(" ", "")
    page.locator("#setup-password").fill(PASSWORD)
    page.locator("#setup-code").fill(pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")
    page.locator("#codes-go").click()
    expect(page.locator("#user")).to_be_visible()
    page.goto(f"{stage.service.desk.url}/account")
    expect(page.locator("#sessions li")).to_have_count(1)
    yield "account", page
    page.locator("#recovery-make").click()
    expect(page.locator("#confirm")).to_be_visible()
    yield "new codes asked", page
    page.keyboard.press("Enter")
    expect(page.locator("#new-codes-list li")).to_have_count(10)
    yield "new codes", page


def account_of_a_token(stage: Stage) -> Iterator[tuple[str, Page]]:
    page = stage.open("account")
    expect(page.locator("#account-token")).to_be_visible()
    yield "account of a token", page


def the_people(stage: Stage) -> Iterator[tuple[str, Page]]:
    """The people: a refused form, a new invitation, and a change."""
    page = stage.open("people")
    expect(page.locator("#people")).to_be_visible()
    page.locator("#person-name").press("Enter")
    expect(page.locator("#person-name")).to_have_attribute("aria-invalid", "true")
    yield "person without a name", page
    page.locator("#person-name").fill(f"Omar {secrets.token_hex(3)}")
    page.locator("#person-editions input").last.check()
    page.locator("#person-name").press("Enter")
    expect(page.locator("#person-link")).to_be_visible()
    yield "person invited", page
    page.locator("#person-rows li").first.get_by_role("button", name="Change").click()
    yield "person changed", page
    page.locator("#person-rows li").first.get_by_role("button", name="Disable").click()
    expect(page.locator("#confirm")).to_be_visible()
    yield "person disabled", page


def the_sources(stage: Stage) -> Iterator[tuple[str, Page]]:
    """The registry of sources: a row in the form, and a name that looks like another one."""
    page = stage.open("sources")
    expect(page.locator("#source-rows > li").nth(2)).to_be_visible()
    page.locator("#source-rows > li").nth(1).get_by_role("button").first.click()
    yield "source in the form", page
    page.locator("#source-cancel").click()
    page.locator("#source-names input").first.fill("Civi1 Defence")
    page.locator("#source-role").select_option("official")
    page.locator("#source-names input").first.press("Enter")
    expect(page.locator("#confirm")).to_be_visible()
    yield "source asked", page


def the_hand_over(stage: Stage) -> Iterator[tuple[str, Page]]:
    """What the next shift must know of, and the same as text."""
    page = stage.open("handover")
    expect(page.locator("#handover-editions li").first).to_be_visible()
    yield "hand-over", page
    page.locator("#handover-copy").click()
    expect(page.locator("#handover-copied, #handover-text").filter(visible=True).first).to_be_visible()
    yield "copied", page


def what_readers_saw(stage: Stage) -> Iterator[tuple[str, Page]]:
    """The list as readers had it, now and before the first line."""
    page = stage.open("at")
    expect(page.locator("#at-count")).not_to_be_empty()
    page.locator("#at-edition").select_option("en")
    expect(page.locator("#at-list li").first).to_be_visible()
    yield "now", page
    page.locator("#at-slider").press("Home")
    expect(page.locator("#at-count")).to_contain_text("no line")
    yield "before the first line", page


def the_audit(stage: Stage) -> Iterator[tuple[str, Page]]:
    """The records, and the question before a stop."""
    page = stage.open("audit")
    expect(page.locator("#audit-records tr").first).to_be_visible()
    yield "records", page
    page.locator("#kill-reason").fill("Wrong texts go out")
    page.locator("#kill-scope").select_option("all")
    page.locator("#kill button").click()
    expect(page.locator("#confirm")).to_be_visible()
    yield "stop asked", page
    page.keyboard.press("Escape")
    page.locator("#audit-actor").fill("nobody at all")
    page.locator("#audit-actor").press("Enter")
    expect(page.locator("#audit-empty")).to_be_visible()
    yield "no record", page


class Walks(NamedTuple):
    """The walks of a page: `often` in every test run, `further` in long ones."""

    often: tuple[Walk, ...]
    further: tuple[Walk, ...] = ()


# By the path of their page.
WALKS: Final[dict[str, Walks]] = {
    "": Walks((write_a_line, act_on_lines, come_in), (publish_lines, submit, many_lines)),
    "handover": Walks((the_hand_over,)),
    "at": Walks((what_readers_saw,)),
    "audit": Walks((the_audit,)),
    "sources": Walks((the_sources,)),
    "people": Walks((the_people,)),
    "account": Walks((own_account,), (account_of_a_token,)),
}

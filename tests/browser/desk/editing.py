"""What an editor does on the desk page, for all tests of it."""

import os
import secrets
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Dialog, Locator, Page, Request, Route, WebSocketRoute, expect

from tests.browser.desk.conftest import Service

UNKNOWN = "We do not know yet whether this line is on air."
UNKNOWN_ACT = "We do not know yet whether this is done."


def unique_text() -> str:
    """A text that no other test publishes."""
    return f"Two people pulled alive from the rubble {secrets.token_hex(4)}"


def photograph(page: Page, name: str) -> None:
    """Keeps a screenshot where FLASHWIRE_SCREENSHOTS names a folder, for people to look at."""
    if folder := os.environ.get("FLASHWIRE_SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def publish(page: Page, text: str, source: str = "Civil Defence") -> None:
    """Types a line and publishes it with the keyboard."""
    page.locator("#line").fill(f"{source}: {text}")
    confirm_publishing(page)


def confirm_publishing(page: Page) -> None:
    """Publishes what is in the field, and confirms it once."""
    page.locator("#line").press("Control+Enter")
    page.keyboard.press("Enter")


def confirm_act(page: Page) -> None:
    """Sends the form of an act by the keyboard, and confirms it once."""
    page.keyboard.press("Control+Enter")
    confirm(page)


def confirm(page: Page) -> None:
    """Answers the question that is asked with yes."""
    expect(page.locator("#confirm")).to_be_visible()
    page.keyboard.press("Enter")


def is_act(request: Request) -> bool:
    """Whether a request does an act, and does not only check it."""
    return request.url.endswith("/acts") and "dryRun" not in (request.post_data or "")


def sent_line(page: Page, text: str) -> Locator:
    """A line that was sent and is not settled."""
    return page.locator("#outbox-lines > li", has_text=text)


def row_with(page: Page, text: str) -> Locator:
    return page.locator(".row", has_text=text)


def open_form(row: Locator, act: str) -> Locator:
    """The form of an act, opened by its button."""
    row.get_by_role("toolbar").get_by_role("button", name=act, exact=True).click()
    return row.locator("form")


def sign_in_again(page: Page, token: str) -> None:
    """Signs in on a page that shows the sign-in."""
    page.locator("#signin-value").fill(token)
    page.keyboard.press("Enter")


def ask_again(page: Page) -> None:
    """Asks for the outcome of the line now, unless the page's own repeat has already found it."""
    page.evaluate("document.querySelector('[data-action=repeat]')?.click()")


def expect_on_air_after(page: Page, text: str) -> None:
    """Waits until the ticker has shown the line to the page."""
    expect(row_with(page, text).locator(".timing")).to_contain_text("on air after")


def is_publication(route: Route) -> bool:
    return route.request.method == "POST" and "dryRun" not in (route.request.post_data or "")


def lose_answers(page: Page, status: int = 0) -> None:
    """From now on publications reach the desk, and their answers are lost; `status` is a proxy's answer instead."""
    sent: list[Route] = []

    def lose(route: Route) -> None:
        if not is_publication(route):
            route.continue_()
            return
        # A repeat is answered like the first one; it is not sent, so that the test can end while it waits.
        if not sent:
            sent.append(route)
            route.fetch()
        if status:
            route.fulfill(status=status, content_type="text/html", body="<h1>Proxy</h1>")
        else:
            route.abort("connectionreset")

    page.route("**/v1/items", lose)


def lose_acts(page: Page) -> None:
    """From now on no act reaches the desk."""
    page.route("**/acts", lambda route: route.abort("connectionreset"))


def accept_dialogs(page: Page) -> list[str]:
    """Accepts the browser's own questions, and returns the list of their types."""
    types: list[str] = []

    def accept(dialog: Dialog) -> None:
        types.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    return types


class TickerSwitch:
    """The ticker as the pages of a context see it: there, or away. No process has to stop for that."""

    def __init__(self, context: BrowserContext) -> None:
        self._is_away = False
        context.route_web_socket("**/v1/live*", self._route_socket)
        context.route("**/v1/live*", self._route)

    def take_away(self) -> None:
        """From the next connection on, the ticker cannot be reached."""
        self._is_away = True

    def bring_back(self) -> None:
        self._is_away = False

    def _route_socket(self, socket: WebSocketRoute) -> None:
        if self._is_away:
            socket.close(code=1012)
        else:
            socket.connect_to_server()

    def _route(self, route: Route) -> None:
        if self._is_away:
            route.abort()
        else:
            route.continue_()


class Line:
    """A published line, and what another editor does to it through the API."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.token = service.token(f"Other {secrets.token_hex(4)}", "chief")
        self.text = f"Power is out across the harbour {secrets.token_hex(4)}"
        body = {"text": f"Civil Defence: {self.text}", "edition": "en", "urgency": 3}
        self.uri: str = service.publish(self.token, body)["uri"]

    def act(self, version: int, **body: object) -> None:
        self._service.post(self.token, f"/v1/items/{self.uri}/acts", body, If_Match=f'"{version}"')

    def row(self, page: Page) -> Locator:
        return page.locator(f"[data-uri='{self.uri}']")

    def open_form(self, page: Page, act: str) -> Locator:
        return open_form(self.row(page), act)

    def send_unknown(self, page: Page, act: str) -> Locator:
        """Sends an act that does not reach the desk, and returns its form once the page says so."""
        form = self.open_form(page, act)
        lose_acts(page)
        page.keyboard.press("Control+Enter")
        expect(form.get_by_role("status")).to_contain_text("We do not know yet")
        return form


@pytest.fixture
def line(service: Service) -> Line:
    return Line(service)


@pytest.fixture
def ticker(context: BrowserContext) -> TickerSwitch:
    return TickerSwitch(context)

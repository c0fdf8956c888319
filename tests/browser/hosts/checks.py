"""What holds for the widget in every page: it is live, has its own sizes, and the page reports no error."""

from pathlib import Path
from typing import Final

from playwright.sync_api import ConsoleMessage, FrameLocator, Locator, Page, expect

from tests.browser.fake_ticker import FakeTicker, Json, an_item

ROOT: Final = Path(__file__).parents[3]
SCREENS: Final = ROOT / "build" / "screens"
LONG: Final = "Two hospitals reopen after the flood in the north of the country"
# The look of a row of an item that is not urgent, in an empty page.
LOOK: Final = {
    "fontSize": "16px",
    "fontStyle": "normal",
    "letterSpacing": "normal",
    "wordSpacing": "0px",
    "textTransform": "none",
    "textIndent": "0px",
    "textAlign": "start",
    "whiteSpace": "normal",
    "hyphens": "manual",
    "color": "rgb(20, 23, 28)",
    "display": "block",
}
_READ_LOOK: Final = """(text, names) => {
  const style = getComputedStyle(text);
  return Object.fromEntries(names.map((name) => [name, style[name]]));
}"""


def messages_of(page: Page) -> list[str]:
    """Collects what the page reports from now on: warnings, errors, exceptions."""
    messages: list[str] = []

    def keep(entry: ConsoleMessage) -> None:
        # The browser asks for an icon that the page does not have.
        if entry.type in ("error", "warning") and not entry.location["url"].endswith("/favicon.ico"):
            messages.append(entry.text)

    page.on("console", keep)
    page.on("pageerror", lambda error: messages.append(str(error)))
    return messages


def english(text: str) -> Json:
    return {"value": text, "language": "en", "direction": "ltr"}


def later(item: Json, act: str, **rest: object) -> Json:
    """The next version of `item`."""
    status = {"withdraw": "canceled", "hold": "withheld"}.get(act, "usable")
    return {**item, "version": item["version"] + 1, "act": act, "pubStatus": status, **rest}


def row_of(scope: Page | FrameLocator | Locator, text: str) -> Locator:
    """The visible row with this text."""
    return scope.locator("breaking-ticker li:visible", has_text=text)


def expect_live(scope: Page | FrameLocator, ticker: FakeTicker) -> None:
    """Items, a correction and a withdrawal reach the list of the page; one item of the ticker is there already."""
    expect(row_of(scope, LONG)).to_have_count(1)
    first = an_item(201, "Ten are missing")
    ticker.publish(first, an_item(202, "Roads are open", urgency=2))
    expect(row_of(scope, "Roads are open")).to_have_count(1)
    corrected = later(first, "correction", headline=english("Two are missing"), note=english("Two, not ten."))
    ticker.publish(corrected)
    expect(row_of(scope, "Two are missing")).to_contain_text("Two, not ten.")
    ticker.publish(later(an_item(202, ""), "withdraw", headline=None, infoSources=[], note=english("Not so.")))
    expect(row_of(scope, "Roads are open")).to_have_count(0)


def expect_own_look(row: Locator) -> None:
    """The text of the plain item's row looks as in an empty page."""
    text = row.locator(".text")
    assert text.evaluate(_READ_LOOK, list(LOOK)) == LOOK


def save_screen(page: Page, name: str) -> None:
    """Keeps a picture of the whole page for a person to look at."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name.replace(' ', '-')}.png", full_page=True)

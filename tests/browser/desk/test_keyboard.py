"""The desk by the keyboard alone: every stop of the Tab key can be seen, and assistive technology gets names."""

import pytest
from playwright.sync_api import Page, expect

from publisher.page.templates import PAGES
from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import Line, line

__all__ = ["line"]  # fixtures

pytestmark = pytest.mark.browser

# Where the focus is, and what is wrong with it: it cannot be seen, is covered, or nothing marks it.
STOP = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  // A choice of one is drawn by its label.
  const shown = element.matches("[type=radio], [type=checkbox]") ? element.closest("label") ?? element : element;
  const box = shown.getBoundingClientRect();
  const name = element.id || element.textContent.trim().slice(0, 40) || element.className;
  const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  const top = document.elementFromPoint(x, y);
  const wrong = [];
  if (box.width < 2 || box.height < 2) wrong.push("has no size");
  else if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) wrong.push("is out of view");
  else if (!top || !(shown.contains(top) || top.contains(shown))) wrong.push(`is below ${top?.className}`);
  const isMarked = [element, shown].some((one) => getComputedStyle(one).outlineStyle !== "none");
  if (!isMarked) wrong.push("is not marked");
  if (element.tabIndex > 0) wrong.push("has an order of its own");
  return [name, wrong.map((words) => `${name} ${words}`)];
}"""


def start_at_the_top(page: Page) -> None:
    """The next Tab goes to the first stop of the page."""
    page.evaluate("document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')")


def stops(page: Page, limit: int = 120) -> tuple[list[str], list[str]]:
    """The stops of the Tab key from the start of the page to its end, and what is wrong with them."""
    start_at_the_top(page)
    names: list[str] = []
    faults: list[str] = []
    for _ in range(limit):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            break
        names.append(stop[0])
        faults += stop[1]
    return names, faults


@pytest.mark.deep
@pytest.mark.parametrize("path", [page.path for page in PAGES], ids=[page.path or "wire" for page in PAGES])
def test_every_stop_of_the_tab_key_is_seen_and_the_first_one_skips_to_the_content(
    service: Service, open_desk: SignIn, line: Line, path: str
) -> None:
    page = open_desk()
    page.set_viewport_size({"width": 1366, "height": 648})
    if path:
        page.goto(f"{service.desk.url}/{path}")
    expect(page.locator("#signout")).to_be_visible()
    names, faults = stops(page)
    assert faults == []
    assert len(names) > 5
    start_at_the_top(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_row_its_marks_and_its_keys_have_names(open_desk: SignIn, line: Line) -> None:
    row = line.row(open_desk())
    row.get_by_role("button", name="Update").focus()
    toolbar = row.get_by_role("toolbar", name=f"Acts on “\u2068{line.text}\u2069”")
    expect(toolbar.get_by_role("button")).to_have_text(["Update", "Refile", "Correct", "Hold", "Withdraw"])
    for button, key in zip(toolbar.get_by_role("button").all(), "URCHW", strict=True):
        expect(button).to_have_attribute("aria-keyshortcuts", key)
        # The key is drawn, and is no part of the name.
        expect(button).to_have_accessible_name(button.inner_text())
    expect(row.get_by_role("checkbox", name=f"Select “\u2068{line.text}\u2069”")).to_be_visible()
    expect(row.get_by_text("Urgent", exact=True)).to_be_visible()

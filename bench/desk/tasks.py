"""The tasks that are measured, each done by the keyboard alone. To add one, write a function and name it in `TASKS`.

A task ends when the page says that its work is acknowledged and the focus is in the composer again.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import msgspec

from bench.desk.keyboard import Keyboard
from bench.desk.readers import Expected

if TYPE_CHECKING:
    from playwright.async_api import Page

TEXTS: Final = {
    "en": "Two people pulled alive from the rubble of the old town",
    "es": "Rescatadas con vida dos personas de los escombros del casco antiguo",
    "ar": "إنقاذ شخصين من تحت أنقاض البلدة القديمة",
}
SOURCES: Final = {"en": "Civil Defence", "es": "Protección Civil", "ar": "الدفاع المدني"}


class Task(msgspec.Struct, frozen=True):
    """One task: what is pressed, and what readers must have after it."""

    run: Callable[[Keyboard, int], Awaitable[None]]
    outcome: Callable[[int], list[Expected]]
    needs_line: bool = False
    """Whether it acts on a line that was published just before, which is not measured."""


async def publish(keyboard: Keyboard, number: int) -> None:
    """From a blank field to the desk's answer: the source by its first letters, the text, and one confirmation."""
    await keyboard.write("civ")
    await keyboard.press("ArrowDown", "Enter")
    await keyboard.write(f"{TEXTS['en']} {number}")
    await keyboard.press("Control+Enter", "Enter")
    await published(keyboard.page)


async def publish_in_three(keyboard: Keyboard, number: int) -> None:
    """From a blank field to the desk's answer in three languages: the source is offered in the other two."""
    await keyboard.write("civ")
    await keyboard.press("ArrowDown", "Enter")
    await keyboard.write(f"{TEXTS['en']} {number}")
    await keyboard.press("Alt+Shift+E")
    for key in ("Tab", ""):
        language = await keyboard.page.evaluate("document.activeElement.lang")
        await keyboard.write(f"{TEXTS[language]} {number}")
        if key:
            await keyboard.press(key)
    await keyboard.press("Control+Enter")
    # The question opens when the desk has checked the lines; a person confirms what is shown.
    await keyboard.page.wait_for_selector("#confirm[open]")
    await keyboard.press("Enter")
    await keyboard.page.wait_for_selector("#outcome[data-t='editions.done']")
    await keyboard.page.wait_for_selector("#line:focus")


async def correct(keyboard: Keyboard, number: int) -> None:
    """From the field: the last line, its words, a prepared note, and the confirmation."""
    await keyboard.press("Alt+ArrowUp", "c")
    await keyboard.write(" today")
    await keyboard.press("Control+Enter")
    await keyboard.choose_reason("1")
    await keyboard.press("Control+Enter", "Enter")
    await keyboard.page.wait_for_selector("#line:focus")


async def withdraw(keyboard: Keyboard, number: int) -> None:
    """From the field: the last line that is still on air, a prepared note, and the confirmation."""
    await keyboard.press("Alt+ArrowUp", "w")
    await keyboard.choose_reason("2")
    await keyboard.press("Control+Enter", "Enter")
    await keyboard.page.wait_for_selector("#line:focus")


async def published(page: "Page") -> None:
    """Waits until every line that was sent is acknowledged."""
    await page.wait_for_function("""() => {
      const { hidden } = document.querySelector("#outbox");
      return hidden && document.querySelector("#outcome").dataset.t === "outcome.done";
    }""")


def line(number: int, edition: str = "en", **differences: object) -> Expected:
    """The published line of a run, with `differences`."""
    published = Expected(edition, SOURCES[edition], f"{TEXTS[edition]} {number}")
    return msgspec.structs.replace(published, **differences)


def corrected(number: int) -> Expected:
    """The line of a run after its correction."""
    return line(number, added=" today", version=2, act="correction", note="An earlier version gave a wrong figure.")


def withdrawn(number: int) -> Expected:
    """The line of a run after its withdrawal."""
    return line(number, version=2, act="withdraw", note="The report was wrong.")


TASKS: Final[dict[str, Task]] = {
    "blank to published": Task(publish, lambda number: [line(number)]),
    "field to corrected": Task(correct, lambda number: [corrected(number)], needs_line=True),
    "field to withdrawn": Task(withdraw, lambda number: [withdrawn(number)], needs_line=True),
    "three editions at once": Task(publish_in_three, lambda number: [line(number, edition) for edition in TEXTS]),
}

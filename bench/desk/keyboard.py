"""Presses keys in the desk's page, and counts them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Page


class Keyboard:
    """Counts the keys of commands, those that choose a prepared note, and the letters of the texts."""

    def __init__(self, page: "Page") -> None:
        self.page = page
        self.commands = 0
        self.reasons = 0
        self.letters = 0

    async def press(self, *keys: str) -> None:
        """Presses each key, or each chord, as one command."""
        for key in keys:
            await self.page.keyboard.press(key)
        self.commands += len(keys)

    async def choose_reason(self, key: str) -> None:
        """Chooses a prepared note by its key."""
        await self.page.keyboard.press(key)
        self.reasons += 1

    async def write(self, text: str) -> None:
        """Types a text that has to be typed whatever the page is like."""
        await self.page.keyboard.type(text)
        self.letters += len(text)

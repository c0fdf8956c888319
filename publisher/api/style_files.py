"""Reads the house's style rules, one file for each language, and reads them again when they change."""

import asyncio
from pathlib import Path
from typing import Final

import structlog

from publisher.core.house_style import FILE_LIMIT, HouseStyle, StyleError, read_rules
from publisher.core.similar.comparison_form import primary_language
from ticker.shared.process.cancellation import stop_if_cancelled
from ticker.shared.process.plain_file import PlainFileError, read_plain_text

_PAUSE_SECONDS: Final = 2.0
_EMPTY: Final = HouseStyle()

_log = structlog.get_logger(__name__)

Stamp = tuple[int, int, int]
"""Time of change, size and inode of a file."""


class StyleFiles:
    """The rules in `<directory>/<language>.toml`; a file that cannot be used keeps its earlier rules."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._stamps: dict[str, Stamp] = {}
        self._styles: dict[str, HouseStyle] = {}

    def style(self, language: str) -> HouseStyle:
        """The rules of a language tag, or of its primary subtag; no rules if it has no file."""
        return self._styles.get(language) or self._styles.get(primary_language(language)) or _EMPTY

    async def run(self) -> None:
        """Looks for changed files until it is cancelled."""
        while True:
            stop_if_cancelled()
            # A directory on a network may block.
            await asyncio.to_thread(self.reload)
            await asyncio.sleep(_PAUSE_SECONDS)

    def reload(self) -> None:
        """Reads the files that are new or have changed, and forgets those that are gone."""
        stamps = self._stamps_now()
        for language in self._stamps.keys() - stamps.keys():
            self._styles.pop(language, None)
            _log.info("style rules removed", language=language)
        for language, stamp in stamps.items():
            if self._stamps.get(language) != stamp:
                self._read(language, stamp[1])
        self._stamps = stamps

    def _stamps_now(self) -> dict[str, Stamp]:
        stamps: dict[str, Stamp] = {}
        try:
            for path in sorted(self._directory.glob("*.toml")):
                status = path.stat()
                stamps[path.stem] = (status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError:
            # A file that went away between the two calls is found again at the next one.
            return self._stamps
        return stamps

    def _read(self, language: str, size: int) -> None:
        path = self._directory / f"{language}.toml"
        try:
            if size > FILE_LIMIT:
                raise StyleError(f"more than {FILE_LIMIT} bytes")
            self._styles[language] = read_rules(read_plain_text(path))
        except (StyleError, PlainFileError, OSError) as error:
            _log.warning("style rules not usable", file=str(path), reason=str(error))
        else:
            _log.info("style rules read", language=language, rules=len(self._styles[language]))

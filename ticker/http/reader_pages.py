"""Pages for readers, without script: an item with its versions, the corrections of an edition, a story."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ticker.contract.item import Item
from ticker.contract.sentences import LANGUAGES
from ticker.contract.story import is_story_id
from ticker.core.corrections import Amendment, amendments, corrections_of
from ticker.core.filter import Filter
from ticker.http.json_ld import news_article
from ticker.http.page_frame import CACHED, PageFrame, bad_host, language_of, refused
from ticker.http.page_times import page_time
from ticker.http.public_url import public_address
from ticker.http.respond import problem
from ticker.http.share_card import IS_INSTALLED, ShareCards
from ticker.http.versions import Versions, newest_version, read_versions
from ticker.node.node import Node
from ticker.node.work_queue import BusyError
from ticker.shared.http.conditional import conditional
from ticker.shared.http.negotiate import preferred_language
from ticker.stream.redis_stream import StreamAwayError

STORY_LIMIT: Final = 100
STARTING_SECONDS: Final = 2
"""When to ask again: a node that has read nothing yet must not say that there is nothing."""


def reader_routes(node: Node, frame: PageFrame) -> list[BaseRoute]:
    """`/items/{uri}` and its card, `/corrections`, `/corrections.atom` and `/story/{id}`."""
    pages = _ReaderPages(node, frame)
    return [
        Route("/items/{uri}", pages.item),
        Route("/items/{uri}/card.png", ShareCards(node, frame).answer),
        Route("/corrections", pages.corrections),
        Route("/corrections.atom", pages.feed),
        Route("/story/{id}", pages.story),
    ]


class _ReaderPages:
    def __init__(self, node: Node, frame: PageFrame) -> None:
        self._node = node
        self._frame = frame
        self._amendments: dict[str, tuple[int, list[Amendment]]] = {}
        """By edition, with the revision of the backlog that they are of: thousands of items take milliseconds."""

    async def item(self, request: Request) -> Response:
        """The page of one item: its line, its notes, and its versions as far as they are public."""
        node, uri = self._node, request.path_params["uri"]
        try:
            versions = await read_versions(request, uri)
        except (StreamAwayError, BusyError):
            return self._message(request, 503, "page_away", retry_after=5)
        newest = newest_version(versions, node, uri)
        if newest is None:
            return self._message(request, 404, "page_unreadable" if versions.count else "page_unknown")
        is_public = newest.pub_status == "usable"
        address = public_address(node.settings, request)
        page = f"{address}/items/{uri}"
        card = f"{page}/card.png?v={newest.version}" if is_public and IS_INSTALLED else None
        # A program must not take a line of a rehearsal for news.
        is_news = is_public and not node.settings.rehearsal
        article = news_article(newest, node.site, node.settings.brand, page, card) if is_news else None
        return self._page(
            request,
            "item.html",
            newest.edition,
            # The same statuses as those of /v1/items/{uri}.
            status={"usable": 200, "withheld": 404, "canceled": 410}[newest.pub_status],
            item=newest,
            is_public=is_public,
            changes=_changes(newest, versions),
            corrections=corrections_of(newest)[::-1] if is_public else [],
            article=article,
            card=card,
            sections=self._labels(newest.sections, newest, node.site.sections),
            places=self._labels(newest.places, newest, node.site.places),
        )

    async def corrections(self, request: Request) -> Response:
        """The corrections and withdrawals of an edition, newest first."""
        edition = self._edition(request)
        if edition is None:
            return self._no_edition()
        if not self._node.filled:
            return self._message(request, 503, "page_away", retry_after=STARTING_SECONDS)
        return self._page(request, "corrections.html", edition, amendments=self._amendments_of(edition))

    async def feed(self, request: Request) -> Response:
        """The same as an Atom feed."""
        edition = self._edition(request)
        if edition is None:
            return self._no_edition()
        address = public_address(self._node.settings, request)
        if address is None:
            return bad_host()
        if not self._node.filled:
            return problem(503, "unavailable", "This node is starting; ask again.", retry_after=STARTING_SECONDS)
        language = language_of(self._node.site.editions[edition].language)
        body = self._frame.text(
            "corrections.atom",
            t=self._frame.strings[language],
            origin=address,
            brand=self._node.settings.brand,
            rehearsal=self._node.settings.rehearsal,
            edition=edition,
            edition_name=self._node.site.editions[edition].name,
            language=language,
            amendments=self._amendments_of(edition),
        )
        return conditional(request, body.encode(), CACHED, "application/atom+xml; charset=utf-8")

    async def story(self, request: Request) -> Response:
        """The current items of one story in one edition, newest first."""
        story = request.path_params["id"]
        edition = self._edition(request)
        if edition is None:
            return self._no_edition()
        if not is_story_id(story):
            return self._message(request, 404, "page_no_story")
        if not self._node.filled:
            return self._message(request, 503, "page_away", retry_after=STARTING_SECONDS)
        editions = frozenset({edition})
        item_filter = Filter(editions=editions, stories=frozenset({story}))
        entries, _until = self._node.backlog.current(item_filter, STORY_LIMIT, self._node.wall())
        if not entries:
            return self._message(request, 404, "page_no_story")
        items = [entry.item for entry in entries]
        return self._page(
            request,
            "story.html",
            edition,
            story=story,
            title=items[0].story,
            items=items,
            corrections={item.uri: made[-1] for item in items if (made := corrections_of(item))},
        )

    def _edition(self, request: Request) -> str | None:
        """The edition of the address; the site's first one if it names none, None for an unknown one."""
        editions = self._node.site.editions
        edition = request.query_params.get("edition") or next(iter(editions))
        return edition if edition in editions else None

    def _amendments_of(self, edition: str) -> list[Amendment]:
        revision = self._node.backlog.revision
        cached = self._amendments.get(edition)
        if cached is None or cached[0] != revision:
            cached = self._amendments[edition] = (revision, amendments(self._node.backlog.items(edition)))
        return cached[1]

    def _no_edition(self) -> Response:
        editions = ", ".join(self._node.site.editions)
        return refused(400, "edition", f"There is no such edition; choose one of: {editions}.")

    def _labels(self, names: tuple[str, ...], item: Item, vocabulary: Mapping[str, Mapping[str, str]]) -> list[str]:
        labels = [vocabulary.get(name, {}) for name in names]
        language = item.headline.language
        return [label.get(language) or label.get("en") or next(iter(label.values())) for label in labels if label]

    # Any: a template takes what it names
    def _page(self, request: Request, template: str, edition: str, *, status: int = 200, **context: Any) -> Response:
        site = self._node.site
        # The edition of an old item may have left the site file.
        described = site.editions.get(edition)
        language = language_of(described.language if described else "en")
        page = self._frame.page(
            request,
            template,
            language,
            frames="'self'",
            status=status,
            root="../" * (request.url.path.count("/") - 1),
            edition=edition,
            edition_name=described.name if described else edition,
            time=partial(page_time, zone=described.timezone if described else "UTC"),
            **context,
        )
        page.headers.update(CACHED)
        return page

    def _message(self, request: Request, status: int, sentence: str, retry_after: int | None = None) -> Response:
        """A page that says why there is nothing, in the language that the browser prefers."""
        language = preferred_language(request.headers.get("accept-language", ""), LANGUAGES)
        page = self._frame.page(
            request,
            "message.html",
            language,
            frames="'self'",
            status=status,
            root="../" * (request.url.path.count("/") - 1),
            sentence=self._frame.strings[language][sentence],
        )
        page.headers["Cache-Control"] = "no-store"
        if retry_after is not None:
            page.headers["Retry-After"] = str(retry_after)
        return page


def _changes(newest: Item, versions: Versions) -> list[Item]:
    """The versions to list, newest first; the newest may not be in the ledger's answer yet."""
    others = [version for version in versions.readable if version.version != newest.version]
    return [newest, *others[::-1]]

"""The `warnings` of an answer: what the desk accepted and a person should check, in the client's language."""

from collections.abc import Callable, Iterable

import msgspec
from msgspec import UNSET, UnsetType
from starlette.requests import Request

from publisher.api.adviser import Adviser, Context
from publisher.api.problems import InLanguages, Reader, reader_of
from publisher.core.advice import Advice, Draft
from publisher.core.alert_budget import story_of
from publisher.core.lookalike import Lookalikes
from publisher.core.request import ActRequest, ItemRequest
from publisher.core.sentences import sentence
from publisher.records.tokens import Actor
from ticker.contract.item import InfoSource, Item
from ticker.contract.sentences import RefusedError
from ticker.contract.site import Site


class Warning(msgspec.Struct, frozen=True):
    """One piece of advice in an answer; `start` and `end` are code points of the text of `field`."""

    field: str
    message: str
    code: str
    start: int | UnsetType = UNSET
    end: int | UnsetType = UNSET
    fix: str | UnsetType = UNSET
    uri: str | UnsetType = UNSET
    ask: bool | UnsetType = UNSET
    """True if the desk asks before it publishes."""
    in_languages: InLanguages = msgspec.field(name="inLanguages", default=UNSET)


class Warnings:
    """Says of what was published what `POST /v1/similar` says of what is typed."""

    def __init__(self, site: Callable[[], Site], adviser: Adviser) -> None:
        self._current_site = site
        self._site = site()
        self._lookalikes = Lookalikes(self._site)
        self._adviser = adviser

    def of_sources(self, sources: Iterable[InfoSource], *, field: str) -> list[Advice]:
        """The advice on `sources`, compared with the sources that the site registers now; `field` takes the index."""
        if (site := self._current_site()) is not self._site:
            self._site, self._lookalikes = site, Lookalikes(site)
        return [Advice.of(warning) for warning in self._lookalikes.warnings(sources, field=field)]

    async def member(
        self,
        request: Request,
        actor: Actor,
        body: ItemRequest | ActRequest,
        item: Item,
        denial: RefusedError | None = None,
        further: Iterable[Advice] = (),
    ) -> bytes:
        """`,"warnings":[…]`, to be put into the answer to `body`; empty where there are no warnings.

        `denial` is why the actor of a dry run may not do the act, `further` advice about what `item` is published with.
        """
        is_split = isinstance(body, ItemRequest) and body.text is not UNSET
        advice = [] if denial is None else [Advice.of(denial)]
        if is_split or body.info_sources is not UNSET:
            advice += self.of_sources(item.info_sources, field="text" if is_split else "infoSources[{}].name")
        # A feed publishes more lines a second than can be checked, and no person reads its answers.
        if not actor.unlimited and (is_split or body.headline is not UNSET or body.urgency is not UNSET):
            advice += [*await self._checked(body, item), *further]
        if not advice:
            return b""
        return b',"warnings":%b' % msgspec.json.encode(written(advice, reader_of(request)))

    async def _checked(self, body: ItemRequest | ActRequest, item: Item) -> list[Advice]:
        text = item.headline.value
        typed = body.text if isinstance(body, ItemRequest) else UNSET
        draft = Draft(text, item.headline.language)
        if typed is not UNSET:
            draft = Draft(text, item.headline.language, "text", max(0, typed.rfind(text)))
        context = Context(
            edition=item.edition,
            urgency=None if body.urgency is UNSET else item.urgency,
            uri=item.uri,
            before_version=item.version,
            translation_of=item.translation_of,
            story=story_of(item),
            is_published=not body.dry_run,
        )
        checked = await self._adviser.check(draft, context)
        # After publishing, a budget that is not exhausted is no news.
        return [piece for piece in checked.advice if piece.code != "alert-budget" or piece.asks]


def written(advice: Iterable[Advice], reader: Reader) -> list[Warning]:
    """`advice` with its sentences for `reader`."""
    return [
        Warning(
            field=piece.field,
            message=sentence(piece.refusal(), reader.language),
            code=piece.code,
            start=UNSET if piece.start is None else piece.start,
            end=UNSET if piece.end is None else piece.end,
            fix=UNSET if piece.fix is None else piece.fix,
            uri=UNSET if piece.uri is None else piece.uri,
            ask=True if piece.asks else UNSET,
            in_languages=reader.in_languages(piece.refusal()),
        )
        for piece in advice
    ]

"""Publishing the same news in several editions as one act: `siblings` of `POST /v1/items`."""

import secrets
import time
from collections.abc import Sequence

import msgspec
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from publisher.api.confirmation import confirmation_member
from publisher.api.draft_publishing import publish_draft
from publisher.api.family_rest import MissingTranslation, store_rest
from publisher.api.idempotency import RequestKey, answer_once, request_key
from publisher.api.parts import Parts
from publisher.api.permission import refusal
from publisher.api.problems import problem_member
from publisher.api.publishing import note_published, store_version
from publisher.api.warnings import Warnings
from publisher.core.advice import Advice, Draft, Other, figure_advice
from publisher.core.request import ItemRequest
from publisher.core.siblings import Family, family_of
from publisher.core.ulid import CHANCE_BYTES, ulid
from publisher.records.tokens import Actor
from publisher.stream.outcome import Published
from ticker.contract.item import URI_PREFIX, Item, encode_item


async def publish_siblings(
    parts: Parts, request: Request, actor: Actor, body: ItemRequest, warnings: Warnings
) -> Response:
    """The answer to a request with `siblings`: all its items, and the drafts of those that have no line yet."""
    started = time.perf_counter()
    now = parts.clock()
    count = 1 + (len(body.siblings) if body.siblings else 0)
    uris = [URI_PREFIX + ulid(now, secrets.token_bytes(CHANCE_BYTES)) for _ in range(count)]

    # Titles of stories in other editions.
    await parts.adviser.recent.catch_up()

    def family() -> Family:
        titles = parts.adviser.recent.stories.titles(body.story.id) if body.story and body.story.id else {}
        return family_of(body, parts.site, uris=uris, now=now, titles=titles)

    if body.dry_run:
        return await _dry_run_response(parts, request, actor, body, family(), warnings)
    key = request_key(request, actor, body)

    async def store(key: RequestKey = key) -> Published:
        first, *siblings = family().items
        return await store_version(parts, actor, key, first, siblings=siblings)

    if body.draft_id is None:
        published = await answer_once(parts.store, key, store)
    else:
        published = await publish_draft(parts, actor, body.draft_id, key, store)
    member = await warnings.member(request, actor, body, published.item)
    for publication in (published, *published.siblings):
        note_published(parts, actor, publication, time.perf_counter() - started)
    rest = await store_rest(parts, actor, key, body, published)
    rows = [_published_json(sibling) for sibling in published.siblings]
    rows += [_missing_json(request, missing) for missing in rest]
    content = b'{"item":%b,"cursor":"%b","siblings":[%b]%b}' % (
        published.item_json, str(published.cursor).encode(), b",".join(rows), member,
    )  # fmt: skip
    headers = {"ETag": '"1"', "Location": f"{parts.settings.path_prefix()}/v1/items/{published.item.uri}"}
    return Response(content, 201, headers, "application/json")


async def _dry_run_response(
    parts: Parts, request: Request, actor: Actor, body: ItemRequest, family: Family, warnings: Warnings
) -> Response:
    first, *siblings = family.items
    denials = (refusal(actor, "publish", item.edition) for item in family.items)
    denial = next((denial for denial in denials if denial), None)
    member = await warnings.member(request, actor, body, first, denial, _figure_advice(parts, body, first, siblings))
    member += confirmation_member(parts, actor, body, [(item, None) for item in family.items])
    rows = [b'{"item":%b}' % encode_item(item) for item in siblings]
    rows += [msgspec.json.encode({"draft": {"edition": missing.edition}}) for missing in family.missing]
    content = b'{"item":%b,"siblings":[%b],"dryRun":true%b}' % (encode_item(first), b",".join(rows), member)
    return Response(content, media_type="application/json")


def _figure_advice(parts: Parts, body: ItemRequest, first: Item, siblings: Sequence[Item]) -> list[Advice]:
    """Where a figure of a translation is not the one of the original."""
    edition = parts.site.editions[first.edition].name
    headline = first.headline
    original = Other(first.uri, first.version, headline.value, headline.language, edition, "usable", 0.0)
    advice: list[Advice] = []
    complete = [(index, sibling) for index, sibling in enumerate(body.siblings or ()) if not sibling.is_missing]
    for (index, sibling), item in zip(complete, siblings, strict=True):
        text, language = item.headline.value, item.headline.language
        draft = Draft(text, language, f"siblings[{index}].headline")
        if sibling.text is not UNSET:
            draft = Draft(text, language, f"siblings[{index}].text", max(0, sibling.text.rfind(text)))
        advice += figure_advice(draft, original)
    return advice


def _published_json(published: Published) -> bytes:
    return b'{"item":%b,"cursor":"%b"}' % (published.item_json, str(published.cursor).encode())


def _missing_json(request: Request, missing: MissingTranslation) -> bytes:
    if missing.draft is not None:
        return msgspec.json.encode({"draft": {"id": missing.draft.id, "edition": missing.edition}})
    assert missing.error is not None
    return msgspec.json.encode({"edition": missing.edition, "problem": problem_member(request, missing.error)})

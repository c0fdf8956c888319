"""The registry of sources: reading it, adding a source, changing and retiring one."""

import secrets

import msgspec
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import caller, read_body
from publisher.api.check_rate import count_check
from publisher.api.etags import seen_version
from publisher.api.parts import Parts
from publisher.api.permission import check
from publisher.api.problems import ApiError, reader_of, spoken
from publisher.core.request import SourceChangeRequest, SourceRequest
from publisher.core.sources import RegisteredSource, checked_source, lookalike_warnings, suggested_id
from publisher.records.sources import NoSourceError
from ticker.contract.site import Source
from ticker.shared.http.conditional import is_current


def source_routes(parts: Parts) -> list[BaseRoute]:
    """`/v1/sources` and `/v1/sources/{id}`."""

    async def listed(request: Request) -> Response:
        await caller(request, parts)
        headers = {"ETag": f'"{parts.sources.revision}"'}
        if is_current(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        body = {"revision": parts.sources.revision, "sources": parts.sources.entries}
        return Response(msgspec.json.encode(body), headers=headers, media_type="application/json")

    async def create(request: Request) -> Response:
        actor = await caller(request, parts)
        check(actor, "sources")
        body = await read_body(request, parts, SourceRequest)
        wanted = Source(body.role, body.names, tuple(body.aliases))
        registered = {entry.id: entry.source() for entry in parts.sources.entries}
        # A repeat without an id finds the source that the first request made.
        same = next((key for key, source in registered.items() if source == wanted), None)
        new_id = same or suggested_id(wanted.names, registered, secrets.token_hex(3))
        source_id = new_id if body.id is UNSET else body.id
        if body.dry_run:
            count_check(parts, actor)
            source = checked_source(source_id, wanted, registered)
            return _answer(request, parts, _unsaved(source_id, source), is_dry_run=True)
        # Before the record, which cannot be taken back: a refusal or a repeat adds no source.
        present = await parts.database.call(parts.sources.records.present, source_id, wanted)
        if present is not None:
            return _answer(request, parts, present)
        await parts.audit.record(actor.name, "source-create", f"source:{source_id}", {})
        entry, is_new = await parts.database.call(parts.sources.records.create, source_id, wanted, actor.name)
        await parts.sources.refresh()
        return _answer(request, parts, entry, status=201 if is_new else 200)

    async def change(request: Request) -> Response:
        actor = await caller(request, parts)
        check(actor, "sources")
        body = await read_body(request, parts, SourceChangeRequest)
        source_id, seen = request.path_params["id"], seen_version(request)
        fields = {name: value for name in ("role", "names") if (value := getattr(body, name)) is not UNSET}
        if body.aliases is not UNSET:
            fields["aliases"] = tuple(body.aliases)
        retired = None if body.retired is UNSET else body.retired

        def changed(source: Source) -> Source:
            return msgspec.structs.replace(source, **fields)

        try:
            if body.dry_run:
                count_check(parts, actor)
                registered = {entry.id: entry.source() for entry in parts.sources.entries}
                if source_id not in registered:
                    raise NoSourceError
                source = checked_source(source_id, changed(registered[source_id]), registered)
                return _answer(request, parts, _unsaved(source_id, source), is_dry_run=True)
            same = await parts.database.call(parts.sources.records.unchanged, source_id, seen, changed, retired)
            if same is not None:
                return _answer(request, parts, same)
            await parts.audit.record(actor.name, "source-change", f"source:{source_id}", {})
            entry = await parts.database.call(
                parts.sources.records.change, source_id, seen, actor.name, changed, retired
            )
        except NoSourceError:
            raise ApiError(404, "no-source-id") from None
        await parts.sources.refresh()
        return _answer(request, parts, entry)

    return [
        Route("/v1/sources", listed, methods=["GET"]),
        Route("/v1/sources", create, methods=["POST"]),
        Route("/v1/sources/{id}", change, methods=["PATCH"]),
    ]


def _unsaved(source_id: str, source: Source) -> RegisteredSource:
    return RegisteredSource(source_id, source.role, source.names, source.aliases, False, 0, "", None)


def _answer(
    request: Request, parts: Parts, entry: RegisteredSource, *, status: int = 200, is_dry_run: bool = False
) -> Response:
    warnings = spoken(lookalike_warnings(entry.id, entry.source(), parts.site), reader_of(request))
    body: dict[str, object] = {"source": entry, "warnings": warnings}
    if is_dry_run:
        return Response(msgspec.json.encode(body | {"dryRun": True}), media_type="application/json")
    headers = {"ETag": f'"{entry.version}"'}
    if status == 201:
        headers["Location"] = f"{parts.settings.path_prefix()}/v1/sources/{entry.id}"
    return Response(msgspec.json.encode(body), status, headers, "application/json")

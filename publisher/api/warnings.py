"""The `warnings` of an answer: what the desk accepted and a person should check, in the client's language."""

import msgspec
from msgspec import UNSET
from starlette.requests import Request

from publisher.api.problems import reading_language
from publisher.core.lookalike import Lookalikes
from publisher.core.request import ActRequest, ItemRequest
from publisher.core.sentences import sentence
from ticker.contract.item import Item
from ticker.contract.problem import FieldError
from ticker.contract.site import Site


class Warnings:
    """Compares the sources that requests name with the sources that one site registers."""

    def __init__(self, site: Site) -> None:
        self._lookalikes = Lookalikes(site)

    def member(self, request: Request, body: ItemRequest | ActRequest, item: Item) -> bytes:
        """`,"warnings":[…]`, to be put into the answer to `body`; empty where there are no warnings."""
        is_split = isinstance(body, ItemRequest) and body.text is not UNSET
        if not is_split and body.info_sources is UNSET:
            return b""
        warnings = self._lookalikes.warnings(item.info_sources, field="text" if is_split else "infoSources[{}].name")
        if not warnings:
            return b""
        language = reading_language(request.headers.get("accept-language", ""))
        errors = [FieldError(warning.field, sentence(warning, language), warning.code) for warning in warnings]
        return b',"warnings":%b' % msgspec.json.encode(errors)

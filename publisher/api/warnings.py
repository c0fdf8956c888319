"""The `warnings` of an answer: what the desk took and a person should look at, in the client's language."""

import msgspec
from msgspec import UNSET
from starlette.requests import Request

from publisher.api.problems import reading_language
from publisher.core.lookalike import Lookalikes
from publisher.core.request import ActRequest, ItemRequest
from ticker.contract.item import Item
from ticker.contract.problem import FieldError
from ticker.contract.site import Site


class Warnings:
    """Looks at what requests name, beside the names that one site registers."""

    def __init__(self, site: Site) -> None:
        self._lookalikes = Lookalikes(site)

    def member(self, request: Request, asked: ItemRequest | ActRequest, item: Item) -> bytes:
        """`,"warnings":[…]` for the answer to `asked`, or nothing where there are none."""
        is_split = isinstance(asked, ItemRequest) and asked.text is not UNSET
        if not is_split and asked.info_sources is UNSET:
            return b""
        found = self._lookalikes.warnings(item.info_sources, field="text" if is_split else "infoSources[{}].name")
        if not found:
            return b""
        language = reading_language(request.headers.get("accept-language", ""))
        told = [FieldError(warning.field, warning.sentence(language), warning.code) for warning in found]
        return b',"warnings":%b' % msgspec.json.encode(told)

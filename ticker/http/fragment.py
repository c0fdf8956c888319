"""`GET /v1/ticker.html`: the ticker's element with its current items, which another server puts into its pages."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from ticker.contract.item import moment
from ticker.contract.site import direction_of
from ticker.core.query import ParameterError, Query, read_pairs
from ticker.http.items import LIMIT
from ticker.http.json_ld import for_script
from ticker.http.page_frame import CACHED, PageFrame, bad_host, language_of, refused
from ticker.http.pages import FALLBACK_COUNT, LAYOUTS, SERVED_ROWS
from ticker.http.public_url import public_address
from ticker.http.respond import problem, problem_reply
from ticker.node.node import Node
from ticker.shared.http.conditional import conditional

# A reader who has script would get every item with a filter that the element does not have.
ELEMENT_FILTERS: Final = ("edition", "section", "place", "story", "urgency")


class Fragment:
    """Makes the fragment for one node."""

    def __init__(self, node: Node, frame: PageFrame) -> None:
        self._node = node
        self._frame = frame

    async def answer(self, request: Request) -> Response:
        """The element with its current items, for a page that another server makes."""
        node = self._node
        try:
            query = Query(read_pairs(request.scope["query_string"]), node.site, (*ELEMENT_FILTERS, "limit", "layout"))
            item_filter = query.filter()
            layout = query.text("layout") or "list"
            limit = int(query.number("limit", SERVED_ROWS.get(layout, FALLBACK_COUNT), 1, LIMIT))
            query.finish()
        except ParameterError as error:
            return problem_reply(error.problem())
        if layout not in LAYOUTS:
            return refused(400, "layout", f"The layout is one of: {', '.join(LAYOUTS)}.")
        address = public_address(node.settings, request)
        if address is None:
            return bad_host()
        if not node.filled:
            return problem(503, "unavailable", "This node is starting; ask again.", retry_after=2)
        now = node.wall()
        entries, _until = node.backlog.current(item_filter, limit, now)
        time = moment(now)
        list_json = b'{"time":"%b","items":[%b]}' % (time.encode(), b",".join(entry.item_json for entry in entries))
        edition = next((name for name in node.site.editions if name in item_filter.editions), None)
        language = language_of(node.site.editions[edition].language if edition else "en")
        body = self._frame.text(
            "fragment.html",
            t=self._frame.strings[language],
            origin=address,
            language=language,
            # Without script the page's own direction would order a note's words.
            direction=direction_of(language),
            layout=layout,
            cursor=str(node.backlog.newest),
            parameters=_attributes(request),
            items=[entry.item for entry in entries],
            list_json=for_script(list_json),
        )
        # The time alone makes no new fragment.
        same = body.replace(time, "", 1).encode()
        return conditional(request, body.encode(), CACHED, "text/html; charset=utf-8", same=same)


def _attributes(request: Request) -> list[tuple[str, str]]:
    """The filters and the limit of the address as attributes of the element, each filter with all its values."""
    values: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        if name in ELEMENT_FILTERS:
            values.setdefault(name, []).append(value)
    # Of a number the last value counts, as in the list.
    if "urgency" in values:
        del values["urgency"][:-1]
    limit = request.query_params.get("limit")
    rows = [] if limit is None else [("backlog", limit), ("show", limit)]
    return [*((name, ",".join(texts)) for name, texts in values.items()), *rows]

"""The same act for all siblings of an item: what each of them is asked to do.

Words differ in each edition, so only fields that are the same in every language change. A note is the reader's: each
edition's own where the request has one, else the request's note with the language that it was written in.
"""

from typing import Final

import msgspec
from msgspec import UNSET

from publisher.core.refusals import Refusals
from publisher.core.request import ActRequest, TextInput
from ticker.contract.item import Item
from ticker.contract.site import Site

_WORDS: Final = ("headline", "info_sources", "story", "language", "direction")


def check_sibling_act(request: ActRequest, site: Site) -> None:
    """Raises `RefusalsError` where `request` has words, or notes for an edition that is not configured."""
    refusals = Refusals()
    for field in msgspec.structs.fields(request):
        if field.name in _WORDS and request.siblings is True and getattr(request, field.name) is not UNSET:
            refusals.add("siblings-text", field.encode_name, name=field.encode_name)
    if request.notes is not UNSET:
        if request.siblings is not True:
            refusals.add("notes-alone", "notes")
        for edition in request.notes:
            if edition not in site.editions:
                refusals.add("unknown-name", "notes", value=edition[:60], known=", ".join(site.editions))
    refusals.raise_any()


def act_for(request: ActRequest, item: Item, seen: Item) -> ActRequest:
    """What `request`, made for the item `seen`, asks of `item`."""
    note: str | TextInput | None = request.note
    if isinstance(note, str) and item.headline.language != seen.headline.language:
        note = TextInput(note, seen.headline.language, seen.headline.direction)
    if request.notes is not UNSET and item.edition in request.notes:
        note = request.notes[item.edition]
    return msgspec.structs.replace(request, note=note, siblings=UNSET, notes=UNSET, ed_note=None)


def is_done(request: ActRequest, item: Item) -> bool:
    """Whether `item` is already as the act would leave it, or can never be."""
    if item.pub_status == "canceled":
        return True
    return {"hold": "withheld", "release": "usable"}.get(request.act) == item.pub_status

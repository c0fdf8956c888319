"""The acts after publishing, as news agencies use them; roles are checked elsewhere.

1. *update* adds facts, *refile* fixes a typo, *correction* says what was wrong. Each must change something; a
   correction may consist of its note.
2. *correction* and *withdraw* need a note for readers, *hold* and *release* may have one, *update* and *refile* have
   none. A version has one act, so an update cannot also be a correction.
3. *hold* takes a usable item off, *release* returns it. A change of an item on hold is seen only after its release.
4. A release keeps the note of a correction that was made on hold: readers have not seen it yet.
5. A withdrawn item never returns. An edition never changes. *publish* is always version 1.
6. Every later version carries the newest `CORRECTIONS_LIMIT` corrections in `corrections`.
"""

from typing import Final

import msgspec
from msgspec import UNSET

from publisher.core import fields
from publisher.core.first_version import changed_fields, check_ed_note, story_id
from publisher.core.refusals import ConflictError, Refusals
from publisher.core.request import ActRequest
from ticker.contract.item import CORRECTIONS_LIMIT, Act, Correction, Item, PubStatus, Text, moment
from ticker.contract.site import Site
from ticker.contract.text import NOTE_LIMIT

_FACTS: Final = (
    "headline", "info_sources", "urgency", "sections", "places", "link", "expires", "pinned_until",
    "story", "digital_source_type", "reviewed_by",
)  # fmt: skip
# A typo can be in the line, in a name or in a link; any other field is a fact.
_MAY_CHANGE: Final[dict[Act, tuple[str, ...]]] = {
    "publish": (),
    "update": _FACTS,
    "refile": ("headline", "info_sources", "link"),
    "correction": _FACTS,
    "hold": (),
    "release": (),
    "withdraw": (),
}
_NOTE_ALLOWED: Final[frozenset[Act]] = frozenset({"correction", "hold", "release", "withdraw"})
_NOTE_REQUIRED: Final[frozenset[Act]] = frozenset({"correction", "withdraw"})
_STATUS_AFTER: Final[dict[Act, PubStatus]] = {"hold": "withheld", "release": "usable", "withdraw": "canceled"}


def next_version(current: Item, request: ActRequest, site: Site, *, now: float) -> Item:
    """The version after `current`, as `request` asks for it.

    Raises `ConflictError` if the item's state forbids the act, `RefusalsError` with everything wrong in the request.
    """
    _check_state(current, request.act)
    refusals = Refusals()
    _check_fields(request, refusals)
    language, direction = current.headline.language, current.headline.direction
    with refusals.at("language"):
        language, direction = fields.language_of(request.language, request.direction, current.headline)
    plain = Text("", language, direction)
    new_story = story_id(current.uri, current.version + 1)
    changes = changed_fields(request, plain, site, now, refusals, new_story=new_story)
    headline = current.headline
    if request.headline is not UNSET:
        with refusals.at("headline"):
            headline = fields.text_of(request.headline, language, direction)
    elif request.act in ("update", "refile", "correction"):
        # A request may correct the language or direction alone.
        headline = Text(current.headline.value, language, direction)
    changes["headline"] = headline
    if request.info_sources is not UNSET:
        if not request.info_sources:
            refusals.add("no-source", "infoSources")
        changes["info_sources"] = fields.sources_of(request.info_sources, headline, site, refusals)
    note = _note(current, request, plain, refusals)
    check_ed_note(request.ed_note, refusals)
    refusals.raise_any()
    changed = msgspec.structs.replace(current, **changes)
    if request.act in ("update", "refile") and changed == current:
        refusals.add("changes-nothing", "act", act=request.act)
        refusals.raise_any()
    version = msgspec.structs.replace(
        changed,
        version=current.version + 1,
        act=request.act,
        pub_status=_STATUS_AFTER.get(request.act, current.pub_status),
        note=note,
        # If the clock was set back, a later version must not look older.
        version_created=max(moment(now), current.version_created),
    )
    return msgspec.structs.replace(version, corrections=_corrections(current, version))


def _corrections(current: Item, version: Item) -> tuple[Correction, ...]:
    corrections = list(current.corrections)
    # A correction of an earlier release is only in the note of the current version.
    for item in (current, version):
        if item.act == "correction" and item.note and all(item.version != other.version for other in corrections):
            corrections.append(Correction(item.version, item.act, item.note, item.version_created))
    return tuple(corrections[-CORRECTIONS_LIMIT:])


def _check_state(current: Item, act: Act) -> None:
    if current.pub_status == "canceled":
        raise ConflictError("withdrawn")
    if act == "publish":
        raise ConflictError("publish-again")
    if act == "hold" and current.pub_status != "usable":
        raise ConflictError("hold-not-usable")
    if act == "release" and current.pub_status != "withheld":
        raise ConflictError("release-not-held")


def _check_fields(request: ActRequest, refusals: Refusals) -> None:
    for field in msgspec.structs.fields(request):
        is_set = getattr(request, field.name) is not UNSET
        if field.name in (*_FACTS, "language", "direction") and is_set:
            allowed = _MAY_CHANGE[request.act]
            if field.name in allowed or (allowed and field.name in ("language", "direction")):
                continue
            if field.name in ("language", "direction") and request.note is not None:
                continue
            other = "update, correction" if request.act == "refile" else "update, refile, correction"
            refusals.add("field-not-here", field.encode_name, act=request.act, name=field.encode_name, other=other)


def _note(current: Item, request: ActRequest, plain: Text, refusals: Refusals) -> Text | None:
    if request.note is None:
        if request.act in _NOTE_REQUIRED:
            refusals.add("note-required", "note")
        return current.note if request.act == "release" and current.act == "correction" else None
    if request.act not in _NOTE_ALLOWED:
        refusals.add("note-not-here", "note", act=request.act)
        return None
    note: Text | None = None
    with refusals.at("note"):
        note = fields.text_of(request.note, plain.language, plain.direction, limit=NOTE_LIMIT)
    return note

"""Refuses what an actor may not do, with a sentence that names who may."""

from publisher.api.problems import ApiError
from publisher.core.permission import Action, Denial, denial, role_denial
from publisher.core.phrases import ALL_EDITIONS, act_phrase, name_phrase, role_phrase
from publisher.records.tokens import Actor
from ticker.contract.item import ACTS
from ticker.contract.sentences import RefusedError


def check(actor: Actor, action: Action, edition: str | None = None) -> None:
    """Raises `ApiError` 403 unless `actor` may do `action` in `edition`, or in all editions where it is None."""
    _refuse(actor, action, denial(actor.role, actor.editions, action, edition), edition)


def check_role(actor: Actor, action: Action) -> None:
    """As `check`, before the edition is known."""
    _refuse(actor, action, role_denial(actor.role, action))


def refusal(actor: Actor, action: Action, edition: str) -> RefusedError | None:
    """What `check` would raise, as a warning of a dry run."""
    try:
        check(actor, action, edition)
    except ApiError as error:
        return RefusedError(error.code, "edition" if error.code == "edition-act" else "act", **error.parameters)
    return None


def _refuse(actor: Actor, action: Action, denied: Denial | None, edition: str | None = None) -> None:
    if denied is None:
        return
    if denied.needed is None:
        edition_text = ALL_EDITIONS if edition is None else name_phrase(edition)
        raise ApiError(403, "edition-act", own=", ".join(sorted(actor.editions or ())), edition=edition_text)
    needed = role_phrase(denied.needed)
    if action in ACTS:
        raise ApiError(403, "role-act", needed=needed, act=act_phrase(action))
    raise ApiError(403, "role-action", needed=needed)

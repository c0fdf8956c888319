"""Who may do what: every role, set of editions and action, against a table that is written here once more."""

import itertools

import pytest

from publisher.core.permission import FURTHER_ACTIONS, NEEDED, Action, Denial, Editions, denial, may_grant, role_denial
from publisher.core.phrases import act_phrase, role_phrase
from publisher.core.roles import ROLES, Role
from publisher.core.sentences import sentence
from ticker.contract.item import ACTS
from ticker.contract.sentences import LANGUAGES, RefusedError

# One letter for each role that may: reporter, editor, chief.
TABLE: dict[Action, str] = {
    "draft": "rec",
    "submit": "rec",
    "publish": "ec",
    "update": "ec",
    "refile": "ec",
    "schedule": "ec",
    "sources": "ec",
    "correction": "c",
    "hold": "c",
    "release": "c",
    "withdraw": "c",
    "approve": "c",
    "audit": "c",
    "kill": "c",
    "users": "c",
    "tokens": "c",
}
ACTIONS: tuple[Action, ...] = (*ACTS, *FURTHER_ACTIONS)
OF_NO_EDITION = {"sources", "audit", "users", "tokens"}
SETS: tuple[Editions, ...] = (None, frozenset({"en"}), frozenset({"ar"}), frozenset({"en", "ar"}), frozenset())
EDITIONS = ("en", "ar", "es", None)


def test_the_table_names_every_action() -> None:
    assert set(TABLE) == set(NEEDED) == set(ACTIONS)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("role", ROLES)
def test_an_actor_may_do_what_the_table_says_and_only_in_the_actors_editions(role: Role, action: Action) -> None:
    has_role = role[0] in TABLE[action]
    for editions, edition in itertools.product(SETS, EDITIONS):
        denied = denial(role, editions, action, edition)
        has_edition = editions is None or action in OF_NO_EDITION or (edition is not None and edition in editions)
        assert (denied is None) == (has_role and has_edition), (editions, edition)
        if denied and not has_role:
            assert denied.needed and denied.needed[0] in TABLE[action] and role_denial(role, action) == denied
        elif denied:
            assert denied == Denial(None) and role_denial(role, action) is None


@pytest.mark.parametrize(("own", "editions"), list(itertools.product(SETS, SETS)))
def test_an_actor_grants_only_editions_of_its_own(own: Editions, editions: Editions) -> None:
    everything = frozenset({"en", "ar", "es"})
    within = (everything if editions is None else editions) <= (everything if own is None else own)
    assert may_grant(own, editions) == within


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_beyond_a_role_is_refused_with_a_sentence(action: Action) -> None:
    for role in ROLES:
        if denied := role_denial(role, action):
            assert denied.needed
            needed = role_phrase(denied.needed)
            refusals = [RefusedError("role-action", needed=needed)]
            refusals += [RefusedError("role-act", needed=needed, act=act_phrase(act)) for act in ACTS if act == action]
            for refusal in refusals:
                assert len({sentence(refusal, language) for language in LANGUAGES}) == 3

"""Which role may do which act."""

import pytest

from publisher.core.phrases import act_phrase, role_phrase
from publisher.core.roles import ROLES, role_needed
from publisher.core.sentences import sentence
from ticker.contract.item import ACTS, Act
from ticker.contract.sentences import RefusedError


def test_a_role_may_do_its_acts_and_those_of_lower_roles() -> None:
    assert [role_needed("reporter", act) for act in ("publish", "update", "withdraw")] == ["editor", "editor", "chief"]
    assert [role_needed("editor", act) for act in ("publish", "update", "refile", "correction", "hold")] == [
        None, None, None, "chief", "chief",
    ]  # fmt: skip
    assert role_needed("chief", "withdraw") is None


@pytest.mark.parametrize("act", ACTS)
def test_every_act_beyond_a_role_is_refused_with_a_sentence(act: Act) -> None:
    for role in ROLES:
        if needed := role_needed(role, act):
            refusal = RefusedError("role-act", needed=role_phrase(needed), act=act_phrase(act))
            assert len({sentence(refusal, language) for language in ("en", "ar", "es")}) == 3

"""The states of waiting lines against a model: whatever people do, nothing is published that a rule forbids."""

import itertools
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from publisher.core.approval import Need, content_digest, is_approved
from publisher.core.refusals import ConflictError
from publisher.core.waiting import (
    OPEN_STATES,
    State,
    Waiting,
    approval_of,
    approved,
    attempted,
    bypassed,
    canceled,
    delayed,
    expired,
    opened,
    published,
    refused,
    resumed,
    rewritten,
    stopped,
)
from tests.support.sample_items import an_item
from ticker.contract.item import Text
from ticker.contract.sentences import RefusedError

PEOPLE = ("author", "second", "chief")
SECONDS = 900.0


def a_line(text: str = "one", *, state: State = "waiting", due: float | None = None, now: float = 0.0) -> Waiting:
    item = an_item(headline=Text(text, "en", "ltr"))
    return Waiting(
        id="w",
        state=state,
        author="author",
        hands=("author",),
        request={"text": text},
        item=item,
        contents=(content_digest(item),),
        digest=content_digest(item),
        created=now,
        changed=now,
        due=due,
    )


Change = Callable[[Waiting], Waiting]
NEED = Need("chief", "chief")
CHANGES: dict[str, Change] = {
    "rewrite": lambda line: rewritten(line, a_line("two"), ("second",), NEED, 1.0, SECONDS),
    "approve": lambda line: approved(line, ("chief",), line.digest, 1.0),
    "bypass": lambda line: bypassed(line, "author", line.digest, "the other chief sleeps", 1.0),
    "refuse": lambda line: refused(line, "chief", "not confirmed", 1.0),
    "cancel": lambda line: canceled(line, 1.0),
    "resume": lambda line: resumed(line, line.digest, 1.0),
}
ALLOWED: dict[str, set[State]] = {
    "rewrite": {"waiting", "scheduled", "stopped"},
    "approve": {"waiting"},
    "bypass": {"waiting"},
    "refuse": {"waiting"},
    "cancel": {"waiting", "scheduled", "stopped"},
    "resume": {"stopped"},
}
STATES: tuple[State, ...] = ("waiting", "scheduled", "stopped", "published", "refused", "canceled", "expired")


@pytest.mark.parametrize(("change", "state"), list(itertools.product(CHANGES, STATES)))
def test_every_change_in_every_state(change: str, state: State) -> None:
    line = a_line(state=state)
    if state in ALLOWED[change]:
        assert CHANGES[change](line).version == line.version + 1
    else:
        with pytest.raises(ConflictError, match="not-waiting"):
            CHANGES[change](line)


def test_nobody_approves_what_he_wrote_or_changed() -> None:
    line = opened(a_line(), NEED, 0.0, SECONDS)
    with pytest.raises(ConflictError, match="approval-own"):
        approved(line, ("author",), line.digest, 1.0)
    changed = CHANGES["rewrite"](line)
    with pytest.raises(ConflictError, match="approval-own"):
        approved(changed, ("second",), changed.digest, 1.0)
    assert approved(changed, ("chief",), changed.digest, 1.0).state == "scheduled"


def test_an_approval_is_of_the_content_that_was_seen() -> None:
    line = opened(a_line(), NEED, 0.0, SECONDS)
    changed = CHANGES["rewrite"](line)
    with pytest.raises(ConflictError, match="approval-changed"):
        approved(changed, ("chief",), line.digest, 1.0)


def test_an_approval_counts_for_no_content_but_the_approved_one() -> None:
    line = approved(a_line("one"), ("chief",), a_line("one").digest, 1.0)
    assert is_approved(approval_of(line), line.item)
    # As if another way than `rewritten` had changed it, for example a hand in the database.
    other = a_line("two")
    changed = msgspec.structs.replace(line, item=other.item, contents=other.contents, digest=other.digest)
    assert approval_of(changed) is None


def test_an_approval_comes_in_time_or_not_at_all() -> None:
    line = opened(a_line(), NEED, 0.0, SECONDS)
    assert expired(line, SECONDS - 1) is line
    assert expired(line, SECONDS).state == "expired"
    with pytest.raises(ConflictError, match="not-waiting"):
        approved(line, ("chief",), line.digest, SECONDS)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301])
def test_a_bypass_and_a_refusal_need_a_reason(reason: str) -> None:
    line = opened(a_line(), NEED, 0.0, SECONDS)
    with pytest.raises(RefusedError) as error:
        bypassed(line, "author", line.digest, reason, 1.0)
    assert error.value.field == "reason"
    with pytest.raises(RefusedError):
        refused(line, "chief", reason, 1.0)


def test_a_line_that_may_be_out_is_not_canceled_without_looking() -> None:
    line = delayed(attempted(a_line(state="scheduled"), 1.0), "stream-away", uncertain=True, now=2.0)
    canceling = canceled(line, 3.0)
    assert (canceling.state, canceling.is_canceling) == ("scheduled", True)
    assert published(canceling, 4.0).state == "published"
    assert stopped(canceling, "canceled", 4.0).state == "canceled"
    with pytest.raises(ConflictError, match="waiting-uncertain"):
        CHANGES["rewrite"](line)


class Desk(RuleBasedStateMachine):
    """People, the clock and the stream do what they like to one line."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.needs: Need | None = NEED
        self.line = opened(a_line(due=50.0), NEED, 0.0, SECONDS)
        self.on_wire: list[Waiting] = []
        self.last_writer = "author"

    def change(self, change: Callable[[], Waiting]) -> None:
        before = self.line
        try:
            self.line = change()
        except (ConflictError, RefusedError):
            assert self.line is before
        else:
            assert self.line.version == before.version + 1

    @rule(seconds=strategies.floats(0.1, 1000))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.line = expired(self.line, self.now)

    @rule(
        person=strategies.sampled_from(PEOPLE), text=strategies.sampled_from(["one", "two"]), need=strategies.booleans()
    )
    def rewrite(self, person: str, text: str, need: bool) -> None:
        needs = NEED if need else None
        before = self.line
        self.change(lambda: rewritten(self.line, a_line(text), (person,), needs, self.now, SECONDS))
        if self.line is not before:
            self.needs = needs

    @rule(person=strategies.sampled_from(PEOPLE), text=strategies.sampled_from(["one", "two"]))
    def approve(self, person: str, text: str) -> None:
        self.change(lambda: approved(self.line, (person,), a_line(text).digest, self.now))

    @rule(person=strategies.sampled_from(PEOPLE), reason=strategies.sampled_from(["", "chief sleeps"]))
    def bypass(self, person: str, reason: str) -> None:
        self.change(lambda: bypassed(self.line, person, self.line.digest, reason, self.now))

    @rule(person=strategies.sampled_from(PEOPLE))
    def refuse(self, person: str) -> None:
        self.change(lambda: refused(self.line, person, "wrong", self.now))

    @rule()
    def cancel(self) -> None:
        self.change(lambda: canceled(self.line, self.now))

    @rule()
    def resume(self) -> None:
        self.change(lambda: resumed(self.line, self.line.digest, self.now))

    @precondition(lambda self: self.line.state == "scheduled" and (self.line.due or 0) <= self.now)
    @rule(outcome=strategies.sampled_from(["stored", "away", "away but stored", "late", "refused"]))
    def fire(self, outcome: str) -> None:
        line = self.line
        if line.uncertain and outcome in ("stored", "late", "refused"):
            if self.on_wire:
                self.line = published(line, self.now)
                return
            line = msgspec.structs.replace(line, uncertain=False)
        if line.is_canceling and not line.uncertain:
            self.line = stopped(line, "canceled", self.now)
            return
        if outcome == "late":
            self.line = stopped(line, "late", self.now)
        elif line.uncertain:
            self.line = delayed(line, "stream-away", uncertain=True, now=self.now)
        else:
            line = attempted(line, self.now)
            if self.needs and not is_approved(approval_of(line), line.item):
                raise AssertionError("the pipeline would refuse it")
            if outcome in ("stored", "away but stored"):
                self.on_wire.append(line)
            if outcome == "stored":
                self.line = published(line, self.now)
            elif outcome == "refused":
                self.line = stopped(line, "invalid", self.now)
            else:
                self.line = delayed(line, "stream-away", uncertain=True, now=self.now)

    @invariant()
    def it_is_published_at_most_once(self) -> None:
        assert len(self.on_wire) <= 1
        assert self.line.state != "published" or self.on_wire

    @invariant()
    def it_is_never_told_as_canceled_when_it_is_out(self) -> None:
        assert not (self.on_wire and self.line.state in ("canceled", "stopped", "refused", "expired"))

    @invariant()
    def a_second_person_saw_what_went_out(self) -> None:
        for line in self.on_wire:
            if line.need is not None:
                assert line.approved_digest == line.digest
                assert line.bypass_reason or line.approved_by not in line.hands

    @invariant()
    def only_open_lines_have_a_future(self) -> None:
        assert self.line.state in OPEN_STATES or not self.line.uncertain


Desk.TestCase.settings = settings(
    max_examples=150, stateful_step_count=25, deadline=None, derandomize=True, database=None
)
TestDesk = Desk.TestCase

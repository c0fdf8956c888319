"""How many reports of painted items a node takes."""

import pytest

from ticker.core import paint_budget as module
from ticker.core.paint_budget import PaintBudget


def test_an_address_and_a_node_have_their_limits_in_each_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ADDRESS_LIMIT", 2)
    monkeypatch.setattr(module, "NODE_LIMIT", 5)
    budget = PaintBudget()
    assert [budget.takes("a", 100.0) for _ in range(3)] == [True, True, False]
    assert [budget.takes("", 101.0) for _ in range(3)] == [True, True, True], "a proxy stands for all its clients"
    assert not budget.takes("b", 109.9) and budget.takes("b", 110.0)

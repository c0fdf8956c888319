"""The page of the audit has words for every action and detail that the desk and the command line record."""

import ast
import re
from pathlib import Path
from typing import get_args

from publisher.api.audited import Outcome
from ticker.contract.item import Act

ROOT = Path(__file__).parents[3]
WORDS = ROOT / "web" / "desk" / "audit" / "words.js"
# The functions that take the name of an action, and at which place.
RECORDERS = {
    "record": 1, "_record": 1, "record_command": 1, "audit_decision": 2, "new_event": 1, "make_event": 3, "decide": 1,
}  # fmt: skip


def calls_and_details() -> tuple[list[ast.Call], list[ast.expr]]:
    """The calls of recorders, and what is assigned to a variable of the name `details`."""
    calls: list[ast.Call] = []
    details: list[ast.expr] = []
    for path in [*(ROOT / "publisher").rglob("*.py"), *(ROOT / "flashwire").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                calls += [node] if RECORDERS.get(name_of(node), len(node.args)) < len(node.args) else []
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    key = target.slice if isinstance(target, ast.Subscript) else None
                    holder = target.value if isinstance(target, ast.Subscript) else target
                    if isinstance(holder, ast.Name) and holder.id == "details":
                        details.append(ast.Dict([key], [node.value]) if key is not None else node.value)
    return calls, details


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def recorded_actions() -> set[str]:
    words = [call.args[RECORDERS[name_of(call)]] for call in calls_and_details()[0]]
    return {str(word.value) for word in words if isinstance(word, ast.Constant) and word.value}


def recorded_details() -> set[str]:
    calls, details = calls_and_details()
    dicts = [node for value in [*calls, *details] for node in ast.walk(value) if isinstance(node, ast.Dict)]
    return {str(key.value) for one in dicts for key in one.keys if isinstance(key, ast.Constant)}


def test_every_action_has_words() -> None:
    shown = WORDS.read_text("utf-8")
    actions = recorded_actions()
    assert {"approve", "kill", "token-create", "user-invite", "source-change", "records-lost", "export"} <= actions
    assert actions == set(re.findall(r'"record\.of\.([a-z-]+)"', shown))
    assert set(get_args(Act.__value__ if hasattr(Act, "__value__") else Act)) == set(
        re.findall(r'"record\.act\.([a-z]+)"', shown)
    )
    for outcome in get_args(Outcome):
        assert f'"record.{outcome}"' in shown


def test_every_detail_has_words() -> None:
    details = recorded_details()
    assert {"passkey", "due", "reason", "ends sessions", "records", "after"} <= details
    assert details <= set(re.findall(r'"detail\.([a-z ]+)"', WORDS.read_text("utf-8")))

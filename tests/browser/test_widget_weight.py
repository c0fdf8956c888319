"""What the widget costs a page: printed by `npm run size` in web/, and bounded."""

import subprocess

from ticker.edge.assets import ENTRY, WEB, joined, lean, load

BUDGET = 10_752


def test_the_whole_widget_stays_within_its_budget_gzipped_as_a_node_sends_it() -> None:
    size = len(load("widget")[ENTRY].packed)
    print(f"{size} bytes of {BUDGET}, in one request")
    assert size <= BUDGET


def test_the_joined_widget_is_a_module_that_imports_nothing() -> None:
    sources = {path.name: path.read_text("utf-8") for path in (WEB / "widget").glob("*.js")}
    for text in (joined(ENTRY, sources), *map(lean, sources.values())):
        # Says, too, when two modules give one name to two things.
        command = ["node", "--input-type=module", "--check"]
        checked = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        assert "/**" not in text
    whole = joined(ENTRY, sources)
    assert "import " not in whole
    assert all(part in whole for part in ("class Backoff", "class Store", "class Connection", "customElements.define"))

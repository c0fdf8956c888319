"""What the widget costs a page: printed by `npm run size` in web/, and bounded."""

import subprocess

from ticker.edge.assets import ENTRY, WEB, joined, load

BUDGET = 8_192


def test_the_whole_widget_stays_within_its_budget_gzipped_as_a_node_sends_it() -> None:
    sent = load("widget")
    size = len(sent[ENTRY].packed)
    words = {name: len(sent[name].packed) for name in sent if name.startswith("words-")}
    print(f"{size} bytes of {BUDGET}, in one request; who reads another language than English: {words}")
    assert size <= BUDGET


def test_the_widget_that_is_sent_is_a_module_that_imports_nothing_but_words() -> None:
    sent = load("widget")[ENTRY].plain.decode()
    # Says, too, when two modules give one name to two things.
    command = ["node", "--input-type=module", "--check"]
    checked = subprocess.run(command, input=sent, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert sent.count("import(") == sent.count("import(`./words-${") == 1 and "import " not in sent
    assert "export{BreakingTicker}" in sent
    assert "/**" not in sent and "//" not in sent.replace("https://", "")


def test_each_module_of_the_widget_is_in_what_is_sent() -> None:
    sources = {path.name: path.read_text("utf-8") for path in (WEB / "widget").glob("*.js")}
    whole = joined(ENTRY, sources)
    assert all(part in whole for part in ("const backoff", "class Store", "class Connection", "customElements.define"))
    assert "\nimport {" not in whole and whole.count("export ") == 1

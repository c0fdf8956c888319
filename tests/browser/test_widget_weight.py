"""What the widget costs a page: printed by `npm run size` in web/, and bounded."""

import subprocess

import msgspec

from ticker.shared.http.assets import WEB, load_assets

BUDGET = 8_192
WIDGET = "breaking-ticker.js"


def test_the_whole_widget_stays_within_its_budget_gzipped_as_a_node_sends_it() -> None:
    files = load_assets(WEB / "dist")
    size = len(files[WIDGET].gzipped)
    other_languages = {name: len(files[name].gzipped) for name in files if name.startswith("words-")}
    print(f"{size} bytes of {BUDGET}, in one request; another language loads its words too: {other_languages}")
    assert size <= BUDGET


def test_the_served_widget_is_one_module_that_imports_nothing_but_words() -> None:
    script = load_assets(WEB / "dist")[WIDGET].plain.decode()
    command = ["node", "--input-type=module", "--check"]
    checked = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert script.count("import(") == script.count("import(`./words-${") == 1 and "import " not in script
    assert "as BreakingTicker}" in script
    assert "/**" not in script


def test_the_served_widget_is_built_from_the_sources_as_they_are() -> None:
    source_map = msgspec.json.decode(load_assets(WEB / "dist")[f"{WIDGET}.map"].plain)
    sources = dict(zip(source_map["sources"], source_map["sourcesContent"], strict=True))
    assert {f"../widget/{name}" for name in (WIDGET, "element.js", "style.js", "view.js")} <= sources.keys()
    for name, content in sources.items():
        assert content == (WEB / "dist" / name).read_text("utf-8"), f"{name} has changed: run `make web`"


def test_the_served_widget_names_its_source_map_which_is_json() -> None:
    files = load_assets(WEB / "dist")
    assert files[WIDGET].plain.decode().endswith(f"\n//# sourceMappingURL={WIDGET}.map\n")
    assert files[f"{WIDGET}.map"].media_type == "application/json"

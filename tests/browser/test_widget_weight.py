"""What the widget costs a page: printed by `npm run size` in web/, and bounded."""

import base64
import hashlib
import re
import subprocess

import msgspec

from ticker.shared.http.assets import WEB, load_assets

BUDGET = 8_192
WIDGET = "breaking-ticker.js"


def test_what_a_page_loads_to_be_live_stays_within_its_budget_gzipped_as_a_node_sends_it() -> None:
    sizes = {name: len(asset.gzipped) for name, asset in load_assets(WEB / "dist").items() if name.endswith(".js")}
    print(f"{sizes[WIDGET]} bytes of {BUDGET} for a list or a line")
    assert sizes[WIDGET] <= BUDGET
    print(f"parts on demand: { ({name: size for name, size in sizes.items() if name != WIDGET}) }")
    page = (WEB.parent / "docs" / "performance" / "wire.md").read_text("utf-8")
    assert set(re.findall(r"^\| `([a-z-]+\.js)` \|", page, re.MULTILINE)) == set(sizes), "run `python -m bench weights`"


def test_the_served_widget_is_one_module_that_imports_only_what_few_pages_need() -> None:
    script = load_assets(WEB / "dist")[WIDGET].plain.decode()
    command = ["node", "--input-type=module", "--check"]
    checked = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    imports = sorted(re.findall(r"import\(([^)]*?)\)", script))
    release = msgspec.json.decode((WEB / "dist" / "manifest.json").read_bytes())["release"]
    assert [re.sub(r"\{\w\}", "{}", name) for name in imports] == [
        f'"./poll-{release}.js"',
        f"`./${{}}-{release}.js`",
        "`./${}.js`",
    ]
    assert "import " not in script
    assert "as BreakingTicker}" in script
    assert "/**" not in script


def test_the_served_widget_is_built_from_the_sources_as_they_are() -> None:
    source_map = msgspec.json.decode(load_assets(WEB / "dist")[f"{WIDGET}.map"].plain)
    sources = dict(zip(source_map["sources"], source_map["sourcesContent"], strict=True))
    assert {f"../widget/{name}" for name in (WIDGET, "element.js", "style.js", "view.js")} <= sources.keys()
    for name, content in sources.items():
        assert content == (WEB / "dist" / name).read_text("utf-8"), f"{name} has changed: run `make web`"


def test_the_manifest_has_the_integrity_of_every_script_and_the_release_changes_with_any_of_them() -> None:
    files = load_assets(WEB / "dist")
    scripts = {name: files[name].plain for name in files if name.endswith(".js")}
    manifest = msgspec.json.decode((WEB / "dist" / "manifest.json").read_bytes())
    assert manifest["integrity"] == {
        name: f"sha384-{base64.b64encode(hashlib.sha384(content).digest()).decode()}"
        for name, content in scripts.items()
    }
    for name in scripts:
        assert f"{name}.map" in files, name
    printed = subprocess.run(["node", WEB / "integrity.js"], capture_output=True, text=True, check=True).stdout
    released = WIDGET.replace(".js", f"-{manifest['release']}.js")
    assert f'src="https://ticker.example/widget/{released}" integrity="{manifest["integrity"][WIDGET]}"' in printed
    # A part is also loaded by its name without the release, which must be checked too.
    assert f'"https://ticker.example/widget/controls.js": "{manifest["integrity"]["controls.js"]}"' in printed
    assert all(f"{integrity}\t{name}\n" in printed for name, integrity in manifest["integrity"].items())


def test_the_served_widget_names_its_source_map_which_is_json() -> None:
    files = load_assets(WEB / "dist")
    assert files[WIDGET].plain.decode().endswith(f"\n//# sourceMappingURL={WIDGET}.map\n")
    assert files[f"{WIDGET}.map"].media_type == "application/json"

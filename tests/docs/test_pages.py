"""README and docs/ as a whole: every page can be reached, and everything that a page points at exists."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import DIRECTORIES, PAGES, ROOT, anchors, code_blocks, links, read, without_blocks

README = ROOT / "README.md"
SOURCES = {".py", ".js", ".ts", ".conf", ".yml", ".service", ".sh", ".html"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_and_anchor_resolves(page: Path) -> None:
    for target, anchor in links(page):
        assert target.exists(), target
        assert not anchor or anchor in anchors(target), f"{target}#{anchor}"


@pytest.mark.parametrize("start", ["README.md", "docs/README.md"])
def test_every_page_is_reached(start: str) -> None:
    reached, waiting = set(), [ROOT / start]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            waiting += [target for target, _ in links(page) if target.suffix == ".md"]
    assert {page for page in PAGES if page.is_relative_to(ROOT / "docs")} <= reached


def test_the_index_names_every_page_of_its_folder() -> None:
    named = {target for target, _ in links(ROOT / "docs/README.md")}
    assert {page for page in PAGES if page.parent == ROOT / "docs"} - {ROOT / "docs/README.md"} <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    for name in re.findall(rf"`((?:{DIRECTORIES})/[\w./-]*)`", page.read_text("utf-8")):
        assert (ROOT / name).exists(), name


def test_every_page_and_heading_that_the_code_names_exists() -> None:
    files = [path for folder in DIRECTORIES.split("|") for path in (ROOT / folder).rglob("*") if path.suffix in SOURCES]
    named = set()
    for path in files:
        if "node_modules" not in path.parts and path != Path(__file__):
            text = re.sub(r"\s*\n[ \t]*(?:#|//|\*)?[ \t]*", " ", path.read_text("utf-8"))
            named |= set(re.findall(r"\bdocs/([\w/]+\.md)(?:, [\"“]([^\"”]+)[\"”])?", text))
            named |= {(page, title) for title, page in re.findall(r"[\"“]([^\"“”]+)[\"”] in docs/([\w/]+\.md)", text)}
    assert len(named) >= 10
    for page, title in sorted(named):
        assert (ROOT / "docs" / page).exists(), page
        headings = re.findall(r"^#+ (.+)$", without_blocks(read(page)), re.MULTILINE)
        assert not title or title in headings, f"{page}: {title}"


def test_the_reading_order_names_files_that_exist() -> None:
    steps = re.findall(r"^\d+\. .*(?:\n   .*)*", README.read_text("utf-8"), re.MULTILINE)
    assert len(steps) >= 8
    folder = ""
    for name in re.findall(r"`([\w./-]+)`", "\n".join(steps)):
        if "/" in name:
            folder = name if name.endswith("/") else folder
            assert (ROOT / name).exists(), name
        elif "." in name:
            assert (ROOT / folder / name).exists(), f"{folder}{name}"


def test_the_unit_on_the_page_is_the_one_in_deploy() -> None:
    unit = (ROOT / "deploy/flashwire.service").read_text("utf-8")
    (quoted,) = code_blocks(read("deploy.md"), "ini")
    assert quoted.startswith("[Service]\n") and quoted in unit
    assert "KillMode=mixed\n" in quoted


def test_every_test_that_a_page_names_exists() -> None:
    named = {
        name for page in PAGES for name in re.findall(r"`(test_\w+)`", page.read_text("utf-8")) if "__" not in name
    }
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) >= 10
    assert not [name for name in sorted(named) if f"def {name}(" not in sources]

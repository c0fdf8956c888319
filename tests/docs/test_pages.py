"""README and the other pages: what they point at is there, and what they tell to type works."""

import re
import subprocess
from pathlib import Path

import pytest
import typer
import typer.main
from typer.core import TyperGroup

from publisher.commands import mount
from ticker.main import app as command_line

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
README = (ROOT / "README.md").read_text("utf-8")


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_of_the_code_that_a_page_names_is_there(page: Path) -> None:
    for name in re.findall(r"`((?:ticker|publisher|web|tests|deploy|docs)/[\w./-]*)`", page.read_text("utf-8")):
        assert (ROOT / name).exists(), name


def test_the_reading_order_names_every_file_in_its_room() -> None:
    lines = re.findall(r"^\d\. .*(?:\n   .*)*", README, re.MULTILINE)
    assert len(lines) >= 8
    room = ""
    for name in re.findall(r"`([\w./-]+)`", "\n".join(lines)):
        if "/" in name:
            room = name if name.endswith("/") else room
            assert (ROOT / name).exists(), name
        elif "." in name:
            assert (ROOT / room / name).exists(), f"{room}{name}"


def test_every_make_target_that_a_page_names_exists() -> None:
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in PAGES:
        assert set(re.findall(r"(?:`| {4})make ([a-z-]+)", page.read_text("utf-8"))) <= made, page.name


def test_every_command_that_a_page_names_exists() -> None:
    mount(desk_side := typer.Typer())
    known: set[str] = set()
    for side in (command_line, desk_side):
        group = typer.main.get_command(side)
        assert isinstance(group, TyperGroup)
        known |= set(group.commands)
    for page in PAGES:
        named = set(re.findall(r"(?:`| {4}|bin/|\()flashwire ([a-z]+)", page.read_text("utf-8")))
        assert named <= known, page.name


def test_make_help_lists_every_target_that_is_for_people() -> None:
    shown = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("install", "run", "test", "check", "journey", "bench", "lock", "clean"):
        assert re.search(rf"^  make {target} ", shown, re.MULTILINE), target

"""The documentation as text: pages, sections, tables, code blocks, links."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
# The top folders of the repository, as an alternative of a pattern.
DIRECTORIES = "ticker|publisher|flashwire|bench|web|tests|deploy|docs|examples"


def read(name: str) -> str:
    """The text of a page of docs/."""
    return (ROOT / "docs" / name).read_text("utf-8")


def section(text: str, title: str) -> str:
    """The text below a heading, up to the next heading of the same or a higher level."""
    level = title.split(" ", 1)[0]
    match = re.search(rf"^{re.escape(title)}$(.*?)(?=^#{{1,{len(level)}}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert match, f"the page has no section {title!r}"
    return match[1]


def table(text: str, title: str) -> list[list[str]]:
    """The cells of every table row below a heading whose first cell is code or a number; `\\|` is no border."""
    lines = [line for line in section(text, title).splitlines() if re.match(r"\| [`0-9]", line)]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines]


def code_words(text: str) -> list[str]:
    """The words in code type."""
    return re.findall(r"`([^`]+)`", text)


def code_blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language, without their indentation in a list."""
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in blocks]


def without_blocks(text: str) -> str:
    """A page without its fenced blocks, in which `#` begins a comment and brackets are no links."""
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> list[tuple[Path, str]]:
    """The relative links of a page: the file, and the anchor in it or nothing."""
    targets = re.findall(r"\]\(([^)\s]+)\)", without_blocks(page.read_text("utf-8")))
    pairs = [target.partition("#")[::2] for target in targets if not re.match(r"[a-z]+:", target)]
    return [((page.parent / path).resolve() if path else page, anchor) for path, anchor in pairs]

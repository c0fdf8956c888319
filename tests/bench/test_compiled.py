"""Where the benchmark's programs are kept: never where somebody else could put one."""

import os
import pwd
import tempfile
from pathlib import Path

import pytest

from bench.compiled import compiled
from bench.contender import ContenderError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "one.c"
    path.write_text("int main(void) { return 0; }\n")
    return path


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in the machine's own temporary one, for a user without a home."""

    def unknown(_: int) -> None:
        raise KeyError

    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    return tmp_path / "tmp" / f"flashwire-bench-{os.geteuid()}"


def test_a_user_without_a_home_gets_a_private_folder_and_keeps_it(source: Path, own: Path) -> None:
    program = compiled("one", [source])
    assert program.parent == own and own.stat().st_mode & 0o777 == 0o700
    assert compiled("one", [source]) == program


def test_a_link_instead_of_the_folder_is_not_followed(source: Path, own: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    own.symlink_to(elsewhere)
    with pytest.raises(ContenderError, match="not a folder of yours"):
        compiled("one", [source])
    assert not list(elsewhere.iterdir())


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_that_others_can_write_to_is_not_used(source: Path, own: Path, mode: int) -> None:
    own.mkdir()
    own.chmod(mode)
    with pytest.raises(ContenderError, match="XDG_CACHE_HOME"):
        compiled("one", [source])


def test_a_file_instead_of_the_folder_is_one_line(source: Path, own: Path) -> None:
    own.touch()
    with pytest.raises(ContenderError, match="XDG_CACHE_HOME"):
        compiled("one", [source])


def test_no_usable_folder_is_one_line(source: Path, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(ContenderError, match="No such file"):
        compiled("one", [source])

"""Files of the store that are removed while it runs: nothing is acknowledged into a file that is gone."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ticker.embedded.keeper import Keeper
from ticker.embedded.valkey import MANIFEST

Ask = Callable[[Path, str], str]
Keep = Callable[[Keeper, Callable[[], object], str], None]


def remove_folder(folder: Path) -> None:
    shutil.rmtree(folder)


def move_away(folder: Path) -> None:
    folder.rename(folder.parent / "moved")


def remove_manifest(folder: Path) -> None:
    (folder.parent / MANIFEST).unlink()


def remove_what_is_written(folder: Path) -> None:
    next(folder.glob("*.incr.aof")).unlink()


def cut(folder: Path) -> None:
    next(folder.glob("*.incr.aof")).write_bytes(b"")


def replace(folder: Path) -> None:
    written = next(folder.glob("*.incr.aof"))
    copy = written.with_suffix(".copy")
    copy.write_bytes(written.read_bytes())
    copy.rename(written)


@pytest.mark.parametrize("harm", [remove_folder, move_away, remove_manifest, remove_what_is_written, cut, replace])
def test_files_that_are_removed_are_written_again(
    data: Path, ask: Ask, keep: Keep, until: Callable[..., None], harm: Callable[[Path], None]
) -> None:
    notices: list[str] = []
    with Keeper(data, notice=notices.append) as keeper:
        place = data / "valkey.sock"
        assert ask(place, "SET before harm") == "+OK"
        keep(keeper, lambda: keeper._files is not None and keeper._files._known, "the files were looked at")
        harm(data / "appendonlydir")
        keep(keeper, lambda: not keeper.ready, "it is noticed")
        keep(keeper, lambda: keeper.ready, "all is written again")
        assert ask(place, "SET after harm") == "+OK"
    assert any("files were removed" in notice for notice in notices), notices
    with Keeper(data):
        assert [ask(place, f"GET {name}") for name in ("before", "after")] == ["harm", "harm"]


def test_a_rewrite_is_not_a_loss(data: Path, ask: Ask, keep: Keep) -> None:
    notices: list[str] = []
    with Keeper(data, notice=notices.append) as keeper:
        for number in range(3):
            assert ask(data / "valkey.sock", f"SET key{number} value") == "+OK"
            ask(data / "valkey.sock", "BGREWRITEAOF")
            base = f"appendonlydir/appendonly.aof.{number + 2}.base.aof"
            keep(keeper, (data / base).exists, "it is rewritten")
        assert keeper.ready and not notices


def test_a_data_directory_that_is_gone_ends_the_server(data: Path, ask: Ask, keep: Keep) -> None:
    notices: list[str] = []
    with Keeper(data, notice=notices.append) as keeper:
        before = keeper.pid
        keep(keeper, lambda: keeper._files is not None, "the files were looked at")
        shutil.rmtree(data)
        keep(keeper, lambda: keeper.pid != before, "the server is ended")
        assert any("was removed while the store ran" in notice for notice in notices)
        assert not keeper.ready

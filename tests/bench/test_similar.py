"""`python -m bench similar`, with few keystrokes."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import bench.similar.keystrokes
from bench.similar.command import similar_command
from bench.similar.corpus import CHOSEN_WITH, HELD_OUT, LANGUAGES, events


def test_at_least_300_rewordings_are_unlike_each_other() -> None:
    news = [event for name in (CHOSEN_WITH, HELD_OUT) for event in events(name)]
    rewordings = [text for event in news for language in LANGUAGES for text in event.same[language]]
    assert len(rewordings) == len(set(rewordings)) >= 300
    for event in news:
        for language in LANGUAGES:
            texts = [event.line[language], *event.same[language], *event.other[language]]
            assert len(set(texts)) == 4


@pytest.mark.slow
def test_the_command_prints_each_measure_and_headlines_of_the_same_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.similar.keystrokes, "_TYPED", 2)
    monkeypatch.setattr(bench.similar.keystrokes, "LINES", 100)
    rows = [
        {"en": "Ferry sinks off Ostra", "es": "Se hunde un ferri en Ostra", "ar": "غرق عبارة في أوسترا"},
        {"en": "Off Ostra a ferry sinks", "es": "Ferri hundido en Ostra", "ar": "عبارة تغرق في أوسترا"},
        {"en": "Central bank cuts rate", "es": "El banco central baja los tipos", "ar": "المركزي يخفض الفائدة"},
    ]
    path = tmp_path / "headlines.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    app = typer.Typer()
    app.command()(similar_command)
    result = CliRunner().invoke(app, [str(path)])
    assert result.exit_code == 0, result.output
    assert "3 headlines in en: 1 pairs" in result.output and "Off Ostra a ferry sinks" in result.output
    assert "changed figures marked" in result.output and "ar typed, es known" in result.output
    assert "elapsed" in result.output and "p99" in result.output

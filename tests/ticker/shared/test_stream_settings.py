"""Settings that desk and ticker share: where they come from, and what is not shown of them."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ticker.shared.process.settings import StreamSettings


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in StreamSettings.model_fields:
        monkeypatch.delenv(f"FLASHWIRE_{name.upper()}", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    return tmp_path


def read(**values: Any) -> StreamSettings:  # Any: as many types as settings
    return StreamSettings(**values)


def test_every_setting_has_a_default() -> None:
    settings = read()
    assert (settings.redis_url, settings.brand, settings.data) == (None, "news", Path("data"))
    assert (settings.site, settings.signing_keys, settings.stream_length) == (None, None, 10_000)
    assert (settings.log_format, settings.log_level) == ("auto", "info")


def test_arguments_take_precedence_over_the_environment_and_that_over_the_file(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty_folder / ".env").write_text("REDIS_URL=redis://file\nFLASHWIRE_BRAND=file\nFLASHWIRE_STREAM_LENGTH=500\n")
    assert (read().redis_url, read().brand) == ("redis://file", "file")
    monkeypatch.setenv("REDIS_URL", "redis://environment")
    monkeypatch.setenv("FLASHWIRE_BRAND", "environment")
    assert (read().redis_url, read().brand) == ("redis://environment", "environment")
    values = read(redis_url="redis://argument", brand="argument")
    assert (values.redis_url, values.brand, values.stream_length) == ("redis://argument", "argument", 500)


def test_secrets_are_in_neither_the_repr_of_settings_nor_their_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://:hunter2@db")
    monkeypatch.setenv("FLASHWIRE_SIGNING_KEYS", "k1:hunter2")
    assert "hunter2" not in repr(read()) + str(read())
    monkeypatch.setenv("FLASHWIRE_BRAND", "hunter2 !")
    with pytest.raises(ValidationError) as caught:
        read()
    assert "hunter2" not in str(caught.value)


def test_every_setting_has_a_description() -> None:
    assert all(field.description for field in StreamSettings.model_fields.values())

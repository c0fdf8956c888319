"""What the desk's commands are told: settings, address, token, key; what does not serve ends them in one line."""

import secrets
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from publisher.settings import DeskSettings
from ticker.shared.http import addresses
from ticker.shared.process import output
from ticker.shared.process.setting_faults import fault_sentences, variable

DataOption = Annotated[
    str | None,
    typer.Option("--data", metavar="PATH", help="Directory of keys and tokens (FLASHWIRE_DATA; default ./data)."),
]


def fail(sentence: str, status: int = 1) -> NoReturn:
    """Ends the process with `sentence` on standard error; `status` 2 is for what cannot start as it is set."""
    output.tell(sentence)
    raise typer.Exit(status)


def desk_settings(**flags: object) -> DeskSettings:
    """The settings from environment and .env, flags before both; a bad one ends the process with one line."""
    try:
        settings = DeskSettings.model_validate({name: value for name, value in flags.items() if value is not None})
        if settings.redis_url is not None:
            _check_address(settings.redis_url)
        return settings
    except ValidationError as error:
        fail(fault_sentences(DeskSettings, error), 2)


def _check_address(url: str) -> None:
    from ticker.stream.redis_stream import connect

    try:
        connect(url, timeout=1)  # connects to nothing yet
    except ValueError as error:
        fail(f"{variable('redis_url')}: {error}", 2)


def desk_and_token(url: str, token: str) -> tuple[str, str]:
    """The desk's address and the token, each in the form that was meant."""
    try:
        url = addresses.typed_address(url)
    except ValueError as error:
        fail(f"--desk (or FLASHWIRE_DESK_URL): {error}.", 2)
    token = addresses.unquoted(token)
    if not token:
        fail("Set FLASHWIRE_TOKEN to a token; make one with: flashwire token create NAME --role editor")
    if not (token.isascii() and token.isprintable()):
        fail("FLASHWIRE_TOKEN holds something that is not a token: copy it again.")
    return url, token


def request_key(given: str | None) -> str:
    """The key of an earlier call, or a new one."""
    if given is None:
        return f"post-{secrets.token_hex(16)}"
    if not (given and given.isascii() and given.isprintable()):
        # Any other key would publish once more what an earlier call may have published.
        fail("--key is not a key: copy it as it was printed.")
    return given

"""Refuses to create a signing key while the stream has entries: a new key could read none of them."""

from typing import Final

from publisher.settings import DeskSettings
from publisher.stream.redis_calls import RedisCalls
from ticker.contract.keys import KEY_FILE, KeyringError
from ticker.stream.redis_stream import Keys, StreamAwayError, connect

_CONNECT_SECONDS: Final = 2.0


async def check_signing_key(settings: DeskSettings) -> None:
    """Raises `KeyringError` if there is no signing key and the stream has entries, or cannot be read."""
    path = settings.data / KEY_FILE
    if settings.signing_keys or path.exists() or settings.redis_url is None:
        return
    keys = Keys(settings.brand)
    calls = RedisCalls(connect(settings.redis_url, timeout=_CONNECT_SECONDS))
    try:
        # The counter remains when every entry was trimmed or deleted.
        present = await calls.command(lambda: calls.client.exists(keys.items, keys.meta))
    except StreamAwayError as error:
        raise KeyringError(
            f"There is no signing key {path}, and Redis cannot be asked whether the stream has entries ({error}). "
            "Start Redis first, or set FLASHWIRE_SIGNING_KEYS."
        ) from None
    finally:
        await calls.aclose()
    if present:
        raise KeyringError(
            f"The signing key {path} is missing, and the stream {keys.items} has entries. Restore the key from your "
            "backup, or set FLASHWIRE_SIGNING_KEYS to it; to begin a new stream, set another FLASHWIRE_BRAND."
        )

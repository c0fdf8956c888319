"""The checks of `flashwire doctor` on the store: versions that no key can read, and a server that may evict keys."""

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from flashwire.cli.checks import Finding
from ticker.contract.entry import Keyring, PoisonError, read_entry, unseal
from ticker.contract.item import decode_item
from ticker.stream.redis_stream import Stream, StreamAwayError, connect

if TYPE_CHECKING:
    from ticker.shared.process.settings import StreamSettings

_ANSWER_SECONDS: Final = 5.0
_KEY_REASONS: Final = frozenset({"key", "signature"})


async def check_stored(url: str, settings: "StreamSettings", keyring: Keyring) -> list[Finding]:
    """Whether every entry and ledger can be read with `keyring`. The server must be reachable."""
    stream = Stream(connect(url, timeout=_ANSWER_SECONDS), settings.brand)
    try:
        facts = await stream.server()
        return [_eviction(facts.eviction), await _stream(stream, keyring), await _ledgers(stream, keyring)]
    except StreamAwayError as error:
        fix = "Give this user its rights (docs/deploy.md, “Rights”)." if "Permission" in str(error) else "Try again."
        return [Finding("readable", False, str(error), fix)]
    finally:
        await stream.aclose()


def _eviction(policy: str | None) -> Finding:
    if policy in (None, "noeviction"):
        return Finding("eviction", True, f"maxmemory-policy {policy}" if policy else "the server does not say it")
    fix = "Set maxmemory-policy noeviction: another policy may drop the stream, or the ledgers that withdraw its items."
    return Finding("eviction", False, f"maxmemory-policy {policy}", fix)


async def _stream(stream: Stream, keyring: Keyring) -> Finding:
    reasons: Counter[str] = Counter()
    count = 0
    for record in await stream.records():
        count += 1
        try:
            read_entry(*record, keyring)
        except PoisonError as error:
            reasons[error.reason] += 1
    return _finding("stream", f"{count} entries", reasons)


async def _ledgers(stream: Stream, keyring: Keyring) -> Finding:
    reasons: Counter[str] = Counter()
    count = 0
    async for bodies in stream.ledgers():
        count += 1
        # An empty body is a version that was lost.
        for body in filter(None, bodies):
            try:
                decode_item(unseal(body, keyring))
            except PoisonError as error:
                reasons[error.reason] += 1
            except msgspec.DecodeError:
                reasons["schema"] += 1
    return _finding("ledgers", f"{count} ledgers", reasons)


def _finding(location: str, total: str, reasons: "Counter[str]") -> Finding:
    if not reasons:
        return Finding("readable", True, f"all of {total}")
    counts = ", ".join(f"{count} ({reason})" for reason, count in sorted(reasons.items()))
    fix = "See “A version cannot be read” in docs/monitor.md."
    if _KEY_REASONS & reasons.keys():
        fix = "Put the missing key back and run `flashwire rekey`, or let a chief withdraw these items. " + fix
    return Finding("readable", False, f"unreadable in {location}, of {total}: {counts}", fix)

"""The checks of `flashwire doctor`. Each returns its findings and raises nothing for a failure."""

import asyncio
import os
import secrets
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

import httpx2
import msgspec

from flashwire.client import Snapshot, SubscriptionRefusedError, follow
from ticker.contract.entry import Keyring, PoisonError, read_entry
from ticker.contract.item import Item
from ticker.contract.keys import KeyringError, load_keyring
from ticker.shared.process.server_state import read_state
from ticker.stream.redis_stream import Record, Stream, StreamAwayError, connect

if TYPE_CHECKING:
    from ticker.shared.process.settings import StreamSettings

_ANSWER_SECONDS: Final = 5.0
_CANARY_SECONDS: Final = 10.0
# A smaller difference is not seen on a page; NTP keeps machines within milliseconds.
_CLOCK_SECONDS: Final = 2.0


class Finding(msgspec.Struct, frozen=True):
    """The result of one check: `fix` says what to do if it failed, `milliseconds` how long it took if that matters."""

    step: str
    ok: bool
    description: str = msgspec.field(name="found")
    fix: str = ""
    milliseconds: float | None = None


def check_data(settings: "StreamSettings") -> Finding:
    """Whether the data directory exists, and only this user may write it."""
    data = settings.data.resolve()
    if not data.is_dir():
        if settings.redis_url and settings.signing_keys:
            return Finding("data", True, f"{data} does not exist and is not needed")
        return Finding("data", False, f"{data} does not exist", "Start with `flashwire run`, or name it with --data.")
    mode = data.stat().st_mode
    if not os.access(data, os.W_OK):
        return Finding("data", False, f"{data} cannot be written", f"Give it to this user: chown {os.getuid()} {data}")
    if mode & 0o022:
        return Finding("data", False, f"others may write {data}", f"Run: chmod go-w {data}")
    return Finding("data", True, str(data))


def check_keys(settings: "StreamSettings") -> tuple[Finding, Keyring | None]:
    """Whether the signing keys exist, are well formed, and only this user may read them."""
    try:
        keyring = load_keyring(settings.signing_keys, settings.data, settings.brand, create=False)
    except KeyringError as error:
        return Finding("key", False, str(error), "Signing keys must be the desk's own, on every node."), None
    where = "FLASHWIRE_SIGNING_KEYS" if settings.signing_keys else "signing.key"
    return Finding("key", True, f"{len(keyring.keys)} from {where}; {keyring.signer} signs"), keyring


async def check_stream(url: str, settings: "StreamSettings", keyring: Keyring | None) -> list[Finding]:
    """Whether the stream's server is reachable and durable, its clock is right, and its newest entry verifies."""
    stream = Stream(connect(url, timeout=_ANSWER_SECONDS), settings.brand)
    try:
        started = time.perf_counter()
        try:
            facts = await stream.server()
            position, newest = await stream.position(), await stream.newest()
        except (StreamAwayError, ValueError) as error:
            state = None if settings.redis_url else read_state(settings.data)
            reason = f"{error}" + (f" {state.reason}" if state and state.reason else "")
            fix = "Start it with `flashwire run`." if not settings.redis_url else "Check REDIS_URL and that server."
            if "Permission" in reason:
                fix = "Give this user its rights (docs/deploy.md, “Rights”)."
            return [Finding("stream", False, reason, fix)]
        duration = (time.perf_counter() - started) * 1000
        findings = [Finding("stream", True, f"server {facts.version}, {position.seq} entries so far", "", duration)]
        findings.append(_durable(facts.append_only, facts.fsync))
        findings.append(_clock("Redis' clock", facts.clock))
        if newest is not None and keyring is not None:
            findings.append(_signature(newest, keyring))
        return findings
    finally:
        await stream.aclose()


async def check_side(side: str, url: str) -> list[Finding]:
    """Whether one side is ready, as a load balancer asks, and the clock of its machine is right."""
    started = time.perf_counter()
    try:
        async with _http(url) as http:
            answer = await http.get("/health/ready")
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        fix = f"Start it, or name its address with --{side}."
        return [Finding(side, False, f"{url} cannot be reached ({type(error).__name__})", fix)]
    duration = (time.perf_counter() - started) * 1000
    if answer.status_code != 200:
        reason = answer.text[:300].replace("\n", " ")
        return [Finding(side, False, f"{url} answers {answer.status_code}: {reason}", "Fix what it names.", duration)]
    findings = [Finding(side, True, f"{url} is ready", "", duration), *_hidden(answer.content)]
    if (date := answer.headers.get("date")) is not None:
        try:
            findings.append(_clock(f"the {side}'s clock", parsedate_to_datetime(date).timestamp(), in_seconds=True))
        except ValueError:
            findings.append(Finding("clock", False, f"the {side} sends no date", f"Check what answers at {url}."))
    return findings


async def check_canary(ticker: str, desk: str, token: str) -> list[Finding]:
    """Sends a canary from the desk to a socket; one finding for the join, the post and the arrival."""
    if not token:
        fix = "Run: export FLASHWIRE_TOKEN=$(flashwire token create doctor --role reporter)"
        return [Finding("canary", False, "no token to post it with", fix)]
    findings: list[Finding] = []
    started = time.perf_counter()

    def add_step(name: str, description: str) -> None:
        findings.append(Finding(name, True, description, "", (time.perf_counter() - started) * 1000))

    mark = f"doctor {secrets.token_hex(8)}"
    step = "join"
    try:
        async with (
            asyncio.timeout(_CANARY_SECONDS),
            follow(ticker, edition="canary", backlog=0) as events,
        ):
            while not isinstance(await anext(events), Snapshot):
                pass
            add_step("join", "the socket is open")
            step, started = "post", time.perf_counter()
            failure = await _post(desk, token, mark)
            if failure is not None:
                return [*findings, failure]
            add_step("post", "the desk has it in the stream")
            step = "canary"
            async for event in events:
                if any(isinstance(item, Item) and item.headline.value == mark for item in event.items):
                    add_step("canary", "from the desk to the socket")
                    return findings
    except TimeoutError:
        fix = {
            "join": "Check the ticker's address, and that the proxy before it lets WebSocket through.",
            "post": "Check the desk's log.",
            "canary": "Desk and ticker must share REDIS_URL, FLASHWIRE_BRAND and signing keys.",
        }[step]
        findings.append(Finding(step, False, f"not within {_CANARY_SECONDS:.0f} s", fix))
    except SubscriptionRefusedError as error:
        findings.append(Finding(step, False, str(error), "Check the ticker's address and version."))
    return findings


async def _post(desk: str, token: str, mark: str) -> Finding | None:
    try:
        async with _http(desk) as http:
            headers = {"Authorization": f"Bearer {token}"}
            answer = await http.post("/v1/canary", json={"mark": mark}, headers=headers)
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeEncodeError) as error:
        return Finding("post", False, f"{desk} cannot be reached ({type(error).__name__})", "Check --desk.")
    if answer.status_code == 401:
        return Finding("post", False, "the desk does not know the token", "Make one: flashwire token create doctor")
    if answer.status_code != 201:
        return Finding("post", False, f"the desk answers {answer.status_code}: {answer.text[:200]}", "See its log.")
    return None


def _http(url: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=url, timeout=_ANSWER_SECONDS, trust_env=False)


def _durable(append_only: bool, fsync: str | None) -> Finding:
    fix = "Set appendonly yes and appendfsync always: an acknowledged line must survive a power cut."
    if not append_only:
        return Finding("durable", False, "the server writes no append-only file", fix)
    if fsync is None:
        return Finding("durable", True, "append-only file on; the server does not say when it syncs")
    return Finding(
        "durable", fsync == "always", f"append-only file, appendfsync {fsync}", "" if fsync == "always" else fix
    )


def _clock(owner: str, seconds: float, *, in_seconds: bool = False) -> Finding:
    # An HTTP date has whole seconds.
    difference = abs(time.time() - seconds - (0.5 if in_seconds else 0))
    fix = "" if difference <= _CLOCK_SECONDS else "Set the clocks by NTP."
    return Finding(
        "clock", not fix, f"{owner} is {'about ' if in_seconds else ''}{difference:.1f} s from this one", fix
    )


def _signature(newest: Record, keyring: Keyring) -> Finding:
    try:
        read_entry(*newest, keyring)
    except PoisonError as error:
        fix = "Give desk and nodes the same signing keys."
        return Finding("signature", False, f"the newest entry does not verify here ({error.reason})", fix)
    return Finding("signature", True, "the newest entry verifies with these keys")


class _Ready(msgspec.Struct):
    hidden: int = 0
    names: list[str] = msgspec.field(name="hiddenItems", default_factory=list)


def _hidden(answer: bytes) -> list[Finding]:
    """A finding if a ready node hides items."""
    try:
        ready = msgspec.json.decode(answer, type=_Ready)
    except msgspec.DecodeError:
        return []
    if not ready.hidden:
        return []
    names = ": " + ", ".join(ready.names) if ready.names else ""
    fix = "Withdraw or publish them again; after a restored backup, restart the nodes."
    fix += " See “Items are hidden” in docs/monitor.md."
    return [Finding("hidden", False, f"{ready.hidden} items are not shown{names}", fix)]

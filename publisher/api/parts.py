"""The objects that the desk's routes share, created once at the start."""

import time
from collections.abc import Callable
from typing import Final

import msgspec

from publisher.api.adviser import Adviser
from publisher.api.cookie import cookie_name
from publisher.api.metrics import Metrics
from publisher.api.recent import Recent
from publisher.api.source_registry import SourceRegistry
from publisher.api.style_files import StyleFiles
from publisher.api.translations import Translations
from publisher.api.watch import Watch
from publisher.core.allowance import Allowance
from publisher.core.rate import Rate
from publisher.records.actors import Actors
from publisher.records.audit_writer import AuditWriter
from publisher.records.bylines import Bylines
from publisher.records.changes import Changes
from publisher.records.database import Database, open_database
from publisher.records.drafts import Drafts
from publisher.records.errors import DatabaseError
from publisher.records.holders import Holders
from publisher.records.kill_switch import KillSwitch
from publisher.records.notes import Notes
from publisher.records.people import People, open_people
from publisher.records.presences import Presences
from publisher.records.rehearsal import claim
from publisher.records.sessions import Sessions
from publisher.records.settled import Settled
from publisher.records.tokens import Tokens
from publisher.records.waiting import WaitingLines
from publisher.records.welcome import Welcome
from publisher.settings import DeskSettings
from publisher.stream.receipts import ReceiptReader
from publisher.stream.store import Store
from ticker.contract.keys import load_keyring
from ticker.contract.site import Site, load_site

# Per token and minute; a monitor that sends one every ten seconds needs six.
CANARY_LIMIT: Final = 30
# A second, for a person and for all of them: the page asks at most five times, and a check takes some 4 ms.
CHECKS_EACH: Final = 10.0
CHECKS_TOGETHER: Final = 60.0
# Per network and minute: each stores a challenge, before anyone is known.
CEREMONY_LIMIT: Final = 120


class Parts(msgspec.Struct, frozen=True):
    """The parts of one desk; `clock` returns seconds since 1970, `steady` seconds of a monotonic clock."""

    settings: DeskSettings
    sources: SourceRegistry
    store: Store
    database: Database
    holders: Holders
    tokens: Tokens
    sessions: Sessions
    welcome: Welcome
    people: People
    notes: Notes
    bylines: Bylines
    presences: Presences
    changes: Changes
    drafts: Drafts
    settled: Settled
    audit: AuditWriter
    receipts: ReceiptReader
    waiting: WaitingLines
    actors: Actors
    kill_switch: KillSwitch
    rate: Rate
    alone_rate: Rate
    canary_rate: Rate
    ceremony_rate: Rate
    check_allowance: Allowance
    metrics: Metrics
    watch: Watch
    adviser: Adviser
    clock: Callable[[], float]
    steady: Callable[[], float]
    cookie: str

    @property
    def site(self) -> Site:
        """The site with the sources of the registry as they are now; read it again for each request."""
        return self.sources.site


def seconds_since_boot() -> float:
    """Seconds of a clock that is never set, and that goes on while the machine is suspended.

    Linux's monotonic clock stands still then: a line would look punctual that became due an hour ago.
    """
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def open_parts(
    settings: DeskSettings,
    *,
    clock: Callable[[], float] = time.time,
    steady: Callable[[], float] = seconds_since_boot,
) -> Parts:
    """The parts of the desk that `settings` describe.

    Raises `SiteError`, `KeyringError`, `DatabaseError`, or `ValueError` for a wrong Redis address, each with one line.
    """
    site = load_site(settings.site)
    keyring = load_keyring(settings.signing_keys, settings.data, settings.brand, create=True)
    store = Store.open(settings, keyring)
    database = open_database(settings.data, settings.database_url)
    try:
        claim(database, rehearsal=settings.rehearsal)
    except DatabaseError:
        database.close()
        raise
    tokens = Tokens(database)
    total, idle = settings.session_hours * 3600, settings.session_idle_minutes * 60
    sessions = Sessions(database, clock, total=total, idle=idle)
    holders = Holders(database, tokens, sessions, clock)
    metrics = Metrics()
    changes = Changes(database)
    audit = AuditWriter(database, settings.data)
    receipts = ReceiptReader(store.calls, store.keys)
    metrics.show_reports(receipts.book)
    metrics.audit_spooled.set_function(lambda: audit.spooled)
    has_translations = settings.translations == "on"
    # Each line gets its vector when it is published.
    kill_switch = KillSwitch(database, changes, audit, settings.data)
    metrics.stops.set_function(lambda: kill_switch.count)
    recent = Recent(store, metrics.recent_lines, clock, is_eager=has_translations)
    translations = Translations(is_on=has_translations)
    return Parts(
        settings=settings,
        sources=SourceRegistry(site, database, clock),
        store=store,
        database=database,
        holders=holders,
        tokens=tokens,
        sessions=sessions,
        welcome=Welcome(database),
        people=open_people(database, clock, failures=settings.sign_in_failures),
        notes=Notes(database),
        bylines=Bylines(database),
        presences=Presences(database, clock),
        changes=changes,
        drafts=Drafts(database, changes),
        settled=Settled(database, changes),
        audit=audit,
        receipts=receipts,
        waiting=WaitingLines(database, changes),
        actors=Actors(database),
        kill_switch=kill_switch,
        rate=Rate(settings.rate_per_minute),
        alone_rate=Rate(settings.alone_per_minute),
        canary_rate=Rate(CANARY_LIMIT),
        ceremony_rate=Rate(CEREMONY_LIMIT),
        check_allowance=Allowance(CHECKS_EACH, CHECKS_TOGETHER),
        metrics=metrics,
        watch=Watch(store, metrics, database, holders),
        adviser=Adviser(site, recent, StyleFiles(settings.data / "style"), translations, metrics, clock),
        clock=clock,
        steady=steady,
        cookie=cookie_name(settings.brand, database.desk_id()),
    )

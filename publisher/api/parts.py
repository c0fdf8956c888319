"""The objects that the desk's routes share, created once at the start."""

import time
from collections.abc import Callable
from typing import Final

import msgspec

from publisher.api.cookie import cookie_name
from publisher.api.metrics import Metrics
from publisher.api.watch import Watch
from publisher.core.rate import Rate
from publisher.records.database import Database, open_database
from publisher.records.holders import Holders
from publisher.records.notes import Notes
from publisher.records.sessions import Sessions
from publisher.records.tokens import Tokens
from publisher.records.welcome import Welcome
from publisher.settings import DeskSettings
from publisher.stream.store import Store
from ticker.contract.keys import load_keyring
from ticker.contract.site import Site, load_site

# Per token and minute; a monitor that sends one every ten seconds needs six.
CANARY_LIMIT: Final = 30


class Parts(msgspec.Struct, frozen=True):
    """The parts of one desk; `clock` returns seconds since 1970, `steady` seconds of a monotonic clock."""

    settings: DeskSettings
    site: Site
    store: Store
    database: Database
    holders: Holders
    tokens: Tokens
    sessions: Sessions
    welcome: Welcome
    notes: Notes
    rate: Rate
    canary_rate: Rate
    metrics: Metrics
    watch: Watch
    clock: Callable[[], float]
    steady: Callable[[], float]
    cookie: str


def open_parts(
    settings: DeskSettings,
    *,
    clock: Callable[[], float] = time.time,
    steady: Callable[[], float] = time.monotonic,
) -> Parts:
    """The parts of the desk that `settings` describe.

    Raises `SiteError`, `KeyringError`, `DatabaseError`, or `ValueError` for a wrong Redis address, each with one line.
    """
    site = load_site(settings.site)
    keyring = load_keyring(settings.signing_keys, settings.data, settings.brand, create=True)
    store = Store.open(settings, keyring)
    database = open_database(settings.data, settings.database_url)
    tokens, sessions = Tokens(database), Sessions(database, clock)
    holders = Holders(database, tokens, sessions, clock)
    metrics = Metrics()
    return Parts(
        settings=settings,
        site=site,
        store=store,
        database=database,
        holders=holders,
        tokens=tokens,
        sessions=sessions,
        welcome=Welcome(database),
        notes=Notes(database),
        rate=Rate(settings.rate_per_minute),
        canary_rate=Rate(CANARY_LIMIT),
        metrics=metrics,
        watch=Watch(store, metrics, database, holders),
        clock=clock,
        steady=steady,
        cookie=cookie_name(settings.brand, database.desk_id()),
    )

"""What every route of the desk works with, put together once at the start."""

import time
from collections.abc import Callable
from typing import Final

import msgspec

from publisher.api.cookie import cookie_name
from publisher.api.metrics import Metrics
from publisher.api.watch import StreamWatch
from publisher.core.rate import Rate
from publisher.records.database import database_check, desk_id, open_database
from publisher.records.notes import Notes
from publisher.records.sessions import Sessions
from publisher.records.tokens import Tokens
from publisher.records.welcome import Welcome
from publisher.settings import DeskSettings
from publisher.stream.store import Store
from ticker.contract.keys import load_keyring
from ticker.contract.site import Site, load_site

# For each token and minute; a monitor that sends one every ten seconds needs six.
CANARY_LIMIT: Final = 30


class Parts(msgspec.Struct, frozen=True):
    """The parts; `clock` gives seconds since 1970, `steady` seconds that no setting of the clock moves."""

    settings: DeskSettings
    site: Site
    store: Store
    tokens: Tokens
    sessions: Sessions
    welcome: Welcome
    notes: Notes
    rate: Rate
    canaries: Rate
    metrics: Metrics
    watch: StreamWatch
    clock: Callable[[], float]
    steady: Callable[[], float]
    cookie: str


def open_parts(
    settings: DeskSettings,
    *,
    clock: Callable[[], float] = time.time,
    steady: Callable[[], float] = time.monotonic,
) -> Parts:
    """The desk that `settings` describe.

    Raises `SiteError`, `KeyringError`, `DatabaseError`, or `ValueError` for a bad address of Redis, each one line.
    """
    site = load_site(settings.site)
    keyring = load_keyring(settings.signing_keys, settings.data, settings.brand, create=True)
    connection = open_database(settings.data)
    store = Store.open(settings, keyring)
    metrics = Metrics()
    return Parts(
        settings=settings,
        site=site,
        store=store,
        tokens=Tokens(connection),
        sessions=Sessions(connection, clock),
        welcome=Welcome(connection),
        notes=Notes(connection),
        rate=Rate(settings.rate_per_minute),
        canaries=Rate(CANARY_LIMIT),
        metrics=metrics,
        watch=StreamWatch(store, metrics, database_check(settings.data)),
        clock=clock,
        steady=steady,
        cookie=cookie_name(settings.brand, desk_id(connection)),
    )

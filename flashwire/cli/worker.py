"""A node in a fresh interpreter: the successor in a rolling restart, which reads code, settings and files anew.

What belongs to its parent stays as it was: the address, the number of workers, the data directory, and the embedded
server. Whatever is wrong with the new ends it with one line, before it touches what its siblings use.
"""

import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from flashwire.service.children import Again
    from ticker.settings import TickerSettings

CODE: Final = "import sys; from flashwire.cli.worker import main; main(int(sys.argv[1]))"
_KEPT: Final = ("ticker_host", "ticker_port", "workers", "data")


class _Told(msgspec.Struct):
    names: list[str]
    flags: dict[str, Any]
    kept: dict[str, Any]
    sock: int
    shared: int
    slot: int
    permission: int = -1


def again(settings: "TickerSettings", flags: dict[str, Any]) -> "Again":
    """How to start a fresh node with the parent's `flags`; what the parent keeps to itself is taken from `settings`."""
    from flashwire.cli.settings import checked
    from flashwire.service.children import Again

    kept = {name: getattr(settings, name) for name in _KEPT}
    # The embedded server, and the desk beside it, are found by the parent: no variable names them.
    if (settings.redis_url or "").startswith("unix:"):
        kept["redis_url"] = settings.redis_url
    if settings.desk_url:
        kept["desk_url"] = settings.desk_url
    plain = {name: str(value) if isinstance(value, Path) else value for name, value in flags.items()}
    kept["data"] = str(settings.data)
    # The desk's names are among those that were checked at the start: this side does not import them.
    return Again(CODE, {"names": sorted(checked), "flags": plain, "kept": kept})


def main(pipe: int) -> None:
    """Serves what the pipe tells of until SIGTERM; ends with status 2 and one line if it cannot take over."""
    from typer import Exit

    from ticker.shared.process import output

    output.protect(blocks=False)
    try:
        _take_over(pipe)
    except Exit as end:
        sys.exit(end.exit_code)


def _take_over(pipe: int) -> None:
    from flashwire.cli.console import refuse
    from flashwire.cli.run_settings import RunSettings
    from flashwire.cli.settings import check_names, load
    from flashwire.cli.ticker import looped
    from ticker.contract.keys import KeyringError
    from ticker.contract.site import SiteError
    from ticker.server import serve
    from ticker.settings import TickerSettings
    from ticker.shared.process.listen import ListenError
    from ticker.shared.process.setting_faults import PREFIX
    from ticker.shared.process.stopping import Permission, hold
    from ticker.workers.shared_state import LayoutError, SharedState

    with open(pipe, "rb") as file:
        data = file.read()
    try:
        told = msgspec.json.decode(data, type=_Told)
        shared = SharedState.attach(told.shared)
    except (msgspec.DecodeError, LayoutError) as error:
        refuse(
            "This release cannot take over from the one that runs, whose memory is laid out otherwise "
            f"({error}); stop the service and start it again."
        )
    if told.permission >= 0:
        hold(Permission(told.permission))
    os.umask(0o077)
    # This release's own names, and those that its parent knew: what is in `.env` may be for either.
    check_names((RunSettings,), (name.removeprefix(PREFIX) for name in told.names if name.startswith(PREFIX)))
    settings = load(TickerSettings, **told.flags)
    settings = settings.model_copy(update=told.kept | {"data": Path(told.kept["data"])})
    try:
        looped(serve(settings, socket.socket(fileno=told.sock), shared.slots[told.slot]))
    except (KeyringError, ListenError, SiteError) as error:
        refuse(str(error))

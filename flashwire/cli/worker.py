"""A node in a new interpreter, which replaces one in a rolling restart and reads code, settings and files again.

The address, the number of workers, the data directory and the embedded server stay those of the parent. An error in the
new settings or files ends the process with one line, before it touches what the other nodes use.
"""

import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from flashwire.service.children import FreshSpec
    from ticker.settings import TickerSettings

CODE: Final = "import sys; from flashwire.cli.worker import main; main(int(sys.argv[1]))"
_PARENT_SETTINGS: Final = ("ticker_host", "ticker_port", "workers", "data")


class _NodeSpec(msgspec.Struct):
    """The JSON in the pipe, written by `fresh_node` and `ChildProcess`; a rolling upgrade mixes two releases of it."""

    names: list[str]
    flags: dict[str, Any]
    parent_settings: dict[str, Any] = msgspec.field(name="kept")
    sock: int
    shared: int
    slot: int
    permission: int = -1


def fresh_node(settings: "TickerSettings", flags: dict[str, Any]) -> "FreshSpec":
    """How to start a new node with the parent's `flags` and, from `settings`, what must stay the parent's."""
    from flashwire.cli.settings import checked_names
    from flashwire.service.children import FreshSpec

    parent_settings = {name: getattr(settings, name) for name in _PARENT_SETTINGS}
    # Only the parent knows the embedded server and its desk: no variable has their addresses.
    if (settings.redis_url or "").startswith("unix:"):
        parent_settings["redis_url"] = settings.redis_url
    if settings.desk_url:
        parent_settings["desk_url"] = settings.desk_url
    plain = {name: str(value) if isinstance(value, Path) else value for name, value in flags.items()}
    parent_settings["data"] = str(settings.data)
    # The desk's names are among those checked at the start; a node does not import the desk.
    return FreshSpec(CODE, {"names": sorted(checked_names), "flags": plain, "kept": parent_settings})


def main(pipe: int) -> None:
    """Serves the node that the pipe describes until SIGTERM. If it cannot, ends with status 2 and one line."""
    from typer import Exit

    from ticker.shared.process import output

    output.protect(blocks=False)
    try:
        _serve(pipe)
    except Exit as end:
        sys.exit(end.exit_code)


def _serve(pipe: int) -> None:
    from flashwire.cli.console import refuse
    from flashwire.cli.loop import run_loop
    from flashwire.cli.run_settings import RunSettings
    from flashwire.cli.settings import check_names, load
    from ticker.contract.keys import KeyringError
    from ticker.contract.site import SiteError
    from ticker.server import serve
    from ticker.settings import TickerSettings
    from ticker.shared.process.listen import ListenError
    from ticker.shared.process.setting_faults import PREFIX
    from ticker.shared.process.stopping import Permission, set_permission
    from ticker.workers.shared_state import LayoutError, SharedState

    with open(pipe, "rb") as file:
        data = file.read()
    try:
        spec = msgspec.json.decode(data, type=_NodeSpec)
        shared = SharedState.attach(spec.shared)
    except (msgspec.DecodeError, LayoutError) as error:
        refuse(
            "This release cannot replace the running one, because its shared memory has another layout "
            f"({error}); stop the service and start it again."
        )
    if spec.permission >= 0:
        set_permission(Permission(spec.permission))
    os.umask(0o077)
    # `.env` may have names of this release, or of the parent's.
    check_names((RunSettings,), (name.removeprefix(PREFIX) for name in spec.names if name.startswith(PREFIX)))
    settings = load(TickerSettings, **spec.flags)
    settings = settings.model_copy(update=spec.parent_settings | {"data": Path(spec.parent_settings["data"])})
    try:
        run_loop(serve(settings, socket.socket(fileno=spec.sock), shared.slots[spec.slot]))
    except (KeyringError, ListenError, SiteError) as error:
        refuse(str(error))

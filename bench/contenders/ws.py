"""`ws` on Node, the most used WebSocket server in JavaScript, with the broadcast of its README.

No compression (the default), one process for its one core, no Redis. Items are posted over HTTP.
"""

from bench.contender import Target
from bench.contenders.base import Base
from bench.contenders.feed import Publisher
from bench.contenders.node import lacking, node_command, node_environment, node_versions
from bench.contenders.program import start_program
from bench.process import listener


class Ws(Base):
    """One Node process."""

    name = "ws"
    title = "ws on Node, its README's broadcast, without Redis"

    def absent(self) -> str | None:
        return lacking("ws")

    def version(self) -> str:
        return node_versions("ws")

    async def _launch(self, core: int) -> tuple[Target, Publisher]:
        with listener() as sock:
            port, number = sock.getsockname()[1], sock.fileno()
            command = node_command("ws.js", str(number))
            process = self._stop_on_exit(start_program(command, core, self._folder, (number,), **node_environment()))
        publisher = await self._open_poster(process, port, "/publish")
        return Target(ports=(port,), path="/live", processes=(process.pid,)), publisher

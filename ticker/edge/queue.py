"""How many connections may wait in the kernel's queue of a listening socket; whoever listens imports nothing for it."""

from typing import Final

# As many as the kernel allows (net.core.somaxconn): whoever finds the queue full in a storm waits a second and more.
BACKLOG: Final = 65_535

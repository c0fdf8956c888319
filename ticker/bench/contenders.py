"""All contenders, ours first; a new one is a module beside these and a line here."""

from collections.abc import Callable
from typing import Final

from ticker.bench.contender import Contender
from ticker.bench.flashwire import Flashwire
from ticker.bench.naive import Naive

CONTENDERS: Final[dict[str, Callable[[], Contender]]] = {"flashwire": Flashwire, "naive": Naive}

"""The names of the keys in Redis."""

import msgspec


class Keys(msgspec.Struct, frozen=True):
    """The keys of a brand. All have the same hash tag, so that they are in one slot of a cluster."""

    brand: str

    @property
    def items(self) -> str:
        """The stream."""
        return f"flashwire:{{{self.brand}}}:items"

    @property
    def canary(self) -> str:
        """A second stream for canaries, which prove the path to a client; only clients that ask for them get them."""
        return f"flashwire:{{{self.brand}}}:canary"

    @property
    def receipts(self) -> str:
        """A stream of its own with the reports of nodes (ticker.contract.receipt); nodes may write only this key."""
        return f"flashwire:{{{self.brand}}}:receipts"

    @property
    def meta(self) -> str:
        """A hash: the stream's `epoch` and `seq`."""
        return f"flashwire:{{{self.brand}}}:meta"

    @property
    def newest(self) -> str:
        """A hash: for each item in the stream the id and version of its newest entry (`<id> <version>`)."""
        return f"flashwire:{{{self.brand}}}:newest"

    def ledger(self, uri: str) -> str:
        """A list: the sealed body of every version of one item, oldest first."""
        return f"flashwire:{{{self.brand}}}:ledger:{uri}"

    def answer(self, digest: str) -> str:
        """The stored answer to a request with an Idempotency-Key."""
        return f"flashwire:{{{self.brand}}}:answer:{digest}"

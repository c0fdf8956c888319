"""Versions that were read and that the stream has no more: it went back behind them, or is empty for a while."""

from itertools import islice

from ticker.core.record import Records


class PassedVersions:
    """The newest version that was read of each such item, by uri; at most `length` of them stay."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._versions: dict[str, int] = {}

    def version_of(self, uri: str) -> int:
        """The version that was read of an item; 0 where there is none that the stream has no more."""
        return self._versions.get(uri, 0)

    def note(self, records: Records) -> None:
        """Told what was held, before everything is read again."""
        for uri, known in records.items():
            self._versions[uri] = max(known.entry.item.version, self._versions.get(uri, 0))

    def settle(self, records: Records) -> None:
        """Told what is held now; items of which a later version was read are not current."""
        kept: dict[str, int] = {}
        for uri, version in self._versions.items():
            record = records.get(uri)
            # An item that the stream has no more may come back with an older copy of it.
            if record is None or record.entry.item.version < version:
                kept[uri] = version
            if record is not None:
                record.needed = max(record.needed, version)
        self._versions = dict(islice(kept.items(), max(0, len(kept) - self._length), None))

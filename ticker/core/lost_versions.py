"""Versions that the node has read and that the stream no longer has, after a failover, a backup or a wipe."""

from itertools import islice

from ticker.core.record import Records


class LostVersions:
    """The newest lost version of each item, by uri; at most `limit` items."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._versions: dict[str, int] = {}

    def version_of(self, uri: str) -> int:
        """Returns the version of an item that was read and lost, or 0."""
        return self._versions.get(uri, 0)

    def note(self, records: Records) -> None:
        """Remembers the versions of all items; call this before the backlog is rebuilt."""
        for uri, record in records.items():
            self._versions[uri] = max(record.entry.item.version, self._versions.get(uri, 0))

    def settle(self, records: Records) -> None:
        """Compares with the rebuilt backlog: an item with an older version than before is no longer current."""
        lost: dict[str, int] = {}
        for uri, version in self._versions.items():
            record = records.get(uri)
            # An item that is missing may come back with an older version.
            if record is None or record.entry.item.version < version:
                lost[uri] = version
            if record is not None:
                record.required_version = max(record.required_version, version)
        self._versions = dict(islice(lost.items(), max(0, len(lost) - self._limit), None))

"""Errors of the embedded server. Each message is one line that says what to do."""


class EmbeddedError(Exception):
    """The service cannot start, or its embedded server cannot run."""


class DataInUseError(EmbeddedError):
    """Another process uses the data directory."""


class DamagedError(EmbeddedError):
    """The server cannot load its files, and a restart would not help."""

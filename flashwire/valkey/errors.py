"""What can keep an embedded server from running; every message is one line that says what to do."""


class EmbeddedError(Exception):
    """The embedded server cannot run; the message is for the person at the terminal."""


class DataInUseError(EmbeddedError):
    """Another process has the data directory."""


class DamagedError(EmbeddedError):
    """The files cannot be loaded, and starting again will not change that."""

"""Configures the logs of both sides: one line per event on standard error, as text for people or JSON for machines.

Lines are written through `ticker.shared.process.output`, which never raises and never blocks. Characters that are not
printable are escaped, so that a client can neither forge a line nor send control sequences to a terminal
(CVE-2020-7694 in uvicorn).
"""

import logging
import sys
from typing import Final

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from ticker.shared.process import output

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure_logs(log_format: str, log_level: str, *, side: str) -> None:
    """Configures structlog and the standard library's logging in the same way; every line names its `side`.

    The format `auto` is text on a terminal, otherwise JSON.
    """
    output.protect(blocks=False)
    level = _LEVELS[log_level]
    as_text = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())

    def add_side(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["side"] = side
        return event

    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    shared: list[Processor] = [
        add_side,
        structlog.processors.add_log_level,
        stamp,
        structlog.processors.format_exc_info,
        _escape,
    ]
    renderer: Processor = structlog.processors.JSONRenderer(_json)
    if as_text:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.INFO), force=True)
    # Warnings of the interpreter become log lines too.
    logging.captureWarnings(True)

    def dropped_notice(count: int) -> str:
        event: EventDict = {"event": "log lines dropped", "count": count, "side": side, "level": "warning"}
        return str(renderer(None, "warning", stamp(None, "warning", event))) + "\n"

    output.set_dropped_notice(dropped_notice)
    # uvicorn logs every start and stop in several lines; the sides log it in one.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


def _json(event: object, **_: object) -> str:
    # The standard library's encoder takes 12 µs per line, this one 1.
    try:
        return msgspec.json.encode(event, enc_hook=repr).decode()
    except Exception:
        # Any error (a lone surrogate in a list, an object whose repr fails): a log line must not stop the caller.
        return msgspec.json.encode({"event": "line that cannot be encoded", "level": "error"}).decode()


def _escape(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for key, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            # A line feed in a client's value could forge a line; in a traceback it is needed.
            allowed = "\n" if key == "exception" else ""
            event[key] = "".join(c if c.isprintable() or c in allowed else ascii(c)[1:-1] for c in value)
    return event

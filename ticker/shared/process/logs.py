"""How both sides write their logs: one line an event to standard error, as text for people or JSON for machines.

Lines leave through `ticker.shared.process.output`, which never raises and never blocks. Nothing from outside
reaches a line raw: what is not printable is escaped, so that no client can write lines of its own or speak to a
terminal (CVE-2020-7694 was this, in uvicorn).
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
    """Sets up structlog and the standard library's logging alike; every line names its `side`.

    `auto` is text on a terminal, else JSON.
    """
    output.protect(blocks=False)
    level = _LEVELS[log_level]
    as_text = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())

    def sided(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["side"] = side
        return event

    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    shared: list[Processor] = [
        sided,
        structlog.processors.add_log_level,
        stamp,
        structlog.processors.format_exc_info,
        _escaped,
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
    # What the interpreter itself has to warn of is a line of the log like any other.
    logging.captureWarnings(True)

    def dropped(count: int) -> str:
        event: EventDict = {"event": "log lines dropped", "count": count, "side": side, "level": "warning"}
        return str(renderer(None, "warning", stamp(None, "warning", event))) + "\n"

    output.announce_dropped(dropped)
    # uvicorn tells of every start and stop in several lines; ours say it in one.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


def _json(event: object, **_: object) -> str:
    # The standard library's encoder takes 12 µs for a line, this one 1.
    try:
        return msgspec.json.encode(event, enc_hook=repr).decode()
    except Exception:
        # Whatever it is (a lone surrogate in a list, an object whose repr fails): no line of a log stops the work.
        return msgspec.json.encode({"event": "line that cannot be encoded", "level": "error"}).decode()


def _escaped(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for key, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            # In a name from outside a line feed is an attack; in our own trace of an error it is only a line feed.
            kept = "\n" if key == "exception" else ""
            event[key] = "".join(c if c.isprintable() or c in kept else ascii(c)[1:-1] for c in value)
    return event

"""Settings of a ticker node; the table in docs/settings.md is tested against these classes."""

from typing import Literal

from pydantic import Field

from ticker.shared.process.settings import StreamSettings

Deflate = Literal["shared", "fresh", "off"]


class TickerSettings(StreamSettings):
    """The settings of one node, read once at its start."""

    ticker_host: str = Field("127.0.0.1", description="address to listen on")
    ticker_port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    workers: int = Field(1, ge=1, le=64, description="nodes on this machine, all on one port")
    heartbeat_seconds: float = Field(
        15.0, ge=0.2, le=60, description="time between heartbeats; a client may request its own"
    )
    drain_seconds: float = Field(10.0, ge=0, le=300, description="time over which a stop closes the clients")
    allowed_origins: str = Field("*", description="exact origins of pages that may read, or *")
    max_connections: int = Field(
        19_000,
        ge=1,
        le=10_000_000,
        description="live connections and waiting long polls of a node; more get 503",
    )
    address_connections: int | None = Field(
        None, ge=1, le=10_000_000, description="how many of these one client address may have; default: half"
    )
    # uvloop's transports take 31 bits.
    write_limit_bytes: int = Field(
        262_144, ge=16_384, le=2**30, description="bytes that a connection that does not read may buffer"
    )
    slow_seconds: float = Field(
        20.0, ge=0.5, le=86_400, description="time for which a connection may lag before it is closed"
    )
    transport: Literal["auto", "asyncio"] = Field(
        "auto", description="asyncio serves clients by the event loop's transports; auto by epoll where there is one"
    )
    deflate: Deflate = Field(
        "shared",
        description="compression of WebSocket and SSE: shared, fresh (each message alone) or off",
    )
    paint_sample: float = Field(
        0.001, ge=0, le=1, description="share of the pages with the widget that report when an item is painted; 0: none"
    )
    forwarded_allow_ips: str = Field("127.0.0.1,::1", description="proxies whose X-Forwarded-* headers are trusted")
    public_url: str | None = Field(
        None, description="public address of the ticker with its path; default: the Host of each request"
    )
    desk_url: str | None = Field(None, description="public address of the desk with its path")

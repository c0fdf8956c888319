"""Sends each version of each item to a webhook, at least once and in order.

    WEBHOOK_SECRET=... python examples/webhook_relay.py http://127.0.0.1:8000 https://cms.example/news relay.cursor

The body is `{"type": "item", "item": {...}}`, or `{"type": "gap"}` if items may have been missed. Before the items of
a snapshot, which is the first event and follows a gap, it is `{"type": "snapshot", "uris": [...]}`: the receiver
removes every item that is not among them. The header
`X-Signature` is the HMAC-SHA256 of the body. A receiver ignores a version that it has: the answer to a request that
was done may be lost, and the request is then repeated.
"""

import asyncio
import hashlib
import hmac
import json
import os
import random
import sys

import httpx2

from flashwire.client import FileCursorStore, Gap, Snapshot, follow

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0


async def deliver(http: httpx2.AsyncClient, url: str, body: bytes, secret: bytes) -> None:
    """Returns when the webhook has answered 2xx, however long that takes: the order is more important than speed."""
    signature = hmac.new(secret, body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Signature": f"sha256={signature}"}
    bound = FIRST_WAIT
    while True:
        try:
            # Its body is not read: it may be long, or broken.
            async with http.stream("POST", url, content=body, headers=headers) as answer:
                status = answer.status_code
            problem = "" if 200 <= status < 300 else f"it answered {status}"
        except httpx2.TransportError as error:
            problem = type(error).__name__
        if not problem:
            return
        print(f"The webhook did not take a delivery ({problem}); trying again.", file=sys.stderr)
        await asyncio.sleep(random.random() * bound)
        bound = min(LONGEST_WAIT, 2 * bound)


async def main(ticker: str, url: str, cursor: str) -> None:
    secret = os.environ["WEBHOOK_SECRET"].encode()
    async with (
        httpx2.AsyncClient(timeout=10) as http,
        # The receiver removes what is not in a snapshot, so it must be as long as it can be.
        follow(ticker, backlog=100, cursors=FileCursorStore(cursor)) as events,
    ):
        async for event in events:
            if isinstance(event, Gap):
                await deliver(http, url, b'{"type":"gap"}', secret)
            if isinstance(event, Snapshot):
                uris = [item.uri for item in event.items]
                await deliver(http, url, json.dumps({"type": "snapshot", "uris": uris}).encode(), secret)
            for raw in getattr(event, "raw", ()):
                # As it was received, with fields that this program does not know.
                await deliver(http, url, b'{"type":"item","item":%b}' % raw, secret)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        asyncio.run(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        pass

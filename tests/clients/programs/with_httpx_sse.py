"""httpx-sse: a read timeout above the heartbeat, and the id of the newest event as Last-Event-ID."""

import sys
import time

import httpx
from httpx_sse import connect_sse

address = f"{sys.argv[1]}/v1/live?edition=en"
headers: dict[str, str] = {}
with httpx.Client(timeout=40, trust_env=False) as client:
    while True:
        try:
            with connect_sse(client, "GET", address, headers=headers) as source:
                for event in source.iter_sse():
                    print(event.data, flush=True)
                    headers = {"Last-Event-ID": event.id}
        except httpx.TransportError:
            pass
        time.sleep(0.2)
        print("reopen", flush=True)

"""The library `websockets`."""

import asyncio
import json
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus


async def main(address: str) -> None:
    cursor = ""
    while True:
        try:
            async with connect(f"{address}/v1/live?edition=en{cursor}", proxy=None) as connection:
                async for text in connection:
                    print(str(text), flush=True)
                    if newest := json.loads(text).get("cursor"):
                        cursor = f"&cursor={newest}"
        except (OSError, InvalidStatus, ConnectionClosed):
            await asyncio.sleep(0.2)
        print("reopen", flush=True)


asyncio.run(main(sys.argv[1].replace("http", "ws", 1)))

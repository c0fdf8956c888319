"""aiohttp as a WebSocket client."""

import asyncio
import json
import sys

import aiohttp


async def main(address: str) -> None:
    cursor: dict[str, str] = {}
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.ws_connect(f"{address}/v1/live", params={"edition": "en", **cursor}) as socket:
                    async for message in socket:
                        print(message.data, flush=True)
                        if newest := json.loads(message.data).get("cursor"):
                            cursor = {"cursor": newest}
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.2)
            print("reopen", flush=True)


asyncio.run(main(sys.argv[1]))

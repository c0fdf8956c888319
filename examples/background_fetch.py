"""One request with the cursor of the last one, for a job that runs now and then: cron, or an app in the background.

    python examples/background_fetch.py http://127.0.0.1:8000 en news.json

Needs Python alone. `news.json` keeps the cursor and the list. Prints what changed since the last run, and ends with 1
if the ticker cannot be reached.
"""

import http.client
import json
import os
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

# Less than the seconds that the system gives to a job; the request is answered earlier if there is news.
WAIT_SECONDS = 5


def fetch(ticker: str, edition: str, cursor: str | None) -> dict[str, Any]:
    """A snapshot without a cursor, a replay with one."""
    query = {"edition": edition}
    if cursor is not None:
        query |= {"cursor": cursor, "wait": str(WAIT_SECONDS)}
    request = urllib.request.Request(
        f"{ticker}/v1/live?{urllib.parse.urlencode(query)}", headers={"Accept": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=WAIT_SECONDS + 10) as answer:
        message = json.load(answer)
    if isinstance(message, dict) and message.get("type") in ("snapshot", "replay"):
        return message
    raise ValueError("what answered is no ticker")


def merge(items: dict[str, Any], message: dict[str, Any]) -> list[str]:
    """Merges a message into the list by its uris; returns what changed, for a person."""
    changes = [] if message["complete"] else ["Some items may have been missed."]
    if message["type"] == "snapshot":
        items.clear()
    for item in message["items"]:
        old = items.get(item["uri"])
        if old and old["version"] >= item["version"]:
            continue
        if item["pubStatus"] == "usable":
            items[item["uri"]] = item
            verb = "Changed" if old else "New"
            changes.append(f"{verb}: {item['infoSources'][0]['name']['value']}: {item['headline']['value']}")
        elif items.pop(item["uri"], None):
            # Never the text: it may be what was withdrawn.
            changes.append(f"Removed: {item['uri']}")
    return changes


def main(ticker: str, edition: str, path: Path) -> int:
    state: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {"cursor": None, "items": {}}
    try:
        message = fetch(ticker.rstrip("/"), edition, state["cursor"])
    except (OSError, http.client.HTTPException, ValueError) as error:
        # Also for the page of a portal, and for an answer that broke off.
        print(f"The ticker cannot be reached: {error}", file=sys.stderr)
        return 1
    for change in merge(state["items"], message):
        print(change)
    state["cursor"] = message["cursor"]
    # Cursor and list are replaced together, so that they always belong to each other.
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_text(json.dumps(state, ensure_ascii=False), "utf-8")
    os.replace(temporary, path)
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))

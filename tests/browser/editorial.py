"""A desk's work in a random order, and what readers must see after it; it uses none of the widget's code."""

import random
from typing import Any, Final, NamedTuple

from tests.browser.desk.conftest import Service

# A list shows at most a hundred items; with fewer, the whole truth is on the page.
ITEM_LIMIT: Final = 90
# Withdrawals are few, or no item would be left at the end.
_ACTS: Final = (*("update", "refile", "hold") * 3, *("correction",) * 6, "withdraw")


class Line(NamedTuple):
    """One item as readers must see it now."""

    uri: str
    version: int
    status: str
    headline: str
    note: str
    """Of the newest correction, empty where there is none."""
    created: str


class Editors:
    """Publishes and acts on items through the desk; `lines` is the truth, by uri."""

    def __init__(self, service: Service, seed: int, edition: str) -> None:
        self._service = service
        self._edition = edition
        self._token = service.token(f"Storm {seed}", "chief")
        self._random = random.Random(seed)
        self._count = 0
        self.lines: dict[str, Line] = {}

    def act(self) -> None:
        """One more act: a publication, or an act on an item that allows it."""
        self._count += 1
        open_lines = [line for line in self.lines.values() if line.status != "canceled"]
        if not open_lines or (len(self.lines) < ITEM_LIMIT and self._random.random() < 0.3):
            self._publish()
            return
        line = self._random.choice(open_lines)
        if line.status == "withheld":
            self._change(line, self._random.choice(("release", "release", "release", "withdraw")))
        else:
            self._change(line, self._random.choice(_ACTS))

    def seen(self) -> list[tuple[str, str]]:
        """Headline and note of the newest correction of each item that readers see, in the order of the list."""
        usable = [line for line in self.lines.values() if line.status == "usable"]
        usable.sort(key=lambda line: (line.created, line.uri), reverse=True)
        return [(line.headline, line.note) for line in usable]

    def withdraw_all(self) -> None:
        """Withdraws what readers may still see, so that the next list begins empty."""
        for line in list(self.lines.values()):
            if line.status != "canceled":
                self._change(line, "withdraw")

    def _publish(self) -> None:
        urgency = self._random.choice((1, 2, 3, 4, 4, 4, 5))
        text = f"Civil Defence: Bridge number {self._count} in the old town closed"
        item = self._service.publish(self._token, {"text": text, "edition": self._edition, "urgency": urgency})
        self._keep(item, "")

    def _change(self, line: Line, act: str) -> None:
        body: dict[str, Any] = {"act": act}
        if act in ("update", "refile", "correction"):
            body["headline"] = f"Bridge number {self._count} in the old town, {act}"
        if act in ("correction", "withdraw"):
            body["note"] = f"Act {self._count} says what was wrong."
        path = f"/v1/items/{line.uri}/acts"
        answer = self._service.post(self._token, path, body, If_Match=f'"{line.version}"')
        item: dict[str, Any] = answer["item"]  # type: ignore[assignment]  # the answer is JSON
        self._keep(item, body["note"] if act == "correction" else line.note)

    def _keep(self, item: dict[str, Any], note: str) -> None:
        headline = (item["headline"] or {}).get("value", "")
        line = Line(item["uri"], item["version"], item["pubStatus"], headline, note, item["firstCreated"])
        self.lines[line.uri] = line

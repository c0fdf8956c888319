"""The items of a measurement; the headline contains the item's number, which the load client looks for."""

import time

from bench.load_reports import DIGITS, MARK
from ticker.contract.item import InfoSource, Item, Text, encode_item, moment


def numbered(number: int) -> bytes:
    """Returns the JSON of item `number`, about 560 bytes."""
    time_text = moment(time.time())
    mark = f"{MARK.decode()}{number:0{DIGITS}}"
    item = Item(
        uri=f"urn:flashwire:01BENCH{number:019}",
        version=1,
        act="publish",
        pub_status="usable",
        urgency=2,
        headline=Text(f"Hospital in the north reopens after three days without power, {mark}", "en", "ltr"),
        info_sources=(InfoSource(Text("Health ministry", "en", "ltr"), "official"),),
        edition="en",
        sections=("health",),
        places=(),
        link=None,
        note=None,
        first_created=time_text,
        version_created=time_text,
        expires=None,
        pinned_until=None,
        translation_of=None,
    )
    return encode_item(item)

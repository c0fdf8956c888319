"""Filters items on the client, as the ticker filters subscriptions."""

from collections.abc import Callable, Collection, Mapping

from ticker.contract.item import Item


def matcher(filters: Mapping[str, Collection[str]], urgency: int | None = None) -> Callable[[Item], bool]:
    """A function that returns whether an item matches one name of each filter that is not empty.

    `source` is left to the node, which knows the other names of a source.
    """

    def has(name: str, *values: str) -> bool:
        names = filters.get(name, ())
        return not names or any(value in names for value in values)

    def has_language(language: str) -> bool:
        # "es" matches its regional forms too (docs/protocol.md, Subscribing).
        tags = filters.get("language", ())
        return not tags or any(language == tag or language.startswith(f"{tag}-") for tag in tags)

    def matches(item: Item) -> bool:
        return (
            item.urgency <= (urgency or 8)
            and has("edition", item.edition)
            and has("section", *item.sections)
            and has("place", *item.places)
            and has("role", *(source.role for source in item.info_sources))
            and has_language(item.headline.language)
            and has("story", item.story.id if item.story else "")
        )

    return matches

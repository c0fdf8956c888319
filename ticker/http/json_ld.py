"""An item as schema.org describes news: a `NewsArticle` with a `CorrectionComment` for each correction."""

from typing import Any, Final

import msgspec
from markupsafe import Markup

from ticker.contract.item import Item
from ticker.contract.site import Site
from ticker.core.corrections import corrections_of

# Members of schema.org's IPTCDigitalSourceEnumeration; the IPTC's own list has more.
_SOURCE_TYPES: Final = frozenset(
    f"{term}DigitalSource"
    for term in (
        "AlgorithmicMedia AlgorithmicallyEnhanced CompositeCapture Composite CompositeSynthetic "
        "CompositeWithTrainedAlgorithmicMedia DataDrivenMedia DigitalArt DigitalCapture MinorHumanEdits "
        "MultiFrameComputationalCapture NegativeFilm PositiveFilm Print ScreenCapture TrainedAlgorithmicMedia "
        "VirtualRecording"
    ).split()
)


def news_article(item: Item, site: Site, brand: str, address: str, image: str | None = None) -> Markup:
    """The JSON-LD of a usable item whose page is at `address`, as the text of a `script` element."""
    language = item.headline.language
    sections = [site.sections.get(name, {}) for name in item.sections]
    article: dict[str, Any] = {  # Any: JSON
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": item.uri,
        "url": address,
        "mainEntityOfPage": address,
        "headline": item.headline.value,
        "inLanguage": language,
        "datePublished": item.first_created,
        "dateModified": item.version_created,
        "version": item.version,
        "creditText": ", ".join(source.name.value for source in item.info_sources),
        "publisher": {"@type": "NewsMediaOrganization", "name": brand},
        "isAccessibleForFree": True,
        "articleSection": [names.get(language) or next(iter(names.values())) for names in sections if names],
        "correction": [
            {
                "@type": "CorrectionComment",
                "text": correction.note.value,
                "inLanguage": correction.note.language,
                "datePublished": correction.version_created,
            }
            for correction in corrections_of(item)
        ],
    }
    if item.expires is not None:
        article["expires"] = item.expires
    if item.digital_source_type is not None:
        article["digitalSourceType"] = _source_type(item.digital_source_type)
    if image is not None:
        article["image"] = image
    return for_script(msgspec.json.encode({name: value for name, value in article.items() if value != []}))


def for_script(json: bytes) -> Markup:
    """JSON as the content of a script element, which "<" could end."""
    return Markup(json.decode().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _source_type(term: str) -> str:
    """The address of an IPTC term at schema.org, or at the IPTC where schema.org has none."""
    member = f"{term[:1].upper()}{term[1:]}DigitalSource"
    has_term = member in _SOURCE_TYPES
    return f"https://schema.org/{member}" if has_term else f"http://cv.iptc.org/newscodes/digitalsourcetype/{term}"

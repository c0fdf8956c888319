"""The digital source types of the IPTC (cv.iptc.org/newscodes/digitalsourcetype), without those that it has retired."""

from typing import Final

from ticker.contract.sentences import RefusedError

_TERMS: Final = (
    "algorithmicMedia",
    "algorithmicallyEnhanced",
    "composite",
    "compositeCapture",
    "compositeSynthetic",
    "compositeWithTrainedAlgorithmicMedia",
    "computationalCapture",
    "dataDrivenMedia",
    "digitalCapture",
    "digitalCreation",
    "humanEdits",
    "negativeFilm",
    "positiveFilm",
    "print",
    "screenCapture",
    "trainedAlgorithmicMedia",
    "virtualRecording",
)
# The IPTC writes http; a browser's address bar makes it https.
_PREFIXES: Final = tuple(f"{scheme}://cv.iptc.org/newscodes/digitalsourcetype/" for scheme in ("http", "https"))
DIGITAL_SOURCE_TYPES: Final = _TERMS
"""The short terms."""


def digital_source_type(value: str) -> str:
    """The short term for a term or its URI; raises `RefusedError` for any other value."""
    term = value
    for prefix in _PREFIXES:
        term = term.removeprefix(prefix)
    if term not in _TERMS:
        raise RefusedError("digital-source-type", known=", ".join(_TERMS))
    return term

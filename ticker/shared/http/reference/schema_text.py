"""JSON schemas as a few words of HTML: `a list of Item or null`."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from markupsafe import Markup, escape

from ticker.shared.http.openapi import Json

Labels = Mapping[str, str]
"""The sentences of a page in one language."""

_INLINE: Final = re.compile(r"`([^`]+)`|\[([^\]]+)\]\((https?://[^)\s]+)\)|\*\*([^*]+)\*\*")
# Longer lists of values are shown as their type; the description names them.
_VALUES_LIMIT: Final = 12


def markdown(text: str) -> Markup:
    """The Markdown that descriptions use: code, links and strong text."""
    html, end = Markup(), 0
    for match in _INLINE.finditer(text):
        html += text[end : match.start()]
        code, label, address, strong = match.groups()
        if code is not None:
            html += Markup('<code dir="ltr">{}</code>').format(code)
        elif label is not None:
            html += Markup('<a href="{}" rel="noopener">{}</a>').format(address, label)
        else:
            html += Markup("<b>{}</b>").format(strong)
        end = match.end()
    return html + text[end:]


def schema_text(schema: Json, labels: Labels) -> Markup:
    """What values `schema` takes; a named schema is a link to its place on the page."""
    if "$ref" in schema:
        name = schema_title(schema["$ref"])
        return Markup('<a href="#schema-{}"><code dir="ltr">{}</code></a>').format(name, name)
    for union in ("anyOf", "oneOf"):
        if union in schema:
            texts = list(dict.fromkeys(schema_text(member, labels) for member in schema[union]))
            return Markup(" {} ").format(labels["or"]).join(texts)
    if "const" in schema:
        return _value(schema["const"])
    if "enum" in schema:
        values = schema["enum"]
        return Markup(" ").join(map(_value, values)) if len(values) <= _VALUES_LIMIT else escape(labels["type_string"])
    if schema.get("type") == "array":
        return Markup("{} {}").format(labels["list_of"], schema_text(schema.get("items", {}), labels))
    if isinstance(schema.get("type"), list):
        texts = [schema_text({**schema, "type": type_name}, labels) for type_name in schema["type"]]
        return Markup(" {} ").format(labels["or"]).join(texts)
    return _plain(schema, labels)


def schema_title(reference: str) -> str:
    """The name of a schema as readers see it: a name of our own modules begins with `_`."""
    return reference.rpartition("/")[2].lstrip("_")


def _plain(schema: Json, labels: Labels) -> Markup:
    kind = schema.get("type", "any")
    text = escape(labels.get(f"type_{kind}", kind))
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum")
    if low is not None and high is not None:
        text += Markup('{}<span dir="ltr">{}–{}</span>').format(labels["comma"], low, high)
    elif low is not None:
        text += Markup('{}<span dir="ltr">{} {}</span>').format(
            labels["comma"], "≥" if "minimum" in schema else ">", low
        )
    if "maxLength" in schema:
        text += Markup('{}<span dir="ltr">≤ {}</span>').format(labels["comma"], schema["maxLength"])
    if schema.get("default") is not None:
        text += Markup("; {} {}").format(labels["default"], _value(schema["default"]))
    return text


def _value(value: Any) -> Markup:  # Any: a JSON value
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return Markup('<code dir="ltr">{}</code>').format(text)

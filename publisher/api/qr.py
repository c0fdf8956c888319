"""A QR code as the path of an SVG, which the page draws without an image from elsewhere."""

import msgspec


class QrCode(msgspec.Struct, frozen=True):
    """A QR code of `size` by `size` units with its quiet zone; `path` has a square for each dark module."""

    size: int
    path: str


def qr_code(text: str) -> QrCode:
    """The QR code of `text`."""
    # Only a person who sets up an app needs the library.
    import segno

    rows = list(segno.make(text, error="m", micro=False).matrix_iter(border=4))
    squares = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
    return QrCode(len(rows), "".join(squares))

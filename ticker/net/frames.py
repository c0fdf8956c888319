"""Checks of a client's frames that need no parser (RFC 6455, 5.2)."""


def only_pongs(data: bytes) -> bool:
    """Whether `data` is nothing but complete, masked, unfragmented pongs: all that a listening client sends."""
    at, size = 0, len(data)
    while at + 6 <= size and data[at] == 0x8A and 0x80 <= data[at + 1] <= 0xFD:
        at += 6 + (data[at + 1] & 0x7F)
    return at == size


def only_whole(data: bytes) -> bool:
    """Whether `data` is nothing but complete, unfragmented frames of at most 64 KiB."""
    at, size = 0, len(data)
    while at + 6 <= size and data[at] & 0x80:
        length = data[at + 1] & 0x7F
        if length == 126:
            at, length = at + 2, data[at + 2] << 8 | data[at + 3]
        elif length == 127:
            return False
        at += 6 + length
    return at == size

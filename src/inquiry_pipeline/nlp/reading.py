"""What of a long text is read: the pieces that read like an inquiry, through windows that overlap.

A pass of the encoder reads so many tokens, `most`. Where a text has more, its pieces are looked at first: a pasted
log, a list or minutes go, wherever they stand. The rest is read in one pass, or in several that overlap. What this
gains over beginning and end measures `benchmarks/long_texts.py`.
"""

from collections.abc import Sequence
from typing import Final, TypeVar

T = TypeVar("T")

_PIECES_A_PASS: Final = 4
_FIRST_PIECES: Final = 11
_LAST_PIECES: Final = 5
"""The middle of what has more pieces is not looked at: a text of any length takes a bounded time."""
_OVERLAP: Final = 4
"""A window shares a quarter with the next."""


def pieces(count: int, most: int) -> list[range]:
    """The tokens of a text that has `count`, but for the marks at both ends, in pieces of a quarter of a pass."""
    inner, size = range(1, count - 1), max(1, most // _PIECES_A_PASS)
    number = -(-len(inner) // size)
    if number > _FIRST_PIECES + _LAST_PIECES:
        first, last = inner[: _FIRST_PIECES * size], inner[-_LAST_PIECES * size :]
        return [part[start : start + size] for part in (first, last) for start in range(0, len(part), size)]
    step = -(-len(inner) // number)
    return [inner[start : start + step] for start in range(0, len(inner), step)]


def windows_of(tokens: Sequence[T], most: int) -> list[list[T]]:
    """All tokens, or where they are more than `most`, windows that overlap, each with the marks at both ends."""
    if len(tokens) <= most:
        return [list(tokens)]
    start, *inner, end = tokens
    room = most - 2
    last = len(inner) - room
    number = 1 - (-last // (room - room // _OVERLAP))
    places = [round(count * last / (number - 1)) for count in range(number)]
    return [[start, *inner[place : place + room], end] for place in places]

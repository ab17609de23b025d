"""What a network learns from at a time: texts of about the same length, so that little is padded."""

import random
from collections.abc import Sequence
from typing import Final

from tokenizers import Tokenizer

_BATCHES_SORTED_TOGETHER: Final = 16
_TAIL_SHARE: Final = 4
"""Of a text with too many tokens, the last quarter of the budget is its end: deadlines often stand last."""


def token_ids(tokenizer: Tokenizer, text: str, most: int) -> list[int]:
    """Token identifiers in one piece: of a long text, beginning and end."""
    ids: list[int] = tokenizer.encode(text).ids
    return ids if len(ids) <= most else ids[: most - most // _TAIL_SHARE] + ids[-(most // _TAIL_SHARE) :]


def batches(lengths: Sequence[int], size: int, chance: random.Random) -> list[list[int]]:
    """All rows once, in random order, in batches of texts of about the same length."""
    rows = list(range(len(lengths)))
    chance.shuffle(rows)
    pool = size * _BATCHES_SORTED_TOGETHER
    found = []
    for start in range(0, len(rows), pool):
        ordered = sorted(rows[start : start + pool], key=lengths.__getitem__)
        found += [ordered[first : first + size] for first in range(0, len(ordered), size)]
    chance.shuffle(found)
    return found


def pace(step: int, steps: int, warm_up: float) -> float:
    """Share of the full learning rate: up in a line, then down to nothing in a line."""
    rising = max(1, round(steps * warm_up))
    return (step + 1) / rising if step < rising else max(0.0, (steps - step) / (steps - rising))

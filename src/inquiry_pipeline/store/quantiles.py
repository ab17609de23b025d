"""Percentiles of many durations in SQL, without sorting them: counted in bins that are each one percent wider than the
last, so that a percentile is right to half a percent.

A query groups durations by `bin_of`, adds up the bins in their order (`up_to`) and in all (`total`), and reads the
percentiles off with `quantile`. Durations of less than a microsecond count as that.
"""

from typing import Final

_PER_E: Final = 100
_LEAST: Final = 1e-6


def bin_of(start: str, end: str) -> str:
    """SQL for the bin of the time between two moments."""
    # Not extract(), which is several times slower: it makes a numeric.
    return f"floor(ln(greatest(date_part('epoch', {end} - {start}), {_LEAST})) * {_PER_E})::integer"


def quantile(share: float) -> str:
    """SQL for the seconds that this share (0 to 1) does not exceed, over rows of `bin`, `up_to` and `total`."""
    return f"exp((min(bin) FILTER (WHERE up_to >= {share} * total) + 0.5) / {_PER_E}.0::double precision)"

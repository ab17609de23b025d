"""Many measurements in few figures."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The median of some repetitions, and the least and the greatest of them."""

    median: float
    low: float
    high: float
    runs: int


def spread(values: Sequence[float]) -> Spread:
    """Summarise repetitions of one measurement; ValueError without any."""
    if not values:
        raise ValueError("There is nothing to summarise.")
    return Spread(median=statistics.median(values), low=min(values), high=max(values), runs=len(values))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of all are not above: one that was really measured."""
    if not values or not 0 <= share <= 1:
        raise ValueError("A percentile needs values and a share from 0 to 1.")
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]

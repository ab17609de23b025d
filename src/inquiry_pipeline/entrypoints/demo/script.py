"""When what happens in the demo: arrivals, an incident, people who go away and come back. A pure function of a seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from inquiry_pipeline.entrypoints.demo.messages import DemoMessage, everyday, incident

_INCIDENT_SHARE: Final = 0.09
_INCIDENT: Final = (0.45, 0.55)
"""Begin and end of the incident, as shares of the whole time."""
_ABSENCES: Final = ((0.12, 0.60), (0.42, 0.85), (0.50, 0.92))
"""When somebody leaves and comes back: one before the incident, and two when they are needed most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message comes in, `at` seconds after the start."""

    at: float
    message: DemoMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A consultant goes away or comes back, `at` seconds after the start."""

    at: float
    consultant: str
    available: bool


def script(count: int, *, seconds: float, consultants: Sequence[str], chance: random.Random) -> list[Arrival | Absence]:
    """So many arrivals and a few absences over so many seconds, in their order."""
    burst = round(count * _INCIDENT_SHARE)
    begin, end = (share * seconds for share in _INCIDENT)
    arrivals = [
        *(Arrival(at=chance.uniform(0, seconds), message=one) for one in everyday(count - burst, chance)),
        *(Arrival(at=chance.triangular(begin, end, begin), message=one) for one in incident(burst, chance)),
    ]
    leaving = chance.sample(list(consultants), min(len(consultants), len(_ABSENCES)))
    absences = [
        Absence(at=share * seconds, consultant=who, available=available)
        for who, (away, back) in zip(leaving, _ABSENCES, strict=False)
        for share, available in ((away, False), (back, True))
    ]
    return sorted([*arrivals, *absences], key=lambda event: event.at)

"""Who gets an inquiry, how soon, and why: the decision and the people it can fall on."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultant:
    """Someone who answers inquiries, as the routing rules describe them.

    `categories` are what they are best at (empty: a generalist), `languages` what they read (empty: all). Both
    count only where the assignment looks at them. `capacity` is the number of open inquiries that
    they can hold at a time; `weight` is their share of the work in load-balanced departments (0.5: half a
    post); `level` is their seniority, from 1.
    """

    id: str
    name: str
    departments: tuple[str, ...]
    email: str | None = None
    categories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    level: int = 1
    capacity: int = 20
    weight: float = 1.0
    manager: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterEntry:
    """A consultant's state in one department at the moment of assignment, read under a lock.

    `last_turn` grows with every assignment in the department; 0 means that they never had one.
    """

    consultant: Consultant
    available: bool = True
    open_inquiries: int = 0
    last_turn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTerm:
    """One addend of the priority score: what it looks at, the value it found, the points it gave."""

    name: str
    value: str
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FiredRule:
    """An escalation rule that applied, the level it asks for, and the reason in words."""

    name: str
    level: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What an assignment must satisfy. `consultant` names the only person who will do, if a rule said so; `without`
    those who gave it back.
    """

    category: str
    language: str
    level: int = 1
    manager: bool = False
    consultant: str | None = None
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A consultant who was considered, and why they were chosen or passed over."""

    consultant: str
    chosen: bool
    reason: str
    open_inquiries: int
    capacity: int


BY_HAND: Final = "by_hand"
"""The strategy of a decision in which a person chose the consultant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Who shall have an inquiry (None: the department's queue), who says so, and why.

    `seen` tells whether `held_by`, who had it when they looked, was given; without it, only what waits or is the
    actor's own can be given out.
    """

    actor: str
    consultant: str | None
    reason: str | None = None
    held_by: str | None = None
    seen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingDecision:
    """The whole record of one decision: enough to say why, and to replay it.

    `consultant` is None while nobody can take the inquiry: it then waits in its department's queue and is
    given out by priority when someone frees up. `priority_score` is in 0..100. `review_at` is when the passing
    of time alone could change the decision. `actor` is the person who caused it, if one did, and `note` what they said
    about it.
    """

    department: str
    priority_score: float
    priority: str
    needs: Needs
    rules_version: str
    decided_at: datetime
    consultant: str | None = None
    triaged: bool = False
    escalation_level: int = 0
    strategy: str = ""
    reasons: tuple[str, ...] = ()
    terms: tuple[ScoreTerm, ...] = ()
    rules_fired: tuple[FiredRule, ...] = ()
    candidates: tuple[Candidate, ...] = field(default=())
    review_at: datetime | None = None
    actor: str | None = None
    note: str | None = None

    @property
    def escalated(self) -> bool:
        """Whether any escalation rule applied."""
        return self.escalation_level > 0

    @property
    def waiting(self) -> bool:
        """Whether it waits in the department's queue for a consultant."""
        return self.consultant is None

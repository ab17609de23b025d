"""Who gets an inquiry: a decision and a department's roster in, the decision with a consultant out. Pure.

A consultant must be available, have room, and satisfy what the decision needs. What nobody available can
satisfy is relaxed, one need at a time and on record, so that nothing waits for ever; somebody who could take it
but is full is waited for. Among those who remain the department's strategy chooses.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from inquiry_pipeline.core.prediction import UNKNOWN_LANGUAGE
from inquiry_pipeline.core.routing import Candidate, Consultant, Needs, RosterEntry, RoutingDecision

_Key: TypeAlias = tuple[float, ...]
_Order: TypeAlias = Callable[[RosterEntry, Needs], _Key]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingInquiry:
    """An inquiry in a department's queue, with the decision that put it there."""

    inquiry_id: UUID
    received_at: datetime
    decision: RoutingDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """What came of a queue: who was placed, in the order of placing, who still waits, the roster after it."""

    placed: tuple[WaitingInquiry, ...]
    waiting: tuple[WaitingInquiry, ...]
    roster: tuple[RosterEntry, ...]


@dataclass(frozen=True, slots=True)
class _Choice:
    """The needs that are kept, why others are not, and who takes it (None: all who could are full)."""

    needs: Needs
    relaxed: tuple[str, ...]
    taken_by: RosterEntry | None


def assign(decision: RoutingDecision, roster: Sequence[RosterEntry]) -> RoutingDecision:
    """The decision with a consultant, or with None where it has to wait; with every candidate and the reasons.

    `roster` holds every consultant of the decision's department. The strategy is the decision's. What an
    earlier assignment of the same decision said stays among the reasons. The result does not depend on the
    order of the roster, except for the order of `candidates`.
    """
    return _explained(decision, roster, _choose(decision, roster))


def place(waiting: Iterable[WaitingInquiry], roster: Sequence[RosterEntry]) -> Placement:
    """Give out a department's queue until nobody has room.

    The highest priority goes first, then the oldest, then the smallest id. An inquiry that only somebody who is
    full could take is passed over, and stays first in line for them.
    """
    queue = sorted(waiting, key=lambda w: (-w.decision.priority_score, w.received_at, w.inquiry_id))
    placed, left = [], []
    people = tuple(roster)
    room = sum(_room(entry) for entry in people)
    for item in queue:
        choice = _choose(item.decision, people) if room else None
        if choice is None or choice.taken_by is None:
            left.append(item)
            continue
        placed.append(replace(item, decision=_explained(item.decision, people, choice)))
        people = take_turn(people, choice.taken_by.consultant.id)
        room -= 1
    return Placement(placed=tuple(placed), waiting=tuple(left), roster=people)


def take_turn(roster: Sequence[RosterEntry], consultant: str, *, turn: int | None = None) -> tuple[RosterEntry, ...]:
    """The roster after a consultant (an id) was given one more. `turn` is by default one above the highest."""
    number = turn if turn is not None else max((entry.last_turn for entry in roster), default=0) + 1
    return tuple(
        replace(entry, open_inquiries=entry.open_inquiries + 1, last_turn=number)
        if entry.consultant.id == consultant
        else entry
        for entry in roster
    )


def _choose(decision: RoutingDecision, roster: Sequence[RosterEntry]) -> _Choice:
    available = [entry for entry in roster if _there(entry, decision.needs)]
    if not available:
        return _Choice(decision.needs, (), None)
    needs, relaxed = _satisfiable(decision.needs, roster, [entry.consultant for entry in available])
    order = _ORDERS.get(decision.strategy, _in_turn)
    able = [entry for entry in available if not lacks(entry.consultant, needs) and _room(entry)]
    return _Choice(needs, relaxed, min(able, key=lambda e: (order(e, needs), e.consultant.id), default=None))


def _satisfiable(
    needs: Needs, roster: Sequence[RosterEntry], available: Sequence[Consultant]
) -> tuple[Needs, tuple[str, ...]]:
    """The needs that somebody available satisfies, and why the others were dropped.

    A named person first. Then language, which is kept whenever anyone available reads it; then, among those who
    do, a manager; then seniority, down to the highest there is.
    """
    relaxed = []
    if needs.consultant:
        if any(person.id == needs.consultant for person in available):
            named = replace(needs, language=UNKNOWN_LANGUAGE, level=1, manager=False)
            return named, ()
        name = next((e.consultant.name for e in roster if e.consultant.id == needs.consultant), needs.consultant)
        relaxed.append(f"{name} is asked for but not available: given out as usual")
        needs = replace(needs, consultant=None)
    able = [person for person in available if _reads(person, needs.language)]
    if not able:
        relaxed.append(f"Nobody available reads {needs.language}: given out without regard to language")
        needs, able = replace(needs, language=UNKNOWN_LANGUAGE), list(available)
    if needs.manager and not any(person.manager for person in able):
        relaxed.append("No manager is available: given out as usual")
        needs = replace(needs, manager=False)
    highest = max(person.level for person in able if person.manager or not needs.manager)
    if highest < needs.level:
        relaxed.append(f"Nobody of level {needs.level} is available: given to level {highest}")
        needs = replace(needs, level=highest)
    return needs, tuple(relaxed)


def _there(entry: RosterEntry, needs: Needs) -> bool:
    """Whether they are there, and have not given this one back."""
    return entry.available and entry.consultant.id not in needs.without


def _reads(consultant: Consultant, language: str) -> bool:
    return language == UNKNOWN_LANGUAGE or not consultant.languages or language in consultant.languages


def _room(entry: RosterEntry) -> int:
    """How many more inquiries they can take now."""
    return max(0, entry.consultant.capacity - entry.open_inquiries) if entry.available else 0


def lacks(consultant: Consultant, needs: Needs) -> str:
    """What a consultant lacks for the needs, in words; empty when nothing."""
    if consultant.id in needs.without:
        return "gave it back"
    if needs.consultant and consultant.id != needs.consultant:
        return "another consultant is asked for"
    if not _reads(consultant, needs.language):
        return f"does not read {needs.language}"
    if needs.manager and not consultant.manager:
        return "not a manager, a manager is needed"
    if consultant.level < needs.level:
        return f"level {consultant.level}, level {needs.level} is needed"
    return ""


def _load(entry: RosterEntry) -> float:
    """Open inquiries against capacity and weight; only asked of people who have room, so never 0/0."""
    return entry.open_inquiries / (entry.consultant.capacity * entry.consultant.weight)


def _skill(consultant: Consultant, category: str) -> int:
    """0 for a specialist in the category, 1 for a generalist, 2 for a specialist in others."""
    if not consultant.categories:
        return 1
    return 0 if category in consultant.categories else 2


def _in_turn(entry: RosterEntry, _needs: Needs) -> _Key:
    return (entry.last_turn,)


def _by_load(entry: RosterEntry, _needs: Needs) -> _Key:
    return (_load(entry), entry.last_turn)


def _by_skill(entry: RosterEntry, needs: Needs) -> _Key:
    # The level closest above the need keeps the senior people free for what only they can do.
    spare = entry.consultant.level - needs.level
    return (_skill(entry.consultant, needs.category), spare, _load(entry), entry.last_turn)


_ORDERS: dict[str, _Order] = {"round_robin": _in_turn, "load_balanced": _by_load, "skill_based": _by_skill}


def _explained(decision: RoutingDecision, roster: Sequence[RosterEntry], choice: _Choice) -> RoutingDecision:
    """The decision with the choice, its reasons, and what spoke against everyone else."""
    winner = choice.taken_by
    if winner is not None:
        why = _merit(winner, decision.strategy, choice.needs)
        said = f"Assigned to {winner.consultant.name}: {why}"
    else:
        why, said = "", _waiting_reason(decision, roster)
    reasons = [*decision.reasons, *(r for r in (*choice.relaxed, said) if r not in decision.reasons)]
    return replace(
        decision,
        consultant=winner.consultant.id if winner else None,
        reasons=tuple(reasons),
        candidates=tuple(
            Candidate(
                consultant=entry.consultant.id,
                chosen=entry is winner,
                reason=why if entry is winner else _passed_over(entry, decision.strategy, choice),
                open_inquiries=entry.open_inquiries,
                capacity=entry.consultant.capacity,
            )
            for entry in roster
        ),
    )


def _waiting_reason(decision: RoutingDecision, roster: Sequence[RosterEntry]) -> str:
    if not roster:
        return f"Waits: nobody belongs to {decision.department}"
    if not any(_there(entry, decision.needs) for entry in roster):
        return f"Waits: nobody in {decision.department} is available"
    return f"Waits: everyone in {decision.department} who could take it is full"


def _merit(winner: RosterEntry, strategy: str, needs: Needs) -> str:
    """Why the winner was chosen."""
    if needs.consultant:
        return "asked for by a rule"
    if strategy == "load_balanced":
        return f"carries the least load, {_load(winner):.0%}"
    if strategy != "skill_based":
        return "next in turn"
    skill = ("specialist in", "generalist, takes", "nearest to")[_skill(winner.consultant, needs.category)]
    return f"{skill} {needs.category}, level {winner.consultant.level}, {_load(winner):.0%} load"


def _passed_over(entry: RosterEntry, strategy: str, choice: _Choice) -> str:
    """Why this one was not chosen."""
    person, winner = entry.consultant, choice.taken_by
    if not entry.available or (lack := lacks(person, choice.needs)):
        return lack if entry.available else "away"
    if not _room(entry) or winner is None:
        return f"full: {entry.open_inquiries} of {person.capacity} open"
    return _outdone(entry, winner, strategy, choice.needs)


def _outdone(entry: RosterEntry, winner: RosterEntry, strategy: str, needs: Needs) -> str:
    """Why the strategy put the winner before this one, who could have taken it."""
    if strategy == "skill_based" and (skill := _less_fitting(entry, winner, needs)):
        return skill
    if strategy in {"skill_based", "load_balanced"} and _load(entry) > _load(winner):
        return f"carries more load: {_load(entry):.0%} against {_load(winner):.0%}"
    if entry.last_turn > winner.last_turn:
        return f"had a turn more recently than {winner.consultant.name}"
    return f"stands equal with {winner.consultant.name}, who comes first by id"


def _less_fitting(entry: RosterEntry, winner: RosterEntry, needs: Needs) -> str:
    person, chosen = entry.consultant, winner.consultant
    if _skill(person, needs.category) > _skill(chosen, needs.category):
        return f"less specialised in {needs.category} than {chosen.name}"
    if _skill(person, needs.category) == _skill(chosen, needs.category) and person.level > chosen.level:
        return f"level {person.level} is kept free, level {chosen.level} will do"
    return ""

"""Giving inquiries to people, atomically: the part of `record` that must see everybody's load at once.

New inquiries and those that wait already go through one queue, whatever department they are in, so nobody who comes
later and is less urgent overtakes. The rosters stay locked until the caller's transaction ends.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from uuid import UUID

from inquiry_pipeline.core.routing import RosterEntry, RoutingDecision
from inquiry_pipeline.routing.assignment import WaitingInquiry, assign, place
from inquiry_pipeline.store import directory, inquiries
from inquiry_pipeline.store.database import Connection
from inquiry_pipeline.store.inquiries import QueuePlace

_PAGE = 200
"""Waiting inquiries whose decisions are loaded together, as long as anybody has room."""


def hand_out(
    connection: Connection, newcomers: Sequence[WaitingInquiry], *, departments: frozenset[str], look_ahead: int
) -> dict[UUID, RoutingDecision]:
    """Decide who gets what in these departments: the newcomers and the first `look_ahead` of each queue.

    Returns a decision for every newcomer, with or without a consultant, and for each waiting inquiry that now
    got one; storing them is the caller's part, in this transaction. The consultants' turns are stored here.
    """
    desks = _Desks(directory.lock_rosters(connection, departments))
    new = {one.inquiry_id: one for one in newcomers}
    queue = [QueuePlace(-one.decision.priority_score, one.received_at, one.inquiry_id) for one in newcomers]
    queue += [one for one in inquiries.waiting(connection, desks.with_room(), limit=look_ahead) if one[2] not in new]
    decided: dict[UUID, RoutingDecision] = {}
    for page in _pages(sorted(queue)):
        if not desks.with_room():
            break
        waiting = inquiries.current_decisions(connection, [one.inquiry_id for one in page if one.inquiry_id not in new])
        for _, received_at, key in page:
            # Whoever caused the decision to wait did not cause that it is given out now.
            decision = new[key].decision if key in new else replace(waiting[key], actor=None, note=None)
            given = desks.give(WaitingInquiry(inquiry_id=key, received_at=received_at, decision=decision))
            if given is not None:
                decided[key] = given
    for department, turns in desks.turns().items():
        directory.record_turns(connection, department, turns)
    return {key: desks.explain(one.decision) for key, one in new.items() if key not in decided} | decided


def _pages(queue: Sequence[QueuePlace]) -> Iterator[list[QueuePlace]]:
    rest = iter(queue)
    while page := list(islice(rest, _PAGE)):
        yield page


class _Desks:
    """The rosters of some departments while inquiries are given out; people may be in several."""

    def __init__(self, rosters: dict[str, tuple[RosterEntry, ...]]) -> None:
        self._before = dict(rosters)
        self._now = rosters

    def with_room(self) -> list[str]:
        """The departments in which anybody could take something."""
        return [
            department
            for department, roster in self._now.items()
            if any(entry.available and entry.open_inquiries < entry.consultant.capacity for entry in roster)
        ]

    def give(self, one: WaitingInquiry) -> RoutingDecision | None:
        """The decision with a consultant, whose load and turn then count; None if it has to wait."""
        department = one.decision.department
        result = place([one], self._now[department])
        if not result.placed:
            return None
        self._now[department] = result.roster
        decision = result.placed[0].decision
        for other, roster in self._now.items():
            if other != department:
                self._now[other] = tuple(_busier(entry, decision.consultant) for entry in roster)
        return decision

    def explain(self, decision: RoutingDecision) -> RoutingDecision:
        """The decision with everyone who was considered, for one that has to wait."""
        return assign(decision, self._now[decision.department])

    def turns(self) -> dict[str, dict[str, int]]:
        """The last turns that have changed, by department and consultant."""
        old = {
            (department, entry.consultant.id): entry.last_turn
            for department, roster in self._before.items()
            for entry in roster
        }
        return {
            department: {
                entry.consultant.id: entry.last_turn
                for entry in roster
                if entry.last_turn != old[department, entry.consultant.id]
            }
            for department, roster in self._now.items()
        }


def _busier(entry: RosterEntry, consultant: str | None) -> RosterEntry:
    if entry.consultant.id != consultant:
        return entry
    return replace(entry, open_inquiries=entry.open_inquiries + 1)

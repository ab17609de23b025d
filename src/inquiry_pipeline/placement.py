"""Giving inquiries to people, atomically: the part of `record` that must see everybody's load at once.

New inquiries and those that wait already go through one queue a department, so nobody who comes later and is
less urgent overtakes. The rosters stay locked until the caller's transaction ends.
"""

from collections.abc import Sequence, Set
from dataclasses import replace
from uuid import UUID

from inquiry_pipeline.core.routing import RosterEntry, RoutingDecision
from inquiry_pipeline.routing.assignment import Placement, WaitingInquiry, assign, place
from inquiry_pipeline.store import directory, inquiries
from inquiry_pipeline.store.database import Connection

Rosters = dict[str, tuple[RosterEntry, ...]]


def hand_out(
    connection: Connection, newcomers: Sequence[WaitingInquiry], *, departments: frozenset[str], look_ahead: int
) -> dict[UUID, RoutingDecision]:
    """Decide who gets what in these departments: the newcomers and the first `look_ahead` of each queue.

    Returns a decision for every newcomer, with or without a consultant, and for each waiting inquiry that now
    got one; storing them is the caller's part, in this transaction. The consultants' turns are stored here.
    """
    rosters = directory.lock_rosters(connection, departments)
    new = {one.inquiry_id for one in newcomers}
    queues: dict[str, list[WaitingInquiry]] = {department: [] for department in rosters}
    for one in (*newcomers, *_already_waiting(connection, rosters, besides=new, look_ahead=look_ahead)):
        queues[one.decision.department].append(one)
    decided: dict[UUID, RoutingDecision] = {}
    for department, queue in queues.items():
        result = place(queue, rosters[department])
        _take_over(rosters, result)
        decided |= {one.inquiry_id: one.decision for one in result.placed}
        decided |= {
            one.inquiry_id: assign(one.decision, result.roster) for one in result.waiting if one.inquiry_id in new
        }
        directory.record_turns(connection, department, _turns(rosters[department], result))
        rosters[department] = result.roster
    return decided


def _already_waiting(
    connection: Connection, rosters: Rosters, *, besides: Set[UUID], look_ahead: int
) -> list[WaitingInquiry]:
    """The heads of the queues of those departments in which anybody could take something."""
    with_room = [
        department
        for department, roster in rosters.items()
        if any(entry.available and entry.open_inquiries < entry.consultant.capacity for entry in roster)
    ]
    heads = inquiries.waiting(connection, with_room, limit=look_ahead)
    decisions = inquiries.current_decisions(connection, list(heads)) if heads else {}
    return [
        WaitingInquiry(inquiry_id=key, received_at=heads[key], decision=decision)
        for key, decision in decisions.items()
        if key not in besides
    ]


def _take_over(rosters: Rosters, result: Placement) -> None:
    """Carry the loads after a placement into the other departments of the same people."""
    loads = {entry.consultant.id: entry.open_inquiries for entry in result.roster}
    for department, roster in rosters.items():
        rosters[department] = tuple(
            replace(entry, open_inquiries=loads.get(entry.consultant.id, entry.open_inquiries)) for entry in roster
        )


def _turns(before: Sequence[RosterEntry], result: Placement) -> dict[str, int]:
    old = {entry.consultant.id: entry.last_turn for entry in before}
    return {
        entry.consultant.id: entry.last_turn for entry in result.roster if entry.last_turn != old[entry.consultant.id]
    }

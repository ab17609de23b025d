"""Deciding again on inquiries that have a decision, each in the caller's transaction: reviews, corrections, handovers.

Every function locks its inquiries first and the consultants after them, as every other part of the program does that
needs both; what it returns is stored already. So there is one current decision at any time, whoever comes first.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from inquiry_pipeline.core.assessment import Case
from inquiry_pipeline.core.errors import UnknownLabel
from inquiry_pipeline.core.feedback import Feedback, Judgement
from inquiry_pipeline.core.inquiry import Status
from inquiry_pipeline.core.routing import Handover, RoutingDecision
from inquiry_pipeline.placement import hand_out
from inquiry_pipeline.routing.assignment import WaitingInquiry
from inquiry_pipeline.routing.revision import differs, given_back, given_to, kept, refuse_handover, route_again
from inquiry_pipeline.routing.rules import RuleSet
from inquiry_pipeline.store import answers, cases, directory, feedback
from inquiry_pipeline.store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a person's word led to: new decisions, and the departments whose queues may now move."""

    decisions: Mapping[UUID, RoutingDecision]
    freed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What deciding again depends on, beside the inquiry: rules, moment, and how far to look into the queues."""

    rules: RuleSet
    now: datetime
    look_ahead: int


def review(connection: Connection, frame: Frame, *, limit: int) -> tuple[int, dict[UUID, RoutingDecision]]:
    """Decide again on what is due for it; returns how many that were, and the decisions that are new."""
    due = cases.due_for_review(connection, frame.now, limit=limit)
    fresh = {key: route_again(case, frame.rules, frame.now) for key, case in due.items()}
    staying = {key: kept(case, fresh[key], frame.rules) for key, case in due.items()}
    same = {key: one for key, one in staying.items() if one and not differs(due[key].decision, one)}
    changed = {key: one for key, one in staying.items() if one and key not in same}
    moved = _move(connection, [(due[key], fresh[key]) for key, one in staying.items() if one is None], frame)
    answers.refresh_decisions(connection, {key: _aged(due[key].decision, one) for key, one in same.items()})
    answers.replace_decisions(connection, changed | moved)
    return len(due), changed | moved


def correct(
    connection: Connection, inquiry_id: UUID, said: Judgement, frame: Frame, *, categories: Collection[str]
) -> tuple[Feedback, Change]:
    """Store what a person says of the labels, and decide again where that counts.

    Raises `NotFound`, `NotAssessed`, or `UnknownLabel` for a category that nobody knows: neither the rules and the
    model (`categories`) nor the stored prediction.
    """
    case = cases.lock(connection, inquiry_id)
    if said.category is not None and said.category not in {*categories, *case.prediction.probabilities}:
        known = ", ".join(sorted(categories))
        raise UnknownLabel(f"There is no category {said.category!r}; known are: {known}", field="category")
    labels = said.labels(case.labels)
    decides = _counts(case, labels) if said.reroute is None else said.reroute
    stored = feedback.add(connection, inquiry_id, labels, actor=said.actor, comment=said.comment, decides=decides)
    if not decides:
        return stored, Change(decisions={})
    if case.inquiry.status is Status.RESOLVED:
        cases.review_when_reopened(connection, inquiry_id)
        return stored, Change(decisions={})
    case = replace(case, feedback=(*case.feedback, stored))
    fresh = replace(route_again(case, frame.rules, frame.now), actor=said.actor, note=said.comment)
    stays = kept(case, fresh, frame.rules)
    decided = {inquiry_id: stays} if stays else _move(connection, [(case, fresh)], frame)
    return stored, _settle(connection, case, decided, reason=said.comment)


def hand_over(connection: Connection, inquiry_id: UUID, wish: Handover, frame: Frame) -> Change:
    """Give an inquiry to the consultant whom a person chose, or back to the queue.

    Whoever comes second sees what the first one did. Raises `NotFound`, `NotAssessed`, or `IllegalAssignment`.
    """
    case = cases.lock(connection, inquiry_id)
    refuse_handover(case, wish, frame.rules)
    if wish.consultant is not None and wish.consultant == case.holder:
        return Change(decisions={})
    fresh = route_again(case, frame.rules, frame.now)
    if wish.consultant is None:
        decided = _move(connection, [(case, given_back(case, fresh, wish, frame.rules))], frame)
    else:
        taker = directory.lock_desk(connection, wish.consultant)
        decided = {inquiry_id: given_to(fresh, taker, wish, frame.rules)}
    return _settle(connection, case, decided, reason=wish.reason)


def _counts(case: Case, labels: Mapping[str, str]) -> bool:
    """Whether a judgement makes a difference to routing: a label changes, or a suggestion is settled."""
    changes = any(label != getattr(case.labels, task) for task, label in labels.items())
    return changes or ("category" in labels and case.decision.triaged)


def _move(
    connection: Connection, cases_and_decisions: list[tuple[Case, RoutingDecision]], frame: Frame
) -> dict[UUID, RoutingDecision]:
    """Take inquiries from whoever has them and let them go through the queues of their new decisions."""
    moving = [
        WaitingInquiry(inquiry_id=case.inquiry.id, received_at=case.inquiry.received_at, decision=fresh)
        for case, fresh in cases_and_decisions
    ]
    cases.take_away(connection, [one.inquiry_id for one in moving])
    departments = frozenset(one.decision.department for one in moving)
    return hand_out(connection, moving, departments=departments, look_ahead=frame.look_ahead)


def _settle(
    connection: Connection, case: Case, decided: Mapping[UUID, RoutingDecision], *, reason: str | None
) -> Change:
    """Store the decision that a person caused and those that came with it; whoever lost the inquiry has room."""
    decision = decided[case.inquiry.id]
    freed: frozenset[str] = frozenset()
    if case.holder is not None and decision.consultant != case.holder:
        cases.begin_anew(connection, case, actor=str(decision.actor), reason=reason)
        freed = directory.departments_of(connection, case.holder)
    answers.replace_decisions(connection, decided)
    return Change(decisions=decided, freed=freed)


def _aged(present: RoutingDecision, new: RoutingDecision) -> RoutingDecision:
    """The same decision some hours later: whoever caused it still did."""
    return replace(new, actor=present.actor, note=present.note)

"""Deciding again on an inquiry that has a decision: because time has passed, or because a person said something. Pure.

What people said counts every time: their corrections, to whom they gave an inquiry by hand, and that they gave it
back. An escalation to a higher level than at that time prevails over the latter two, and a category that is corrected
or settled later over the one who got it by hand.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from inquiry_pipeline.core.assessment import Case
from inquiry_pipeline.core.errors import IllegalAssignment
from inquiry_pipeline.core.feedback import TASKS, Feedback, corrected, latest
from inquiry_pipeline.core.inquiry import Status
from inquiry_pipeline.core.routing import BY_HAND, Candidate, Consultant, Handover, RosterEntry, RoutingDecision
from inquiry_pipeline.routing.assignment import lacks
from inquiry_pipeline.routing.engine import route
from inquiry_pipeline.routing.rules import RuleSet


def route_again(case: Case, rules: RuleSet, now: datetime) -> RoutingDecision:
    """Where the inquiry belongs now, by its prediction as people corrected it; without a consultant."""
    counted = [replace(one, actor=name_of(one.actor, rules.consultants)) for one in case.feedback if one.decides]
    words = latest(counted)
    fresh = route(case.inquiry, corrected(case.prediction, counted), rules, now, settled="category" in words)
    told = [_told(task, words[task]) for task in TASKS if task in words]
    needs = replace(fresh.needs, without=() if _escalates(case, fresh) else case.decision.needs.without)
    return replace(fresh, reasons=(*told, *fresh.reasons), needs=needs)


def kept(case: Case, fresh: RoutingDecision, rules: RuleSet) -> RoutingDecision | None:
    """The fresh decision with the consultant who has the inquiry; None if it is not theirs to keep.

    They keep it if they satisfy the fresh decision, or as long as the word holds that gave it to them by hand.
    """
    holder = rules.consultants.get(case.holder or "")
    if holder is None:
        return None
    present = case.decision
    if present.department in holder.departments and _by_hand(case, fresh):
        stays = f"Stays with {holder.name}, who got it by hand"
        fresh = replace(fresh, department=present.department, triaged=present.triaged, strategy=BY_HAND)
    elif fresh.department in holder.departments and not lacks(holder, fresh.needs):
        stays = f"Stays with {holder.name}"
    else:
        return None
    return replace(fresh, consultant=holder.id, candidates=present.candidates, reasons=(*fresh.reasons, stays))


def differs(present: RoutingDecision, new: RoutingDecision) -> bool:
    """Whether people would call it another decision, not the same one some hours later."""
    return any(
        getattr(present, name) != getattr(new, name)
        for name in ("department", "consultant", "priority", "escalation_level", "needs", "triaged", "rules_version")
    )


def refuse_handover(case: Case, wish: Handover, rules: RuleSet) -> None:
    """Raise `IllegalAssignment` if the wish does not fit how the inquiry stands."""
    if case.inquiry.status is Status.RESOLVED:
        raise IllegalAssignment("The inquiry is resolved; reopen it first")
    holder = f"{name_of(case.holder, rules.consultants)} ({case.holder})" if case.holder else "nobody: it waits"
    if wish.seen and wish.held_by != case.holder:
        raise IllegalAssignment(f"The inquiry is no longer with {wish.held_by or 'nobody'}; it is with {holder}")
    if not wish.seen and case.holder not in (None, wish.actor, wish.consultant):
        raise IllegalAssignment(f"The inquiry is with {holder}; to take it from them, send held_by: {case.holder}")
    if wish.consultant is None and case.holder is None:
        raise IllegalAssignment("The inquiry waits in the queue already")
    if wish.consultant is not None and wish.consultant not in rules.consultants:
        raise IllegalAssignment(f"There is no consultant {wish.consultant!r} in the rules")


def given_to(fresh: RoutingDecision, taker: RosterEntry, wish: Handover, rules: RuleSet) -> RoutingDecision:
    """The fresh decision with the consultant whom a person chose. Raises `IllegalAssignment` if they are away.

    The department is theirs, where the one that the inquiry belongs to is not. A full desk stops nobody: it is noted.
    """
    person = taker.consultant
    if not taker.available:
        raise IllegalAssignment(f"{person.name} is away")
    department = _department_of(person, fresh, rules)
    actor = name_of(wish.actor, rules.consultants)
    done = f"Taken by {person.name}" if wish.actor == person.id else f"Given to {person.name} by {actor}"
    said = f"{done}: {wish.reason}" if wish.reason else done
    candidate = Candidate(
        consultant=person.id, chosen=True, reason=said, open_inquiries=taker.open_inquiries, capacity=person.capacity
    )
    full = taker.open_inquiries >= person.capacity
    notes = [
        *([f"Goes to {rules.departments[department].name} with them"] if department != fresh.department else []),
        *([f"More than their capacity: {taker.open_inquiries} of {person.capacity} open"] if full else []),
        *([f"By hand, although: {lack}"] if (lack := lacks(person, fresh.needs)) else []),
    ]
    return replace(
        fresh,
        consultant=person.id,
        department=department,
        triaged=fresh.triaged and department == fresh.department,
        strategy=BY_HAND,
        needs=replace(fresh.needs, without=()),
        candidates=(candidate,),
        reasons=(*fresh.reasons, said, *notes),
        actor=wish.actor,
        note=wish.reason,
    )


def given_back(case: Case, fresh: RoutingDecision, wish: Handover, rules: RuleSet) -> RoutingDecision:
    """The fresh decision for the queue, not to return to who had it. Raises `IllegalAssignment` if nobody is left."""
    holder = str(case.holder)
    without = tuple(sorted({*fresh.needs.without, holder}))
    if not any(one.id not in without for one in rules.members(fresh.department)):
        name = rules.departments[fresh.department].name
        raise IllegalAssignment(f"Nobody else works in {name}; give it to somebody by name")
    actor = name_of(wish.actor, rules.consultants)
    whose = "" if wish.actor == holder else f", from {name_of(holder, rules.consultants)}"
    said = f"Given back by {actor}{whose}" + (f": {wish.reason}" if wish.reason else "")
    needs = replace(fresh.needs, without=without)
    return replace(fresh, needs=needs, reasons=(*fresh.reasons, said), actor=wish.actor, note=wish.reason)


def name_of(person: str | None, consultants: Mapping[str, Consultant]) -> str:
    """A consultant's name for their id; whoever else it is keeps what they are called."""
    known = consultants.get(person or "")
    return known.name if known else str(person)


def _told(task: str, said: Feedback) -> str:
    if task in said.confirmed:
        return f"Confirmed by {said.actor}: {task} {said.labels[task]}"
    return f"Corrected by {said.actor}: {task} {said.labels[task]} instead of {said.predicted[task]}"


def _by_hand(case: Case, fresh: RoutingDecision) -> bool:
    """Whether it was given out by hand, and nothing has been said or happened since that goes above that."""
    present = case.decision
    corrected = fresh.needs.category != present.needs.category or (present.triaged and not fresh.triaged)
    return present.strategy == BY_HAND and not corrected and not _escalates(case, fresh)


def _escalates(case: Case, fresh: RoutingDecision) -> bool:
    return fresh.escalation_level > case.decision.escalation_level


def _department_of(person: Consultant, fresh: RoutingDecision, rules: RuleSet) -> str:
    """The department that it belongs to, if they work there; else the one of theirs that suits the category best."""
    if fresh.department in person.departments:
        return fresh.department
    suited = rules.department_for(fresh.needs.category)
    return suited.id if suited and suited.id in person.departments else person.departments[0]

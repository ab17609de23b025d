"""Deciding again: what people said counts, who has an inquiry keeps it if it is still theirs. Pure."""

from datetime import timedelta
from typing import Any

import pytest

from inquiry_pipeline.core.assessment import Case
from inquiry_pipeline.core.errors import IllegalAssignment
from inquiry_pipeline.core.feedback import Feedback, Labels
from inquiry_pipeline.core.inquiry import Status
from inquiry_pipeline.core.prediction import Sentiment, Urgency
from inquiry_pipeline.core.routing import BY_HAND, Handover, Needs, RosterEntry
from inquiry_pipeline.routing.assignment import assign
from inquiry_pipeline.routing.revision import differs, given_back, given_to, kept, refuse_handover, route_again
from inquiry_pipeline.routing.rules import RuleSet, load_rules
from tests.support.builders import NOW, a_decision, a_prediction, an_inquiry
from tests.support.desk import RULES

LABELS = Labels(category="billing", sentiment=Sentiment.NEUTRAL, urgency=Urgency.MEDIUM)


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load_rules(RULES)


def a_case(**given: Any) -> Case:
    values: dict[str, Any] = {
        "inquiry": an_inquiry(status=Status.ROUTED),
        "holder": "ann",
        "labels": LABELS,
        "prediction": a_prediction(),
        "decision": a_decision(department="front", consultant="ann"),
    }
    return Case(**(values | given))


def a_word(*, decides: bool = True, actor: str = "ben", **labels: str) -> Feedback:
    predicted = {"category": "billing", "sentiment": "neutral", "urgency": "medium"}
    return Feedback(
        actor=actor, model_version="m", predicted=predicted, labels=labels, comment=None, decides=decides, given_at=NOW
    )


def entry(rules: RuleSet, consultant: str, **state: Any) -> RosterEntry:
    return RosterEntry(consultant=rules.consultants[consultant], **state)


def test_without_a_word_it_is_decided_as_the_first_time(rules: RuleSet) -> None:
    fresh = route_again(a_case(), rules, NOW)
    assert fresh.needs.category == "billing"
    assert not any("Corrected" in reason or "Confirmed" in reason for reason in fresh.reasons)
    assert fresh == route_again(a_case(feedback=(a_word(decides=False, category="legal"),)), rules, NOW)


def test_the_record_names_whoever_had_the_last_word_and_others_as_they_call_themselves(rules: RuleSet) -> None:
    said = (a_word(category="sales"), a_word(category="legal", actor="lead@x.example"), a_word(urgency="medium"))
    fresh = route_again(a_case(feedback=said), rules, NOW)
    assert fresh.reasons[:2] == (
        "Corrected by lead@x.example: category legal instead of billing",
        "Confirmed by Ben: urgency medium",
    )
    assert fresh.needs.category == "legal"


def test_who_gave_it_back_is_left_out_until_it_escalates(rules: RuleSet) -> None:
    case = a_case(
        decision=a_decision(department="front", needs=Needs(category="billing", language="en", without=("ann",)))
    )
    assert route_again(case, rules, NOW).needs.without == ("ann",)
    assert route_again(case, rules, NOW + timedelta(hours=5)).needs.without == ()


def test_nobody_keeps_what_is_not_theirs(rules: RuleSet) -> None:
    fresh = route_again(a_case(), rules, NOW)
    assert kept(a_case(holder=None), fresh, rules) is None
    assert kept(a_case(holder="zoe"), fresh, rules) is None
    stays = kept(a_case(), fresh, rules)
    assert stays is not None
    assert (stays.consultant, stays.reasons[-1]) == ("ann", "Stays with Ann")
    assert not differs(stays, kept(a_case(decision=stays), fresh, rules) or a_decision())


def test_a_decision_by_hand_holds_against_age_but_not_against_escalation(rules: RuleSet) -> None:
    by_hand = given_to(
        route_again(a_case(), rules, NOW), entry(rules, "ben"), Handover(actor="ben", consultant="ben"), rules
    )
    case = a_case(holder="ben", decision=by_hand)
    later = kept(case, route_again(case, rules, NOW + timedelta(hours=2)), rules)
    assert later is not None
    assert (later.consultant, later.strategy) == ("ben", BY_HAND)
    assert kept(case, route_again(case, rules, NOW + timedelta(hours=5)), rules) is None  # the manager is asked for


def test_a_decision_by_hand_does_not_hold_who_left_the_department(rules: RuleSet) -> None:
    elsewhere = a_decision(department="triage", consultant="ben", strategy=BY_HAND)
    case = a_case(holder="ben", decision=elsewhere)
    stays = kept(case, route_again(case, rules, NOW), rules)
    assert stays is not None  # theirs for another reason: it belongs to a department of theirs
    assert (stays.department, stays.strategy) == ("front", "round_robin")


@pytest.mark.parametrize(
    ("case", "wish", "message"),
    [
        ({}, {"consultant": "ben"}, r"is with Ann \(ann\); to take it from them, send held_by: ann"),
        ({}, {"consultant": None}, "send held_by: ann"),
        ({}, {"consultant": "ben", "seen": True}, "no longer with nobody; it is with Ann"),
        ({}, {"consultant": "ben", "seen": True, "held_by": "cat"}, "no longer with cat"),
        ({"holder": None}, {"consultant": "ben", "seen": True, "held_by": "cat"}, "it is with nobody: it waits"),
        ({"holder": None}, {"consultant": None}, "waits in the queue already"),
        ({"holder": None}, {"consultant": "zoe"}, "no consultant 'zoe'"),
        ({"inquiry": an_inquiry(status=Status.RESOLVED)}, {"consultant": "ben"}, "resolved"),
    ],
)
def test_a_wish_that_does_not_fit_is_refused(
    rules: RuleSet, case: dict[str, Any], wish: dict[str, Any], message: str
) -> None:
    with pytest.raises(IllegalAssignment, match=message):
        refuse_handover(a_case(**case), Handover(actor="ben", **wish), rules)


@pytest.mark.parametrize(
    ("case", "wish"),
    [
        ({"holder": None}, {"actor": "ben", "consultant": "ben"}),
        ({"holder": None}, {"actor": "ben", "consultant": "ben", "seen": True, "held_by": None}),
        ({}, {"actor": "ann", "consultant": "ben"}),
        ({}, {"actor": "ann", "consultant": None}),
        ({}, {"actor": "lead", "consultant": "ann"}),
        ({}, {"actor": "lead", "consultant": "ben", "seen": True, "held_by": "ann"}),
    ],
)
def test_a_wish_that_fits_is_not_refused(rules: RuleSet, case: dict[str, Any], wish: dict[str, Any]) -> None:
    refuse_handover(a_case(**case), Handover(**wish), rules)


def test_what_is_given_by_hand_notes_what_speaks_against_it(rules: RuleSet) -> None:
    fresh = route_again(a_case(), rules, NOW + timedelta(hours=5))
    taker = entry(rules, "ben", open_inquiries=3)
    given = given_to(fresh, taker, Handover(actor="lead", consultant="ben", reason="Knows them"), rules)
    assert given.reasons[-3:] == (
        "Given to Ben by lead: Knows them",
        "More than their capacity: 3 of 3 open",
        "By hand, although: not a manager, a manager is needed",
    )
    with pytest.raises(IllegalAssignment, match="Ben is away"):
        given_to(fresh, entry(rules, "ben", available=False), Handover(actor="lead", consultant="ben"), rules)


def test_what_is_given_back_is_assigned_to_others_or_waits_for_them(rules: RuleSet) -> None:
    case = a_case()
    fresh = given_back(
        case, route_again(case, rules, NOW), Handover(actor="lead", consultant=None, reason="Ill"), rules
    )
    assert fresh.reasons[-1] == "Given back by lead, from Ann: Ill"
    assert fresh.needs.without == ("ann",)
    everybody = [entry(rules, "ann"), entry(rules, "ben", last_turn=5)]
    assigned = assign(fresh, everybody)
    assert assigned.consultant == "ben"
    assert [one.reason for one in assigned.candidates] == ["gave it back", "next in turn"]
    alone = assign(fresh, [entry(rules, "ann"), entry(rules, "ben", available=False)])
    assert alone.consultant is None
    assert alone.reasons[-1].startswith("Waits: nobody")


def test_the_last_one_cannot_give_it_back(rules: RuleSet) -> None:
    needs = Needs(category="billing", language="en", without=("ben", "cat"))
    case = a_case(decision=a_decision(department="front", consultant="ann", needs=needs))
    with pytest.raises(IllegalAssignment, match="Nobody else works in Front"):
        given_back(case, route_again(case, rules, NOW), Handover(actor="ann", consultant=None), rules)

"""The engine: what a decision holds, and what is true of every decision."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from math import fsum
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inquiry_pipeline.core.prediction import Sentiment, Urgency
from inquiry_pipeline.routing.engine import route
from inquiry_pipeline.routing.rules import load_rules
from tests.routing.building import INQUIRIES, NOON, PREDICTIONS, inquiry, prediction, rule, rules_with

HOUR = timedelta(hours=1)
DEFAULT = load_rules(Path(__file__).parents[2] / "config" / "routing_rules.yaml")
EXTREME = rules_with(
    rule("plus", when={"urgency": "high"}, add_points=90),
    rule("minus", when={"sentiment": "positive"}, add_points=-100),
    rule("floor", 2, when={"keywords": ["court"]}, priority_at_least=99),
    rule("late", 3, when={"not": {"age_hours": {"at_least": 2.5}}}, add_points=0.07),
    score={
        "urgency": {"low": -50.1, "medium": 33.33, "high": 60, "critical": 100},
        "sentiment": {"negative": 0.1, "neutral": 0.2, "positive": -20},
        "category": {"technical_support": -9.99, "billing": 77},
        "waiting": {"points_per_hour": 0.37, "cap": 50},
    },
)


@pytest.mark.parametrize("rules", [DEFAULT, EXTREME], ids=["default", "extreme"])
@given(one=INQUIRIES, said=PREDICTIONS)
def test_terms_add_up_to_a_score_within_its_limits(rules, one, said):
    decision = route(one, said, rules, NOON)
    assert 0 <= decision.priority_score <= 100
    assert round(fsum(term.points for term in decision.terms), 2) == decision.priority_score
    assert decision.priority == rules.band_of(decision.priority_score)
    assert decision.department in rules.departments
    assert decision.escalation_level == max((fired.level for fired in decision.rules_fired), default=0)


@given(one=INQUIRIES, said=PREDICTIONS)
def test_route_is_deterministic_and_leaves_its_arguments_alone(one, said):
    before = repr((one, said, DEFAULT))
    assert route(one, said, DEFAULT, NOON) == route(one, said, DEFAULT, NOON)
    assert repr((one, said, DEFAULT)) == before


@given(one=INQUIRIES, said=PREDICTIONS)
def test_score_never_falls_as_urgency_rises(one, said):
    scores = [route(one, replace(said, urgency=urgency), DEFAULT, NOON).priority_score for urgency in Urgency]
    assert scores == sorted(scores)


@given(one=INQUIRIES, said=PREDICTIONS, hours=st.lists(st.floats(0, 60), min_size=2, max_size=5))
def test_score_never_falls_as_time_passes(one, said, hours):
    moments = [one.received_at + timedelta(hours=h) for h in sorted(hours)]
    scores = [route(one, said, DEFAULT, moment).priority_score for moment in moments]
    assert all(earlier <= later for earlier, later in pairwise(scores))


@pytest.mark.parametrize("rules", [DEFAULT, EXTREME], ids=["default", "extreme"])
@settings(max_examples=60)
@given(one=INQUIRIES, said=PREDICTIONS, after=st.floats(0, 40), part=st.floats(0, 0.999999))
def test_nothing_changes_before_the_review(rules, one, said, after, part):
    now = max(one.received_at, NOON) + timedelta(hours=after)
    decision = route(one, said, rules, now)
    until = decision.review_at or now + timedelta(days=400)
    assert until > now
    between = min(now + (until - now) * part, until - timedelta(microseconds=1))
    assert replace(route(one, said, rules, between), decided_at=now) == decision


def test_the_review_comes_exactly_when_something_changes():
    rules = rules_with(
        rule(when={"age_hours": {"at_least": 2.5}}, add_points=7),
        score={
            "urgency": {"low": 0, "medium": 30, "high": 60, "critical": 80},
            "sentiment": {"negative": 10, "neutral": 5, "positive": 0},
            "category": {"technical_support": 10, "billing": 8},
            "waiting": {"points_per_hour": 2, "cap": 5},
        },
    )
    seen, moment = [], NOON
    while (decision := route(inquiry(), prediction(), rules, moment)).review_at:
        moment = decision.review_at
        just_before = route(inquiry(), prediction(), rules, moment - timedelta(microseconds=1))
        assert just_before.priority_score < route(inquiry(), prediction(), rules, moment).priority_score
        seen.append((moment - NOON) / HOUR)
    assert seen == [1, 2, 2.5, 3]
    assert decision.priority_score == 45 + 5 + 7


def test_review_is_none_when_no_rule_looks_at_the_age():
    assert route(inquiry(), prediction(), rules_with(), NOON).review_at is None


def test_an_inquiry_from_the_future_has_no_age():
    one = inquiry(received_at=NOON + HOUR)
    decision = route(one, prediction(), DEFAULT, NOON)
    assert "waiting" not in {term.name for term in decision.terms}
    assert decision.review_at == NOON + 2 * HOUR


def test_reasons_say_what_each_thing_was_worth():
    decision = route(
        inquiry(sender_email="Boss@EU.vip.example.com"),
        prediction(urgency=Urgency.HIGH, sentiment=Sentiment.NEGATIVE),
        DEFAULT,
        NOON + 2 * HOUR,
    )
    assert decision.reasons == (
        "Urgency high: +50 points",
        "Sentiment negative: +10 points",
        "Category technical_support: +10 points",
        "Sender tier vip: +15 points",
        "Waiting 2 h: +2 points",
        "Rule upset-and-urgent +5: +5 points",
        "Priority urgent: 92 of 100 points",
        "Category technical_support (90% sure): Technical Support",
        "Escalated to level 1 by the rule 'upset-and-urgent': sentiment negative; urgency high",
        "Escalated to level 1 by the rule 'vip-sender': sender tier vip; not (urgency low)",
        "Needs a consultant of level 2 or above",
    )


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"abstained": True}, "The model only suggests technical_support (90% sure): goes to Triage"),
        (
            {"confidence": 0.3},
            "Category technical_support is uncertain (30% sure, 50% is needed): goes to Triage",
        ),
        (
            {"degraded": True},
            "Keywords alone suggest technical_support, the model did not answer: goes to Triage",
        ),
        ({"category": "astrology"}, "No department has the category astrology: goes to Triage"),
    ],
)
def test_what_is_uncertain_goes_to_triage(values, reason):
    rules = rules_with(triage={"department": "triage", "min_confidence": 0.5, "degraded": True})
    decision = route(inquiry(), prediction(**values), rules, NOON)
    assert (decision.department, decision.triaged, decision.strategy) == ("triage", True, "skill_based")
    assert reason in decision.reasons


def test_the_least_confidence_that_is_asked_for_is_enough():
    rules = rules_with(triage={"department": "triage", "min_confidence": 0.5})
    assert not route(inquiry(), prediction(confidence=0.5), rules, NOON).triaged


def test_degraded_predictions_are_trusted_where_the_rules_say_so():
    decision = route(inquiry(), prediction(degraded=True), rules_with(), NOON)
    assert (decision.department, decision.triaged) == ("support", False)


def test_the_highest_level_decides_the_target_and_all_fired_rules_are_recorded():
    rules = rules_with(
        rule("mild", 1, when={"urgency": "medium"}, department="triage", min_level=2, add_points=3),
        rule("severe", 2, when={"urgency": "medium"}, department="money", priority_at_least=70),
        rule("also-severe", 2, when={"urgency": "medium"}, department="support", manager=True),
        rule("other", 3, when={"urgency": "low"}, department="triage"),
    )
    decision = route(inquiry(), prediction(), rules, NOON)
    assert [fired.name for fired in decision.rules_fired] == ["mild", "severe", "also-severe"]
    assert (decision.department, decision.escalation_level, decision.escalated) == ("money", 2, True)
    assert (decision.needs.level, decision.needs.manager) == (2, True)
    assert decision.priority_score == 70
    assert "Goes to Money by the rule 'severe'" in decision.reasons


def test_an_escalation_overrules_triage():
    rules = rules_with(rule(when={"abstained": True}, department="money"))
    decision = route(inquiry(), prediction(abstained=True), rules, NOON)
    assert (decision.department, decision.triaged) == ("money", False)


@pytest.mark.parametrize(("who", "where"), [("bob", "support"), ("cem", "money")])
def test_a_named_consultant_is_reached_in_a_department_of_theirs(who, where):
    rules = rules_with(rule(when={"urgency": "medium"}, consultant=who))
    decision = route(inquiry(), prediction(), rules, NOON)
    assert (decision.department, decision.needs.consultant) == (where, who)


def test_defaults_put_plain_inquiries_in_the_middle_and_outages_on_top():
    def band(**values: object) -> str:
        return route(inquiry(), prediction(**values), DEFAULT, NOON).priority

    assert band() == "normal"
    assert band(urgency=Urgency.LOW, category="product_feedback", sentiment=Sentiment.POSITIVE) == "low"
    assert band(urgency=Urgency.HIGH) == "high"
    for category in DEFAULT.categories:
        for sentiment in Sentiment:
            assert band(urgency=Urgency.CRITICAL, category=category, sentiment=sentiment) == "urgent"


@pytest.mark.parametrize(
    ("body", "values", "department", "rule_name"),
    [
        ("I shall take you to COURT over this.", {"sentiment": Sentiment.NEGATIVE}, "legal", "legal-threat"),
        ("We were hacked.", {"urgency": Urgency.CRITICAL}, "technical_support", "security-or-fraud"),
    ],
)
def test_default_escalations_fire(body, values, department, rule_name):
    decision = route(inquiry(body), prediction(**values), DEFAULT, NOON)
    assert decision.department == department
    assert rule_name in {fired.name for fired in decision.rules_fired}


def test_default_rules_ask_for_experience_and_put_it_on_top_after_a_day():
    for category in DEFAULT.categories[:-1]:
        decision = route(inquiry(), prediction(category=category), DEFAULT, NOON + 24 * HOUR)
        assert (decision.needs.level, decision.escalation_level, decision.priority) == (2, 3, "urgent")
        assert route(inquiry(), prediction(category=category), DEFAULT, NOON + 23 * HOUR).priority != "urgent"

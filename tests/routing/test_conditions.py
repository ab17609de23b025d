"""Conditions of escalation rules: when they hold, and what they give as the reason."""

import time
from datetime import timedelta
from typing import Any

import pytest

from inquiry_pipeline.core.inquiry import Inquiry
from inquiry_pipeline.core.prediction import Prediction, Sentiment, Urgency
from inquiry_pipeline.routing.engine import route
from tests.routing.building import NOON, inquiry, prediction, rule, rules_with

TIERS = [
    {"name": "vip", "points": 10, "domains": ["Corp.example"], "addresses": ["pal@free.example"]},
    {"name": "lab", "points": 5, "domains": ["lab.corp.example"]},
]


def fired(
    when: dict[str, Any],
    one: Inquiry | None = None,
    said: Prediction | None = None,
    *,
    age_hours: float = 0.0,
) -> str | None:
    """The reason for which a condition holds, or None."""
    rules = rules_with(rule(when=when), senders=TIERS)
    decision = route(one or inquiry(), said or prediction(), rules, NOON + timedelta(hours=age_hours))
    return decision.rules_fired[0].reason if decision.rules_fired else None


@pytest.mark.parametrize(
    ("when", "said", "reason"),
    [
        ({"category": "billing"}, {}, None),
        ({"category": ["billing", "technical_support"]}, {}, "category technical_support"),
        ({"sentiment": "negative"}, {"sentiment": Sentiment.NEGATIVE}, "sentiment negative"),
        ({"urgency": ["low", "high"]}, {"urgency": Urgency.HIGH}, "urgency high"),
        ({"urgency": {"at_least": "high"}}, {"urgency": Urgency.CRITICAL}, "urgency critical"),
        ({"urgency": {"at_least": "high"}}, {"urgency": Urgency.MEDIUM}, None),
        ({"language": ["de", "fr"]}, {"language": "de"}, "language de"),
        ({"confidence": {"below": 0.6}}, {"confidence": 0.59}, "confidence below 0.6 (0.59)"),
        ({"confidence": {"below": 0.6}}, {"confidence": 0.6}, None),
        (
            {"confidence": {"at_least": 0.6, "below": 0.7}},
            {"confidence": 0.6},
            "confidence at least 0.6 below 0.7 (0.6)",
        ),
        ({"priority_score": {"at_least": 45}}, {}, "priority score at least 45 (45)"),
        ({"priority_score": {"at_least": 45.01}}, {}, None),
        ({"department": "support"}, {}, "department support"),
        ({"department": "triage"}, {"abstained": True}, "department triage"),
        ({"channel": "api"}, {}, "channel api"),
        ({"abstained": True}, {"abstained": True}, "the prediction is abstained"),
        ({"degraded": False}, {}, "the prediction is not degraded"),
        ({"all": [{"category": "technical_support"}, {"urgency": "low"}]}, {}, None),
        ({"any": [{"category": "billing"}, {"urgency": "medium"}]}, {}, "urgency medium"),
        ({"not": {"category": "billing"}}, {}, "not (category billing)"),
        ({"not": {"any": [{"urgency": "low"}, {"urgency": "medium"}]}}, {}, None),
        ({"urgency": "medium", "sentiment": "negative"}, {}, None),
        ({"urgency": "medium", "sentiment": "neutral"}, {}, "urgency medium; sentiment neutral"),
    ],
)
def test_condition_over_the_prediction(when, said, reason):
    assert fired(when, said=prediction(**said)) == reason


@pytest.mark.parametrize(
    ("keywords", "body", "found"),
    [
        (["court"], "See you in Court!", True),
        (["court"], "The courtyard is wet", False),
        (["my lawyer"], "I asked MY\n\n  lawyer.", True),
        (["my lawyer"], "my old lawyer", False),
        (["straße"], "In der STRASSE", True),
        (["ação judicial"], "Ac\u0327a\u0303o judicial", True),
        (["e-mail"], "your e mail", True),
        (["urgent"], "this is *__urgent__*", True),
        ({"all": ["fraud", "card"]}, "card fraud", True),
        ({"all": ["fraud", "card"]}, "fraud", False),
        ({"any": ["a", "b"], "all": ["c"]}, "b c", True),
        ({"any": ["a", "b"], "all": ["c"]}, "b", False),
        ("court", "court", True),
    ],
)
def test_keywords_are_whole_words_in_any_case(keywords, body, found):
    assert (fired({"keywords": keywords}, inquiry(body)) is not None) is found


def test_keywords_are_looked_for_in_the_subject_but_not_across_it():
    assert fired({"keywords": ["fraud"]}, inquiry("hello", subject="Fraud")) == "mentions 'fraud'"
    assert fired({"keywords": ["fraud alert"]}, inquiry("alert", subject="Fraud")) is None


def test_keywords_in_a_huge_body_are_found_quickly():
    started = time.process_time()
    assert fired({"keywords": ["x" * 400, "end of it"]}, inquiry("x" * 25_000 + " a" * 12_000 + " end of it"))
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("sender", "address", "reason"),
    [
        ({"tier": "vip"}, "a@corp.example", "sender tier vip"),
        ({"tier": "vip"}, "A@EU.Corp.EXAMPLE ", "sender tier vip"),
        ({"tier": "vip"}, "a@x.lab.corp.example", None),
        ({"tier": "lab"}, "a@x.lab.corp.example", "sender tier lab"),
        ({"tier": "vip"}, "pal@free.example", "sender tier vip"),
        ({"tier": "vip"}, "other@free.example", None),
        ({"tier": "vip"}, "a@notcorp.example", None),
        ({"tier": "vip"}, "corp.example", None),
        ({"tier": "vip"}, None, None),
        ({"domain": "example"}, "a@b.example", "sender is at example"),
        ({"address": ["X@Y.example"]}, "x@y.EXAMPLE", "sender is x@y.example"),
        ({"domain": "nowhere.example", "tier": "vip"}, "a@corp.example", "sender tier vip"),
    ],
)
def test_sender_by_address_domain_or_tier(sender, address, reason):
    assert fired({"sender": sender}, inquiry(sender_email=address)) == reason


def test_age_holds_from_the_exact_moment():
    assert fired({"age_hours": {"at_least": 1.5}}, age_hours=1.5) == "open for 1.5 h or more"
    assert fired({"age_hours": {"at_least": 1.5}}, age_hours=1.499) is None

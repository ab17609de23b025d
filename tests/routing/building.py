"""What the routing tests build: small rules, inquiries, predictions, people; and strategies for any of them."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from inquiry_pipeline.core.inquiry import Inquiry
from inquiry_pipeline.core.prediction import Prediction, Sentiment, Urgency
from inquiry_pipeline.core.routing import Consultant, Needs, RosterEntry, RoutingDecision
from inquiry_pipeline.routing.rules import RuleSet, parse_rules

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CATEGORIES = ("technical_support", "billing", "sales", "hr", "legal", "product_feedback")

BASE: dict[str, Any] = {
    "departments": {
        "support": {"name": "Support", "categories": ["technical_support"], "assignment": "round_robin"},
        "money": {"name": "Money", "categories": ["billing"], "assignment": "load_balanced"},
        "triage": {"name": "Triage", "assignment": "skill_based"},
    },
    "consultants": {
        "ada": {"name": "Ada", "departments": ["support", "triage"], "level": 3, "manager": True},
        "bob": {"name": "Bob", "departments": ["support", "money"], "languages": ["en"], "level": 2},
        "cem": {"name": "Cem", "departments": ["money", "triage"], "manager": True},
    },
    "score": {
        "urgency": {"low": 0, "medium": 30, "high": 60, "critical": 80},
        "sentiment": {"negative": 10, "neutral": 5, "positive": 0},
        "category": {"technical_support": 10, "billing": 8},
    },
    "priorities": [{"name": "low", "from": 0}, {"name": "normal", "from": 25}, {"name": "high", "from": 60}],
    "triage": {"department": "triage"},
}


def rules_with(*escalations: dict[str, Any], **sections: Any) -> RuleSet:
    """The base rules with these escalations, and sections replaced. (JSON is YAML.)"""
    data = {**deepcopy(BASE), **sections}
    if escalations:
        data["escalations"] = list(escalations)
    return parse_rules(json.dumps(data), source="rules.yaml")


def rule(name: str = "a-rule", level: int = 1, *, when: dict[str, Any], **then: Any) -> dict[str, Any]:
    return {"name": name, "level": level, "when": when, "then": then}


def inquiry(body: str = "The printer does not print.", **values: Any) -> Inquiry:
    return Inquiry(**{"id": UUID(int=1), "body": body, "received_at": NOON, "created_at": NOON, **values})


def prediction(**values: Any) -> Prediction:
    defaults: dict[str, Any] = {
        "category": "technical_support",
        "confidence": 0.9,
        "probabilities": {},
        "sentiment": Sentiment.NEUTRAL,
        "sentiment_confidence": 0.9,
        "sentiment_probabilities": {},
        "urgency": Urgency.MEDIUM,
        "urgency_confidence": 0.9,
        "urgency_probabilities": {},
        "language": "en",
        "model_version": "test",
    }
    return Prediction(**{**defaults, **values})


def person(name: str, **values: Any) -> Consultant:
    return Consultant(**{"id": name, "name": name.title(), "departments": ("support",), **values})


def entry(name: str, *, away: bool = False, open_inquiries: int = 0, last_turn: int = 0, **values: Any) -> RosterEntry:
    return RosterEntry(
        consultant=person(name, **values),
        available=not away,
        open_inquiries=open_inquiries,
        last_turn=last_turn,
    )


def decision(strategy: str = "round_robin", *, score: float = 40.0, **needs: Any) -> RoutingDecision:
    return RoutingDecision(
        department="support",
        priority_score=score,
        priority="normal",
        needs=Needs(**{"category": "technical_support", "language": "en", **needs}),
        rules_version="test",
        decided_at=NOON,
        strategy=strategy,
    )


BODIES = st.sampled_from(
    [
        "The printer does not print.",
        "I will take you to court!",
        "We were HACKED last night, my lawyer is informed.",
        "Bonjour, une fuite de données en cours",
        "",
    ]
)
SENDERS = st.sampled_from([None, "ceo@bigcustomer.example.com", "x@eu.vip.example.com", "y@example.net", "odd"])
INQUIRIES = st.builds(
    inquiry,
    BODIES,
    sender_email=SENDERS,
    channel=st.sampled_from(["api", "email"]),
    received_at=st.timedeltas(timedelta(days=-60), timedelta(days=1)).map(lambda delta: NOON + delta),
)
PREDICTIONS = st.builds(
    prediction,
    category=st.sampled_from([*CATEGORIES, "unheard_of"]),
    confidence=st.floats(0, 1),
    sentiment=st.sampled_from(Sentiment),
    urgency=st.sampled_from(Urgency),
    language=st.sampled_from(["en", "de", "pl", "und"]),
    abstained=st.booleans(),
    degraded=st.booleans(),
)

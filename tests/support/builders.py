"""Values for tests: a valid one of each kind, with what matters to a test given by name."""

from datetime import UTC, datetime
from typing import Any

from uuid_utils.compat import uuid7

from inquiry_pipeline.core.inquiry import Inquiry
from inquiry_pipeline.core.prediction import Prediction, Sentiment, Urgency
from inquiry_pipeline.core.routing import Needs, RoutingDecision

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def an_inquiry(**given: Any) -> Inquiry:
    values: dict[str, Any] = {"id": uuid7(), "body": "The invoice is wrong.", "received_at": NOW, "created_at": NOW}
    return Inquiry(**(values | given))


def a_prediction(**given: Any) -> Prediction:
    values: dict[str, Any] = {
        "category": "billing",
        "confidence": 0.9,
        "probabilities": {"billing": 0.9, "sales": 0.1},
        "sentiment": Sentiment.NEUTRAL,
        "sentiment_confidence": 0.8,
        "sentiment_probabilities": {"neutral": 0.8, "negative": 0.2},
        "urgency": Urgency.MEDIUM,
        "urgency_confidence": 0.7,
        "urgency_probabilities": {"medium": 0.7, "low": 0.3},
        "language": "en",
        "model_version": "test-1",
    }
    return Prediction(**(values | given))


def a_decision(**given: Any) -> RoutingDecision:
    values: dict[str, Any] = {
        "department": "billing",
        "priority_score": 50.0,
        "priority": "normal",
        "needs": Needs(category="billing", language="en"),
        "rules_version": "rules-1",
        "decided_at": NOW,
    }
    return RoutingDecision(**(values | given))

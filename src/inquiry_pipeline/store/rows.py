"""The one mapper between rows and the dataclasses of `core`, for each aggregate."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import RowMapping

from inquiry_pipeline.core.feedback import TASKS, Feedback, Labels
from inquiry_pipeline.core.inquiry import Inquiry, Status
from inquiry_pipeline.core.prediction import Prediction, Sentiment, Urgency
from inquiry_pipeline.core.routing import Candidate, FiredRule, Needs, RoutingDecision, ScoreTerm

_Shape = TypeVar("_Shape")


def known(shape: type[_Shape], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the stored values that this version of a dataclass has: a newer one may have stored more."""
    names = {one.name for one in fields(shape)}  # type: ignore[arg-type]
    return {name: value for name, value in stored.items() if name in names}


def inquiry_row(inquiry: Inquiry) -> dict[str, Any]:
    """The columns of a new inquiry."""
    return {
        "id": inquiry.id,
        "subject": inquiry.subject,
        "body": inquiry.body,
        "sender_email": inquiry.sender_email,
        "sender_name": inquiry.sender_name,
        "channel": inquiry.channel,
        "external_id": inquiry.external_id,
        "metadata": dict(inquiry.metadata),
        "received_at": inquiry.received_at,
        "created_at": inquiry.created_at,
        "status": inquiry.status,
    }


def inquiry_of(row: RowMapping) -> Inquiry:
    """The inquiry in a row of `inquiries`."""
    return Inquiry(
        id=row["id"],
        subject=row["subject"],
        body=row["body"],
        sender_email=row["sender_email"],
        sender_name=row["sender_name"],
        channel=row["channel"],
        external_id=row["external_id"],
        metadata=row["metadata"],
        received_at=row["received_at"],
        created_at=row["created_at"],
        status=Status(row["status"]),
    )


def prediction_row(prediction: Prediction) -> dict[str, Any]:
    """The columns of a prediction, without those that tie it to an inquiry."""
    return {
        "model_version": prediction.model_version,
        "category": prediction.category,
        "confidence": prediction.confidence,
        "sentiment": prediction.sentiment,
        "sentiment_confidence": prediction.sentiment_confidence,
        "urgency": prediction.urgency,
        "urgency_confidence": prediction.urgency_confidence,
        "urgency_reasons": list(prediction.urgency_reasons),
        "probabilities": {
            "category": dict(prediction.probabilities),
            "sentiment": dict(prediction.sentiment_probabilities),
            "urgency": dict(prediction.urgency_probabilities),
        },
        "language": prediction.language,
        "abstained": prediction.abstained,
        "degraded": prediction.degraded,
    }


def prediction_of(row: RowMapping) -> Prediction:
    """The prediction in a row of `predictions`."""
    return Prediction(
        category=row["category"],
        confidence=row["confidence"],
        probabilities=_falling(row["probabilities"]["category"]),
        sentiment=Sentiment(row["sentiment"]),
        sentiment_confidence=row["sentiment_confidence"],
        sentiment_probabilities=_falling(row["probabilities"]["sentiment"]),
        urgency=Urgency(row["urgency"]),
        urgency_confidence=row["urgency_confidence"],
        urgency_probabilities=_falling(row["probabilities"]["urgency"]),
        language=row["language"],
        model_version=row["model_version"],
        abstained=row["abstained"],
        degraded=row["degraded"],
        urgency_reasons=tuple(row["urgency_reasons"]),
    )


def _falling(probabilities: Mapping[str, float]) -> dict[str, float]:
    """Most probable first: JSONB does not keep the order of keys."""
    return dict(sorted(probabilities.items(), key=lambda item: (-item[1], item[0])))


def decision_row(decision: RoutingDecision) -> dict[str, Any]:
    """The columns of a routing decision, without those that tie it to an inquiry."""
    return {
        "department": decision.department,
        "consultant_id": decision.consultant,
        "priority_score": decision.priority_score,
        "priority": decision.priority,
        "escalation_level": decision.escalation_level,
        "triaged": decision.triaged,
        "strategy": decision.strategy,
        "rules_version": decision.rules_version,
        "decided_at": decision.decided_at,
        "record": {
            "needs": asdict(decision.needs),
            "reasons": list(decision.reasons),
            "terms": [asdict(term) for term in decision.terms],
            "rules_fired": [asdict(rule) for rule in decision.rules_fired],
            "candidates": [asdict(candidate) for candidate in decision.candidates],
            "review_at": decision.review_at.isoformat() if decision.review_at else None,
            "actor": decision.actor,
            "note": decision.note,
        },
    }


def decision_of(row: RowMapping) -> RoutingDecision:
    """The decision in a row of `routing_decisions`."""
    record = row["record"]
    return RoutingDecision(
        department=row["department"],
        consultant=row["consultant_id"],
        priority_score=row["priority_score"],
        priority=row["priority"],
        escalation_level=row["escalation_level"],
        triaged=row["triaged"],
        strategy=row["strategy"],
        rules_version=row["rules_version"],
        decided_at=row["decided_at"],
        needs=_needs_of(record["needs"]),
        reasons=tuple(record["reasons"]),
        terms=tuple(ScoreTerm(**known(ScoreTerm, term)) for term in record["terms"]),
        rules_fired=tuple(FiredRule(**known(FiredRule, rule)) for rule in record["rules_fired"]),
        candidates=tuple(Candidate(**known(Candidate, candidate)) for candidate in record["candidates"]),
        review_at=datetime.fromisoformat(record["review_at"]) if record["review_at"] else None,
        actor=record.get("actor"),
        note=record.get("note"),
    )


def _needs_of(stored: Mapping[str, Any]) -> Needs:
    """JSON knows no tuples, and records from before anything could be given back have no `without`."""
    return Needs(**known(Needs, stored) | {"without": tuple(stored.get("without", ()))})


def feedback_of(row: RowMapping) -> Feedback:
    """The judgement in a row of `feedback`."""
    return Feedback(
        actor=row["actor"],
        model_version=row["model_version"],
        predicted={task: row[f"predicted_{task}"] for task in TASKS},
        labels={task: row[task] for task in TASKS if row[task] is not None},
        comment=row["comment"],
        decides=row["decides"],
        given_at=row["given_at"],
    )


def labels_of(row: RowMapping) -> Labels | None:
    """The labels that count, in a row of `inquiries`; None before it is assessed."""
    if row["category"] is None:
        return None
    return Labels(category=row["category"], sentiment=Sentiment(row["sentiment"]), urgency=Urgency(row["urgency"]))


def predicted_columns(prediction: Prediction) -> dict[str, Any]:
    """What `inquiries` repeats of the current prediction."""
    return {
        "category": prediction.category,
        "sentiment": prediction.sentiment,
        "urgency": prediction.urgency,
        "language": prediction.language,
        "abstained": prediction.abstained,
        "degraded": prediction.degraded,
    }


def routed_columns(decision: RoutingDecision) -> dict[str, Any]:
    """What `inquiries` repeats of the current decision."""
    return {
        "department": decision.department,
        "consultant_id": decision.consultant,
        "priority_score": decision.priority_score,
        "priority": decision.priority,
        "escalation_level": decision.escalation_level,
        "review_at": decision.review_at,
    }

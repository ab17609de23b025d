"""Explanations over HTTP: positions that fit, honest about which model they explain, bounded."""

from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from inquiry_pipeline.entrypoints.answers import EXPLANATION_EXAMPLE, ExplanationAnswer
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store import inquiries
from tests.support.desk import send

BODY = "I was charged twice on my invoice. The service is terrible! Please refund the payment by tomorrow."
TASKS = ("category", "sentiment", "urgency")


def spans_of(explanation: dict[str, Any]) -> list[dict[str, Any]]:
    return [span for task in TASKS for level in ("sentences", "words") for span in explanation[task][level]]


def test_a_classification_explains_itself_only_when_asked(client: TestClient) -> None:
    plain = client.post("inquiries/classify", json={"text": BODY}).json()
    explained = client.post("inquiries/classify", params={"explain": "true"}, json={"text": BODY}).json()
    explanation = explained.pop("explanation")
    assert "explanation" not in plain
    assert explained.keys() == plain.keys()
    assert [explanation[task]["label"] for task in TASKS] == [plain[task] for task in TASKS]
    assert explanation["model_version"] == plain["model_version"]
    assert explanation["text"] == BODY
    assert any(rule.startswith('Deadline: "by tomorrow"') for rule in explanation["urgency_rules"])
    spans = spans_of(explanation)
    assert len(spans) > 5
    for span in spans:
        assert BODY[span["start"] : span["end"]] == span["text"]


def test_some_texts_are_explained_in_one_request_and_more_are_refused(client: TestClient) -> None:
    items = ["hello", BODY, {"subject": "Login", "body": "password does not work"}, "great work"]
    answer = client.post("inquiries/classify", params={"explain": True}, json={"items": items})
    assert answer.status_code == 200
    texts = [item["explanation"]["text"] for item in answer.json()["items"]]
    assert texts == ["hello", BODY, "Login\npassword does not work", "great work"]
    refused = client.post("inquiries/classify", params={"explain": True}, json={"items": [*items, "one more"]})
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in refused.json()["errors"]] == ["items"]
    assert "at most 4" in refused.json()["detail"]
    assert client.post("inquiries/classify", json={"items": [*items, "one more"]}).status_code == 200


@pytest.mark.parametrize("value", ["yes", "1", "", "TRUE", "truefalse"])
def test_the_flag_is_true_or_false(client: TestClient, value: str) -> None:
    answer = client.post("inquiries/classify", params={"explain": value}, json={"text": BODY})
    assert answer.status_code == 422
    assert [(error["in"], error["field"]) for error in answer.json()["errors"]] == [("query", "explain")]


def test_markup_is_explained_in_the_text_that_was_read(client: TestClient) -> None:
    body = "<html><body><p>My <b>invoice</b> is wrong &amp; late.</p><blockquote>old words</blockquote></body></html>"
    answer = client.post("inquiries/classify", params={"explain": "true"}, json={"subject": "Größe 🙂", "body": body})
    explanation = answer.json()["explanation"]
    assert explanation["text"] == "Größe 🙂\nMy invoice is wrong & late."
    assert {span["text"] for span in spans_of(explanation)} & {"My invoice", "is wrong"}
    for span in spans_of(explanation):
        assert explanation["text"][span["start"] : span["end"]] == span["text"]


def test_the_longest_text_is_explained_within_bounds(client: TestClient, pipeline: Pipeline) -> None:
    body = "The invoice number 123 is wrong, please refund it. " * 980
    answer = client.post("inquiries/classify", params={"explain": "true"}, json={"text": body})
    explanation = answer.json()["explanation"]
    assert answer.status_code == 200
    assert len(explanation["text"]) <= 4_000
    words = [span for task in TASKS for span in explanation[task]["words"]]
    assert words
    for start, end in explanation["unread"]:
        assert 0 <= start < end <= len(explanation["text"])
        assert not any(start <= span["start"] and span["end"] <= end for span in words)


def test_a_stored_inquiry_is_explained_as_of_when_it_was_received(client: TestClient, pipeline: Pipeline) -> None:
    sent = {"body": "I need the corrected invoice by Friday noon.", "received_at": "2026-11-19T10:00:00Z"}
    stored = client.post("inquiries/submit", json=sent).json()
    counted = pipeline.metrics.model.predictions.labels("category", stored["prediction"]["category"])
    before = counted._value.get()
    explanation = client.get(f"inquiries/{stored['id']}/explanation").json()
    assert explanation["inquiry_id"] == stored["id"]
    assert explanation["remarks"] == []
    assert explanation["stored_model_version"] == explanation["model_version"]
    assert [explanation[task]["label"] for task in TASKS] == [stored["prediction"][task] for task in TASKS]
    assert explanation["urgency_rules"] == stored["prediction"]["urgency_reasons"][:1]
    assert counted._value.get() == before


def test_an_explanation_says_where_the_model_has_changed_since(client: TestClient, pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=BODY)
    with pipeline.database.transaction() as connection:
        category = inquiries.get(connection, inquiry.id).prediction.category  # type: ignore[union-attr]
        other = next(name for name in ("sales", "hr") if name != category)
        connection.execute(text("INSERT INTO model_versions (version, name) VALUES ('old-1', 'old')"))
        connection.execute(text(f"UPDATE predictions SET model_version = 'old-1', category = '{other}'"))
    explanation = client.get(f"inquiries/{inquiry.id}/explanation").json()
    assert explanation["stored_model_version"] == "old-1"
    assert explanation["remarks"] == [
        f"The stored prediction was made by old-1, this explains {explanation['model_version']}.",
        f"The stored category is {other}, now it would be {category}.",
    ]


def test_what_is_not_assessed_yet_is_explained_all_the_same(client: TestClient) -> None:
    accepted = client.post("inquiries/submit", json={"body": BODY}, headers={"Prefer": "respond-async"}).json()
    explanation = client.get(f"inquiries/{accepted['id']}/explanation").json()
    assert explanation["stored_model_version"] is None
    assert explanation["remarks"] == ["No prediction is stored yet."]
    assert spans_of(explanation)


def test_an_unknown_inquiry_has_no_explanation(client: TestClient) -> None:
    for identifier, status in ((uuid4(), 404), ("nonsense", 422)):
        answer = client.get(f"inquiries/{identifier}/explanation")
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_documented_example_is_a_real_answer(client: TestClient) -> None:
    schemas = client.get("openapi.json").json()["components"]["schemas"]
    assert schemas["ExplanationAnswer"]["examples"]
    assert schemas["InquiryExplanation"]["examples"]
    answer = ExplanationAnswer.model_validate(EXPLANATION_EXAMPLE)
    assert answer.model_dump(mode="json") == EXPLANATION_EXAMPLE
    for span in spans_of(answer.model_dump()):
        assert answer.text[span["start"] : span["end"]] == span["text"]

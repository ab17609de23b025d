"""Submitting over HTTP."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from inquiry_pipeline.entrypoints.worker import Worker, WorkerOptions
from inquiry_pipeline.pipeline import Pipeline

BODY = "I was charged twice for my October invoice. Please refund the second payment."


def count(pipeline: Pipeline, table: str) -> int:
    with pipeline.database.transaction() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_an_answer_says_what_it_is_how_urgent_who_has_it_and_why(client: TestClient) -> None:
    response = client.post("inquiries/submit", json={"subject": "Charged twice", "body": BODY})
    assert response.status_code == 201
    answer = response.json()
    assert response.headers["location"] == f"/api/v1/inquiries/{answer['id']}"
    assert answer["status"] == "routed"
    prediction, routing = answer["prediction"], answer["routing"]
    assert set(prediction) == {
        "category", "confidence", "probabilities", "sentiment", "sentiment_confidence", "urgency",
        "urgency_confidence", "urgency_reasons", "language", "suggestions", "abstained", "degraded", "model_version",
    }  # fmt: skip
    assert prediction["language"] == "en"
    assert prediction["category"] in prediction["probabilities"]
    assert 0 < sum(prediction["probabilities"].values()) <= 1 + 1e-6  # the rest: none of them
    assert routing["department"] == "front"
    assert routing["consultant"] in {"ann", "ben", "cat"}
    assert routing["consultant_name"] == routing["consultant"].title()
    assert 0 <= routing["priority_score"] <= 100
    assert routing["reasons"]
    assert routing["escalated"] is False


def test_an_answer_says_why_it_is_urgent_by_the_time_it_was_received(client: TestClient) -> None:
    sent = {"body": "I need the corrected invoice by Friday noon.", "received_at": "2026-11-19T10:00:00Z"}
    answer = client.post("inquiries/submit", json=sent).json()
    reasons = answer["prediction"]["urgency_reasons"]
    assert reasons[0] == 'Deadline: "by Friday noon" is Fri 20 Nov 12:00 UTC, 26 hours after it was received'
    assert reasons[-1].startswith("Learned: ")
    assert any(reasons[0] in reason for reason in answer["routing"]["reasons"])
    assert client.get(f"inquiries/{answer['id']}").json()["prediction"] == answer["prediction"]


def test_a_text_is_classified_as_if_received_now(client: TestClient) -> None:
    answers = client.post("inquiries/classify", json={"items": ["Please answer within 3 hours.", {"text": "Hello."}]})
    first, second = answers.json()["items"]
    assert first["urgency_reasons"][0].endswith("UTC, 3 hours after it was received")
    assert len(second["urgency_reasons"]) == 1


def test_everything_sent_is_kept(client: TestClient) -> None:
    sent = {
        "subject": "Größe 🙂",
        "body": "Zeile eins\nZeile zwei\tmit Tabulator.",
        "sender_email": "jo@example.com",
        "sender_name": "Jo Müller",
        "channel": "web_form",
        "external_id": "form-17",
        "received_at": "2026-11-20T10:00:00+01:00",
        "metadata": {"page": "/contact", "tags": ["a", 1, None, {"b": True}]},
    }
    identifier = client.post("inquiries/submit", json=sent).json()["id"]
    stored = client.get(f"inquiries/{identifier}").json()
    assert {name: stored[name] for name in sent} == sent | {"received_at": "2026-11-20T09:00:00Z"}


def test_an_async_submission_is_finished_by_the_worker(client: TestClient, pipeline: Pipeline) -> None:
    response = client.post("inquiries/submit", json={"body": BODY}, headers={"Prefer": "respond-async"})
    assert response.status_code == 202
    assert response.json()["status"] == "received"
    path = f"inquiries/{response.json()['id']}"
    assert response.headers["location"] == f"/api/v1/{path}"
    assert client.get(path).json()["prediction"] is None
    assert Worker(pipeline, WorkerOptions()).work_once() == 1
    assert client.get(path).json()["status"] == "routed"


def test_a_repeated_key_gives_the_stored_answer(client: TestClient, pipeline: Pipeline) -> None:
    first = client.post("inquiries/submit", json={"body": BODY}, headers={"Idempotency-Key": "k-1"})
    client.patch(f"inquiries/{first.json()['id']}", json={"status": "in_progress"})
    again = client.post("inquiries/submit", json={"body": BODY}, headers={"Idempotency-Key": "k-1"})
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert count(pipeline, "inquiries") == 1


def test_a_repeated_key_with_another_body_is_refused(client: TestClient, pipeline: Pipeline) -> None:
    client.post("inquiries/submit", json={"body": BODY}, headers={"Idempotency-Key": "k-1"})
    other = client.post("inquiries/submit", json={"body": "Another matter."}, headers={"Idempotency-Key": "k-1"})
    assert other.status_code == 422
    assert "Idempotency-Key" in other.json()["detail"]
    assert count(pipeline, "inquiries") == 1


def test_a_key_is_replayed_for_async_submissions_too(client: TestClient) -> None:
    headers = {"Idempotency-Key": "k-1", "Prefer": "respond-async"}
    first = client.post("inquiries/submit", json={"body": BODY}, headers=headers)
    again = client.post("inquiries/submit", json={"body": BODY}, headers=headers)
    assert (again.status_code, again.content) == (202, first.content)


def test_a_key_whose_first_request_died_gives_what_the_worker_made_of_it(
    client: TestClient, pipeline: Pipeline
) -> None:
    headers = {"Idempotency-Key": "k-1", "Prefer": "respond-async"}
    first = client.post("inquiries/submit", json={"body": BODY}, headers=headers).json()
    with pipeline.database.transaction() as connection:  # as if the process had died before storing its answer
        connection.execute(text("UPDATE idempotency_keys SET answer = NULL, answer_status = NULL"))
    Worker(pipeline, WorkerOptions()).work_once()
    again = client.post("inquiries/submit", json={"body": BODY}, headers={"Idempotency-Key": "k-1"})
    assert again.status_code == 201
    assert (again.json()["id"], again.json()["status"]) == (first["id"], "routed")


def test_64_concurrent_submissions_with_one_key_make_one_inquiry(client: TestClient, pipeline: Pipeline) -> None:
    def post(_number: int) -> tuple[int, bytes]:
        answer = client.post("inquiries/submit", json={"body": BODY}, headers={"Idempotency-Key": "same"})
        return answer.status_code, answer.content

    with ThreadPoolExecutor(32) as pool:
        answers = set(pool.map(post, range(64)))
    assert len(answers) == 1
    assert answers.pop()[0] == 201
    assert count(pipeline, "inquiries") == count(pipeline, "predictions") == count(pipeline, "routing_decisions") == 1
    assert count(pipeline, "work") == 0


def test_many_concurrent_submissions_each_get_one_answer(client: TestClient, pipeline: Pipeline) -> None:
    with ThreadPoolExecutor(16) as pool:
        codes = list(
            pool.map(lambda n: client.post("inquiries/submit", json={"body": f"{BODY} {n}"}).status_code, range(48))
        )
    assert codes == [201] * 48
    assert count(pipeline, "inquiries") == count(pipeline, "predictions") == count(pipeline, "routing_decisions") == 48


BAD = {
    "no body": ({}, "body"),
    "empty body": ({"body": ""}, "body"),
    "white body": ({"body": " \n\t\u200b"}, "body"),
    "long body": ({"body": "x" * 50_001}, "body"),
    "wrong type": ({"body": 7}, "body"),
    "null body": ({"body": None}, "body"),
    "NUL": ({"body": "a\x00b"}, "body"),
    "escape": ({"body": "a\x1bb"}, "body"),
    "surrogate": ({"body": "a\ud800b"}, "body"),
    "long subject": ({"body": BODY, "subject": "x" * 501}, "subject"),
    "subject with line break": ({"body": BODY, "subject": "a\r\nBcc: b@example.com"}, "subject"),
    "address": ({"body": BODY, "sender_email": "nobody"}, "sender_email"),
    "channel": ({"body": BODY, "channel": "No Such"}, "channel"),
    "naive date": ({"body": BODY, "received_at": "2026-11-20T10:00:00"}, "received_at"),
    "past": ({"body": BODY, "received_at": "0001-01-01T00:00:00Z"}, "received_at"),
    "future": ({"body": BODY, "received_at": "9999-12-31T23:59:59Z"}, "received_at"),
    "not a date": ({"body": BODY, "received_at": "soon"}, "received_at"),
    "number as date": ({"body": BODY, "received_at": 1e300}, "received_at"),
    "metadata list": ({"body": BODY, "metadata": []}, "metadata"),
    "metadata large": ({"body": BODY, "metadata": {"a": "x" * 8200}}, "metadata"),
    "metadata NUL": ({"body": BODY, "metadata": {"a": ["\x00"]}}, "metadata"),
    "metadata key": ({"body": BODY, "metadata": {"\ud800": 1}}, "metadata"),
    "metadata deep": ({"body": BODY, "metadata": json.loads('{"a":' * 40 + "1" + "}" * 40)}, "metadata"),
    "metadata NaN": ({"body": BODY, "metadata": {"a": float("nan")}}, "metadata"),
    "unknown field": ({"body": BODY, "sender": "x"}, "sender"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_field_is_named_and_nothing_is_stored(client: TestClient, pipeline: Pipeline, name: str) -> None:
    sent, field = BAD[name]
    content = json.dumps(sent).encode()
    response = client.post("inquiries/submit", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert [error["field"] for error in problem["errors"]] == [field]
    assert field in problem["detail"]
    assert problem["request_id"] == response.headers["x-request-id"]
    assert count(pipeline, "inquiries") == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"body": "\xff"}',
        b"[" * 100_000,
        b'{"body": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_not_a_json_object_is_refused(client: TestClient, content: bytes) -> None:
    response = client.post("inquiries/submit", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code in {400, 422}
    assert response.headers["content-type"] == "application/problem+json"


def test_text_that_may_look_bad_is_accepted(client: TestClient) -> None:
    for body in (
        "x" * 50_000,
        "🙂",
        "\u202eabc",
        "' OR 1=1; DROP TABLE inquiries; --",
        "<script>alert(1)</script>",
        "\\u0000",
    ):
        answer = client.post("inquiries/submit", json={"body": body, "metadata": {"same": body[:100]}})
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("key", ["", "a b", "ü", "x" * 256])
def test_a_bad_key_is_named(client: TestClient, key: str) -> None:
    headers = {"Idempotency-Key": key.encode()}
    response = client.post("inquiries/submit", json={"body": BODY}, headers=headers)  # type: ignore[arg-type]
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["Idempotency-Key"]


def test_a_large_request_is_refused_announced_or_not(client: TestClient) -> None:
    large = json.dumps({"body": "x", "metadata": {"a": "y" * 1_100_000}}).encode()
    headers = {"Content-Type": "application/json"}
    assert client.post("inquiries/submit", content=large, headers=headers).status_code == 413
    pieces = (large[start : start + 65536] for start in range(0, len(large), 65536))
    response = client.post("inquiries/submit", content=pieces, headers=headers)
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"

"""Finding, changing and watching over HTTP."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from inquiry_pipeline.entrypoints.worker import Worker, WorkerOptions
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store.database import Database, DatabaseOptions
from tests.support.waiting import wait_until

BODY = "I was charged twice for my October invoice. Please refund the second payment."


def submit(client: TestClient, **fields: Any) -> dict[str, Any]:
    answer = client.post("inquiries/submit", json={"body": BODY} | fields)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_the_decision_record_says_everything(client: TestClient) -> None:
    routing = client.get(f"inquiries/{submit(client)['id']}").json()["routing"]
    assert sum(term["points"] for term in routing["terms"]) == pytest.approx(routing["priority_score"])
    assert {candidate["consultant"] for candidate in routing["candidates"]} == {"ann", "ben", "cat"}
    assert [one["consultant"] for one in routing["candidates"] if one["chosen"]] == [routing["consultant"]]
    assert all(candidate["reason"] for candidate in routing["candidates"])
    assert routing["strategy"] == "round_robin"


def test_an_unknown_inquiry_is_a_404_and_a_malformed_id_is_named(client: TestClient) -> None:
    unknown = client.get("inquiries/01890000-0000-7000-8000-000000000000")
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, "application/problem+json")
    malformed = client.get("inquiries/17")
    assert (malformed.status_code, malformed.json()["errors"][0]["field"]) == (422, "inquiry_id")
    assert client.get("no-such-path").headers["content-type"] == "application/problem+json"
    assert client.delete("inquiries").status_code == 405


def test_a_list_is_paged_with_a_cursor(client: TestClient) -> None:
    ids = [submit(client, body=f"{BODY} {n}")["id"] for n in range(5)]
    seen, cursor = [], None
    while True:
        page = client.get("inquiries", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ids[::-1]


def test_a_list_is_filtered(client: TestClient) -> None:
    first = submit(client, body="A striped zebra asks about the invoice.")
    submit(client, received_at="2026-01-05T10:00:00Z")

    def found(**filters: str) -> list[str]:
        response = client.get("inquiries", params=filters)
        assert response.status_code == 200, response.text
        return [one["id"] for one in response.json()["items"]]

    assert found(q="zebra") == [first["id"]]
    assert found(since="2026-11-01T00:00:00+00:00") == [first["id"]]
    assert len(found(until="2026-02-01T00:00:00Z")) == 1
    assert first["id"] in found(category=first["prediction"]["category"], department="front", status="routed")
    assert found(consultant=first["routing"]["consultant"], q="zebra") == [first["id"]]
    assert found(status="resolved") == []


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"status": "lost"}, "status"),
        ({"urgency": "very"}, "urgency"),
        ({"since": "yesterday"}, "since"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"cursor": "abc"}, "cursor"),
        ({"cursor": "MjAyNi0wMS0wMSAx"}, "cursor"),
        ({"q": "a\x00b"}, "q"),
        ({"department": "a\x00b"}, "department"),
        ({"statuss": "routed"}, "statuss"),
    ],
)
def test_a_bad_query_parameter_is_named(client: TestClient, parameters: dict[str, str], field: str) -> None:
    response = client.get("inquiries", params=parameters)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_an_inquiry_goes_through_its_steps_and_no_others(client: TestClient) -> None:
    identifier = submit(client)["id"]

    def step(status: str) -> int:
        return client.patch(f"inquiries/{identifier}", json={"status": status}).status_code

    assert [step(status) for status in ("resolved", "received", "classified", "routed", "reopened")] == [409] * 5
    assert [step(status) for status in ("in_progress", "resolved", "reopened", "in_progress")] == [200] * 4
    assert step("lost") == 422
    stored = client.get(f"inquiries/{identifier}").json()
    assert stored["status"] == "in_progress"
    steps = ["classified", "routed", "in_progress", "resolved", "reopened", "in_progress"]
    assert [one["to_status"] for one in stored["history"]] == steps
    refused = client.patch(f"inquiries/{identifier}", json={"status": "reopened"}).json()
    assert "in_progress" in refused["detail"]
    assert "resolved" in refused["detail"]


def test_resolving_gives_the_consultant_what_waits(client: TestClient) -> None:
    busy = [submit(client, body=f"{BODY} {n}") for n in range(9)]
    waiting = submit(client)
    assert waiting["routing"]["consultant"] is None
    assert waiting["routing"]["waiting"] is True
    for status in ("in_progress", "resolved"):
        client.patch(f"inquiries/{busy[4]['id']}", json={"status": status})
    now = client.get(f"inquiries/{waiting['id']}").json()["routing"]
    assert now["consultant"] == busy[4]["routing"]["consultant"]


def test_classify_answers_one_text_or_many_and_stores_nothing(client: TestClient, pipeline: Pipeline) -> None:
    one = client.post("inquiries/classify", json={"text": BODY}).json()
    also = client.post("inquiries/classify", json={"body": BODY}).json()
    many = client.post("inquiries/classify", json={"items": [BODY, {"subject": "Hi", "text": BODY}]}).json()
    assert one == also == many["items"][0]
    assert len(many["items"]) == 2
    assert client.get("inquiries").json()["items"] == []


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "request"),
        ({"items": []}, "items"),
        ({"items": ["x"] * 257}, "items"),
        ({"items": ["x"], "text": "y"}, "request"),
        ({"text": "x", "body": "y"}, "request"),
        ({"text": ""}, "text"),
        ({"items": ["fine", {"text": "\x00"}]}, "items.1.text"),
    ],
)
def test_a_bad_classification_request_names_the_field(client: TestClient, sent: dict[str, Any], field: str) -> None:
    response = client.post("inquiries/classify", json=sent)
    assert response.status_code == 422
    assert field in [error["field"] for error in response.json()["errors"]]


def test_the_same_text_gets_the_same_answer_through_every_door(client: TestClient, pipeline: Pipeline) -> None:
    sent = {"subject": "Charged twice", "body": BODY}
    submitted = client.post("inquiries/submit", json=sent).json()["prediction"]
    later = client.post("inquiries/submit", json=sent, headers={"Prefer": "respond-async"})
    filler = [{"text": f"filler {n} " * n} for n in range(1, 30)]
    classified = client.post("inquiries/classify", json={"items": [*filler, sent]}).json()["items"][-1]
    Worker(pipeline, WorkerOptions()).work_once()
    worked = client.get(f"inquiries/{later.json()['id']}").json()["prediction"]
    assert submitted == classified == worked


def test_health_tells_each_part(client: TestClient) -> None:
    assert client.get("health/live").json() == {"status": "alive"}
    wait_until(lambda: client.get("health/ready").status_code == 200)  # the model is warming up
    for path in ("health", "health/ready"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert set(answer.json()["checks"]) == {"database", "model", "cache"}
        assert all(check["latency_ms"] >= 0 for check in answer.json()["checks"].values())


def test_metrics_are_prometheus_text_with_bounded_labels(client: TestClient) -> None:
    identifier = submit(client)["id"]
    client.get(f"inquiries/{identifier}")
    client.get("no/such/path")
    text_now = client.get("metrics").text
    assert 'inquiry_http_requests_total{method="POST",route="/api/v1/inquiries/submit",status="201"} 1.0' in text_now
    assert 'route="/api/v1/inquiries/{inquiry_id}"' in text_now
    assert 'route="(none)"' in text_now
    assert identifier not in text_now
    assert "inquiry_database_up 1.0" in text_now
    assert 'inquiry_queue_depth{state="pending"} 0.0' in text_now


def test_stats_count_by_label(client: TestClient) -> None:
    answers = [submit(client, body=f"{BODY} {n}") for n in range(3)]
    submit(client, received_at="2026-01-05T10:00:00Z")
    stats = client.get("stats").json()
    assert stats["total"] == 3
    assert stats["counts"]["status"] == {"routed": 3}
    assert stats["counts"]["department"] == {"front": 3}
    assert sum(stats["counts"]["category"].values()) == 3
    assert stats["counts"]["category"][answers[0]["prediction"]["category"]] >= 1
    assert stats["routed_per_hour"] == pytest.approx(4 / 24, rel=0.01)  # routed in the window, whenever it was received
    assert stats["seconds_to_route"]["p50"] > 0
    assert client.get("stats", params={"hours": 8000}).json()["total"] == 4


def test_rules_are_shown_with_their_version(client: TestClient) -> None:
    rules = client.get("rules").json()
    assert rules["problem"] is None
    assert rules["version"] == submit(client)["routing"]["rules_version"]
    assert "front" in rules["rules"]["departments"]


def test_consultants_can_go_away_and_come_back(client: TestClient) -> None:
    submit(client)
    people = client.get("consultants").json()["items"]
    assert [one["id"] for one in people] == ["ann", "ben", "cat"]
    assert sum(one["open_inquiries"] for one in people) == 1
    assert client.patch("consultants/ann", json={"available": False}).json()["available"] is False
    assert client.patch("consultants/nobody", json={"available": False}).status_code == 404
    assert client.patch("consultants/ann", json={"available": "maybe"}).status_code == 422
    holders = {submit(client, body=f"{BODY} {n}")["routing"]["consultant"] for n in range(4)}
    assert holders == {"ben", "cat"}


def test_dead_letters_are_seen_and_retried(client: TestClient, pipeline: Pipeline) -> None:
    identifier = client.post("inquiries/submit", json={"body": BODY}, headers={"Prefer": "respond-async"}).json()["id"]
    with pipeline.database.transaction() as connection:
        connection.execute(text("UPDATE work SET dead_at = now(), last_error = 'E: broken', attempts = 5"))
    assert [one["inquiry_id"] for one in client.get("dead-letters").json()["items"]] == [identifier]
    assert client.post(f"dead-letters/{identifier}/retry").status_code == 202
    assert client.post(f"dead-letters/{identifier}/retry").status_code == 404
    Worker(pipeline, WorkerOptions()).work_once()
    assert client.get(f"inquiries/{identifier}").json()["status"] == "routed"


def test_a_request_id_is_kept_or_made(client: TestClient) -> None:
    assert client.get("health/live", headers={"X-Request-ID": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert client.get("health/live", headers={"X-Request-ID": "no good\t"}).headers["x-request-id"] != "no good\t"


def test_the_documentation_has_examples(client: TestClient) -> None:
    document = client.get("openapi.json").json()
    assert document["components"]["schemas"]["InquirySubmission"]["examples"]
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["description"], path
            for status, response in operation["responses"].items():
                if status in {"400", "404", "409", "413", "422"}:
                    assert list(response["content"]) == ["application/problem+json"], path


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(), max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_FIELDS = ["subject", "body", "sender_email", "sender_name", "channel", "external_id", "received_at", "metadata"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.dictionaries(st.sampled_from(_FIELDS), _JSON).map(lambda given: {"body": "Hello there"} | given) | _JSON)
def test_no_input_is_ever_an_internal_error(client: TestClient, sent: Any) -> None:
    content = json.dumps(sent).encode()
    for path in ("submit", "classify"):
        response = client.post(f"inquiries/{path}", content=content, headers={"Content-Type": "application/json"})
        assert response.status_code < 500, (sent, response.text)


def test_without_a_database_nothing_is_accepted_and_all_else_says_so(
    client: TestClient, pipeline: Pipeline, template: str
) -> None:
    name = pipeline.database.engine.url.database
    wait_until(lambda: client.get("health/ready").status_code == 200)  # nothing is under way in the background
    elsewhere_pool = Database(DatabaseOptions(url=template))
    with elsewhere_pool.transaction() as elsewhere:
        elsewhere.execute(text(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false'))
    with elsewhere_pool.transaction() as elsewhere:  # only now does nobody come in any more
        elsewhere.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
        )
    elsewhere_pool.close()
    refused = client.post("inquiries/submit", json={"body": BODY})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert refused.headers["content-type"] == "application/problem+json"
    assert client.get("health/ready").status_code == 503
    assert client.get("health").json()["checks"]["database"]["state"] == "unavailable"
    assert client.get("health/live").status_code == 200
    assert "inquiry_database_up 0.0" in client.get("metrics").text
    assert client.post("inquiries/classify", json={"text": BODY}).status_code == 200

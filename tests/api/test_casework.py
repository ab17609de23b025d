"""Judging, taking, handing over and looking back over HTTP."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inquiry_pipeline.pipeline import Pipeline
from tests.support.casework import assert_consistent
from tests.support.desk import send, set_available

BODY = "I was charged twice for my October invoice. Please refund the second payment."
UNKNOWN = "01890000-0000-7000-8000-000000000000"


def submit(client: TestClient, **fields: Any) -> dict[str, Any]:
    answer = client.post("inquiries/submit", json={"body": BODY} | fields)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def post(client: TestClient, path: str, **sent: Any) -> dict[str, Any]:
    answer = client.post(path, json=sent)
    assert answer.status_code in {200, 201}, answer.text
    return dict(answer.json())


def wrong_for(sent: dict[str, Any]) -> str:
    """A category that the model did not predict."""
    return "legal" if sent["prediction"]["category"] != "legal" else "billing"


def test_a_correction_stands_beside_the_prediction_and_moves_lists_and_figures(client: TestClient) -> None:
    sent, other = submit(client), submit(client, body=BODY + " Again.")
    predicted, right = sent["prediction"]["category"], wrong_for(sent)
    answer = client.post(
        f"inquiries/{sent['id']}/feedback", json={"actor": "ben", "category": right, "comment": "A contract"}
    )
    assert answer.status_code == 201
    corrected = answer.json()
    assert corrected["prediction"] == sent["prediction"]
    assert corrected["labels"]["category"] == right
    assert corrected["labels"]["corrected"] == ["category"]
    assert corrected["routing"]["actor"] == "ben"
    assert f"Corrected by Ben: category {right} instead of {predicted}" in corrected["routing"]["reasons"]
    assert [one["id"] for one in client.get("inquiries", params={"category": right}).json()["items"]] == [sent["id"]]
    stats = client.get("stats").json()
    assert stats["counts"]["category"][right] == 1
    overrides = stats["overrides"]
    assert overrides["overall"] == {"predictions": 2, "judged": 1, "corrected": 1, "rate": 0.5}
    assert overrides["by_category"][predicted]["corrected"] == 1
    assert sum(one["predictions"] for one in overrides["by_category"].values()) == 2
    assert overrides["by_language"]["en"]["rate"] == 0.5
    assert other["prediction"]["category"] in overrides["by_category"]


def test_the_last_word_counts_in_the_override_rate_and_every_word_in_the_metric(client: TestClient) -> None:
    sent = submit(client)
    predicted = sent["prediction"]["category"]
    for category in (wrong_for(sent), predicted):
        post(client, f"inquiries/{sent['id']}/feedback", actor="ann", category=category)
    overall = client.get("stats").json()["overrides"]["overall"]
    assert overall == {"predictions": 1, "judged": 1, "corrected": 0, "rate": 0.0}
    metrics = client.get("metrics").text
    assert 'inquiry_feedback_total{kind="corrected",task="category"} 1.0' in metrics
    assert 'inquiry_feedback_total{kind="confirmed",task="category"} 1.0' in metrics


def test_without_inquiries_there_is_no_override_rate(client: TestClient) -> None:
    overrides = client.get("stats").json()["overrides"]
    assert overrides["overall"] == {"predictions": 0, "judged": 0, "corrected": 0, "rate": None}
    assert overrides["by_category"] == overrides["by_language"] == {}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"category": "billing"}, "actor"),
        ({"actor": " ", "category": "billing"}, "actor"),
        ({"actor": "ann\nbob", "category": "billing"}, "actor"),
        ({"actor": "ann"}, "request"),
        ({"actor": "ann", "confirm": False}, "request"),
        ({"actor": "ann", "confirm": True, "category": "billing"}, "request"),
        ({"actor": "ann", "confirm": "yes"}, "confirm"),
        ({"actor": "ann", "category": "weather"}, "category"),
        ({"actor": "ann", "category": ""}, "category"),
        ({"actor": "ann", "sentiment": "sad"}, "sentiment"),
        ({"actor": "ann", "urgency": "very"}, "urgency"),
        ({"actor": "ann", "category": "billing", "comment": "\x00"}, "comment"),
        ({"actor": "ann", "category": "billing", "comment": "x" * 2001}, "comment"),
        ({"actor": "ann", "category": "billing", "reroute": "maybe"}, "reroute"),
        ({"actor": "ann", "categorie": "billing"}, "categorie"),
    ],
)
def test_bad_feedback_names_its_field_and_stores_nothing(client: TestClient, sent: dict[str, Any], field: str) -> None:
    identifier = submit(client)["id"]
    refused = client.post(f"inquiries/{identifier}/feedback", json=sent)
    assert refused.status_code == 422, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert field in [error["field"] for error in refused.json()["errors"]]
    kinds = {event["kind"] for event in client.get(f"inquiries/{identifier}/history").json()["events"]}
    assert "feedback" not in kinds


def test_a_stored_label_that_only_the_model_knows_is_known(client: TestClient, pipeline: Pipeline) -> None:
    assert set(pipeline.predictor.categories) == set(pipeline.rules().categories)
    refused = client.post(f"inquiries/{submit(client)['id']}/feedback", json={"actor": "a", "category": "weather"})
    assert "known are: billing, hr, legal" in refused.json()["detail"]


def test_what_is_not_assessed_or_not_there_cannot_be_judged_or_assigned(client: TestClient) -> None:
    later = client.post("inquiries/submit", json={"body": BODY}, headers={"Prefer": "respond-async"}).json()["id"]
    judged = {"actor": "ann", "confirm": True}
    given_to = {"actor": "ann", "consultant": "ann"}
    for identifier, status in ((later, 409), (UNKNOWN, 404)):
        assert client.post(f"inquiries/{identifier}/feedback", json=judged).status_code == status
        assert client.post(f"inquiries/{identifier}/assignment", json=given_to).status_code == status
    assert client.get(f"inquiries/{UNKNOWN}/history").status_code == 404
    assert client.get(f"inquiries/{later}/history").json()["events"] == []


def test_an_inquiry_is_taken_handed_over_and_given_back(client: TestClient) -> None:
    sent = submit(client)
    path = f"inquiries/{sent['id']}/assignment"
    assert sent["routing"]["consultant"] == "ann"
    client.patch(f"inquiries/{sent['id']}", json={"status": "in_progress", "actor": "ann"})
    handed = post(client, path, consultant="cat", actor="ann", reason="Reads German")
    assert (handed["routing"]["consultant"], handed["status"]) == ("cat", "routed")
    assert handed["routing"]["strategy"] == "by_hand"
    back = post(client, path, consultant=None, actor="cat")
    assert back["routing"]["consultant"] in {"ann", "ben"}
    taken = post(client, path, consultant="cat", actor="lead", held_by=back["routing"]["consultant"])
    assert taken["routing"]["consultant_name"] == "Cat"


def test_a_refused_assignment_is_a_409_that_says_who_has_it(client: TestClient) -> None:
    path = f"inquiries/{submit(client)['id']}/assignment"
    refused = client.post(path, json={"consultant": "ben", "actor": "ben"})
    assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
    assert "is with Ann (ann)" in refused.json()["detail"]
    assert client.post(path, json={"consultant": "zoe", "actor": "ann"}).status_code == 409
    client.patch("consultants/ben", json={"available": False})
    away = client.post(path, json={"consultant": "ben", "actor": "ann"})
    assert (away.status_code, away.json()["detail"]) == (409, "Ben is away")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"actor": "ann"}, "consultant"),
        ({"consultant": "ann"}, "actor"),
        ({"consultant": "a b", "actor": "ann"}, "consultant"),
        ({"consultant": "ann", "actor": "ann", "held_by": ""}, "held_by"),
        ({"consultant": "ann", "actor": "ann", "heldby": "ben"}, "heldby"),
    ],
)
def test_a_bad_assignment_names_its_field(client: TestClient, sent: dict[str, Any], field: str) -> None:
    refused = client.post(f"inquiries/{submit(client)['id']}/assignment", json=sent)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [field]


def test_two_who_take_the_same_inquiry_at_once_get_a_200_and_a_409(client: TestClient, pipeline: Pipeline) -> None:
    for name in ("ann", "ben", "cat"):
        set_available(pipeline, name, available=False)
    inquiry = send(pipeline, body=BODY)
    with pipeline.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE consultants SET available = true")
    start = threading.Barrier(2)

    def take(person: str) -> tuple[int, str]:
        start.wait()
        answer = client.post(f"inquiries/{inquiry.id}/assignment", json={"consultant": person, "actor": person})
        return answer.status_code, person

    with ThreadPoolExecutor(2) as pool:
        (won, winner), (lost, _) = sorted(pool.map(take, ["ann", "ben"]))
    assert (won, lost) == (200, 409)
    assert client.get(f"inquiries/{inquiry.id}").json()["routing"]["consultant"] == winner
    assert_consistent(pipeline.database)


def test_the_history_tells_everything_in_its_order_with_who_and_why(client: TestClient) -> None:
    sent = submit(client)
    identifier, right = sent["id"], wrong_for(sent)
    client.patch(f"inquiries/{identifier}", json={"status": "in_progress", "actor": "ann", "reason": "Mine"})
    post(client, f"inquiries/{identifier}/feedback", actor="ben", category=right, comment="A contract")
    post(client, f"inquiries/{identifier}/assignment", actor="ann", consultant="cat", reason="Lunch")
    events = client.get(f"inquiries/{identifier}/history").json()["events"]
    told = [(one["kind"], one["actor"], one["reason"]) for one in events]
    assert told == [
        ("status", None, None),
        ("status", None, None),
        ("decision", None, None),
        ("status", "ann", "Mine"),
        ("feedback", "ben", "A contract"),
        ("decision", "ben", "A contract"),
        ("status", "ann", "Lunch"),
        ("decision", "ann", "Lunch"),
    ]
    assert [one["at"] for one in events] == sorted(one["at"] for one in events)
    assert [one["current"] for one in events if one["kind"] == "decision"] == [False, False, True]
    [feedback] = [one for one in events if one["kind"] == "feedback"]
    assert feedback["corrected"] == {"category": right}
    assert feedback["predicted"]["category"] == sent["prediction"]["category"]
    assert (feedback["confirmed"], feedback["reroute"]) == ([], True)
    assert feedback["model_version"] == sent["prediction"]["model_version"]
    steps = client.get(f"inquiries/{identifier}").json()["history"]
    assert [(one["to_status"], one["actor"]) for one in steps][2:] == [("in_progress", "ann"), ("routed", "ann")]


def by_priority(sent: list[dict[str, Any]]) -> list[str]:
    ordered = sorted(sent, key=lambda one: (-one["routing"]["priority_score"], one["received_at"]))
    return [one["id"] for one in ordered]


def test_a_consultant_sees_their_queue_by_priority_and_what_waits_beside_it(client: TestClient) -> None:
    for name in ("ann", "ben"):
        assert client.patch(f"consultants/{name}", json={"available": False}).status_code == 200
    senders = (None, None, "x@first.example")
    sent = [submit(client, body=f"{BODY} {n}", sender_email=one) for n, one in enumerate(senders * 2)]
    assert [one["routing"]["consultant"] for one in sent] == ["cat", "cat", "cat", None, None, None]
    mine, others = by_priority(sent[:3]), by_priority(sent[3:])
    assert mine != [one["id"] for one in sent[:3]]
    queue = client.get("consultants/cat/queue").json()
    assert queue["consultant"]["open_inquiries"] == 3
    assert [one["id"] for one in queue["items"]] == mine
    assert [one["id"] for one in queue["waiting"]] == others
    assert queue["waiting_total"] == {"front": 3, "triage": 0}
    assert queue["next_cursor"] is None
    seen, cursor = [], ""
    while cursor is not None:
        page = client.get("consultants/cat/queue", params={"limit": 1} | ({"cursor": cursor} if cursor else {})).json()
        assert len(page["waiting"]) == 1
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert seen == mine
    assert client.get("consultants/ann/queue").json()["items"] == []


def test_a_bad_queue_request_is_refused(client: TestClient) -> None:
    assert client.get("consultants/nobody/queue").status_code == 404
    for cursor in ("abc", "bmFuIDIwMjYtMDEtMDFUMDA6MDA6MDArMDA6MDAgMDE4OTAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAw"):
        refused = client.get("consultants/ann/queue", params={"cursor": cursor})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "cursor")


_JSON = st.none() | st.booleans() | st.integers() | st.text(st.characters(), max_size=20) | st.just("ann")
_FIELDS = ["actor", "category", "sentiment", "urgency", "confirm", "comment", "reroute", "consultant", "held_by"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.dictionaries(st.sampled_from(_FIELDS), _JSON).map(lambda given: {"actor": "ann"} | given))
def test_no_judgement_or_assignment_is_ever_an_internal_error(client: TestClient, sent: dict[str, Any]) -> None:
    identifier = client.get("inquiries").json()["items"]
    known = identifier[0]["id"] if identifier else submit(client)["id"]
    for path in ("feedback", "assignment"):
        # Written out, so that lone surrogates arrive as the escapes that JSON allows.
        response = client.post(
            f"inquiries/{known}/{path}", content=json.dumps(sent), headers={"Content-Type": "application/json"}
        )
        assert response.status_code < 500, (sent, response.text)

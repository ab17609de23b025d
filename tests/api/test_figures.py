"""Figures, the waiting queue and the loaded model over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from inquiry_pipeline.entrypoints.api.machine import machine_figures
from inquiry_pipeline.entrypoints.api.models import models_answer
from inquiry_pipeline.nlp.description import ModelDescription
from inquiry_pipeline.nlp.predictor import ModelStatus
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.telemetry.metrics import Metrics

BODY = "I was charged twice for my October invoice. Please refund the second payment."
FIGURES = ["stats", "stats/series", "stats/priority", "stats/consultants", "stats/models"]


def submit(client: TestClient, **fields: Any) -> dict[str, Any]:
    answer = client.post("inquiries/submit", json={"body": BODY} | fields)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def asked(client: TestClient, path: str, **parameters: Any) -> dict[str, Any]:
    answer = client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"hours": "0"}, "hours"),
        ({"hours": "9000"}, "hours"),
        ({"hours": "nan"}, "hours"),
        ({"hours": "2", "since": "2026-11-20T10:00:00Z"}, "hours"),
        ({"until": "2026-11-20T10:00:00Z"}, "until"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-11-20T10:00:00"}, "since"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "since"),
        ({"since": "2026-11-20T10:00:00Z", "until": "9999-12-31T23:59:59-12:00"}, "until"),
        ({"since": "2026-11-20T10:00:00Z", "until": "2026-11-20T10:00:00Z"}, "since"),
        ({"since": "2050-01-01T00:00:00Z"}, "since"),
        ({"since": "2020-01-01T00:00:00Z"}, "since"),
        ({"hour": "2"}, "hour"),
    ],
)
def test_a_window_that_is_none_names_the_parameter(client: TestClient, parameters: dict[str, str], field: str) -> None:
    for path in FIGURES:
        response = client.get(path, params=parameters)
        assert response.status_code == 422, (path, response.text)
        assert [error["field"] for error in response.json()["errors"]] == [field], path


def test_a_window_is_given_by_its_ends_or_by_its_length(client: TestClient) -> None:
    for path in FIGURES:
        between = asked(client, path, since="2026-11-20T12:00:00+02:00", until="2026-11-21T10:00:00Z")
        assert (between["since"], between["until"]) == ("2026-11-20T10:00:00Z", "2026-11-21T10:00:00Z")
        latest = asked(client, path, hours=3)
        length = datetime.fromisoformat(latest["until"]) - datetime.fromisoformat(latest["since"])
        assert timedelta(hours=3) <= length <= timedelta(hours=3, minutes=1)
        usual = asked(client, path)
        assert datetime.now(UTC) - datetime.fromisoformat(usual["since"]) < timedelta(hours=24, minutes=1)


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"by": "weather"}, "by"),
        ({"bucket": "week"}, "bucket"),
        ({"timezone": "Europe/Atlantis"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"timezone": "Europe"}, "timezone"),
        ({"timezone": "a\x00b"}, "timezone"),
        ({"timezone": ""}, "timezone"),
        ({"bucket": "minute", "hours": "34"}, "bucket"),
        ({"bucket": "5 minutes", "hours": "168"}, "bucket"),
    ],
)
def test_a_series_that_cannot_be_names_the_parameter(
    client: TestClient, parameters: dict[str, str], field: str
) -> None:
    response = client.get("stats/series", params=parameters)
    assert response.status_code == 422, response.text
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_a_series_has_up_to_two_thousand_points(client: TestClient) -> None:
    window = {"since": "2026-11-20T00:00:00Z", "until": "2026-11-21T09:20:00Z"}
    assert len(asked(client, "stats/series", bucket="minute", **window)["points"]) == 2000
    one_more = client.get("stats/series", params=window | {"bucket": "minute", "until": "2026-11-21T09:20:01Z"})
    assert "2,000" in one_more.json()["detail"]


def test_a_series_follows_corrections(client: TestClient) -> None:
    first = submit(client)
    submit(client, channel="email")
    predicted = first["prediction"]["category"]
    said = "legal" if predicted != "legal" else "billing"
    client.post(f"inquiries/{first['id']}/feedback", json={"actor": "ann", "category": said})
    series = asked(client, "stats/series", by="category", bucket="day", timezone="Europe/Berlin", hours=1)
    assert (series["by"], series["bucket"], series["timezone"]) == ("category", "day", "Europe/Berlin")
    assert series["labels"] == sorted({predicted, said})
    assert {label: sum(point["counts"].get(label, 0) for point in series["points"]) for label in series["labels"]} == {
        predicted: 1,
        said: 1,
    }
    assert all(point["at"].endswith(("00:00:00+01:00", "00:00:00+02:00")) for point in series["points"])
    counts = asked(client, "stats")["counts"]["category"]
    assert counts == {predicted: 1, said: 1}


def test_lists_are_narrowed_by_every_label_and_state(client: TestClient) -> None:
    sent = submit(client, channel="email")
    other = client.post("inquiries/submit", json={"body": BODY}, headers={"Prefer": "respond-async"}).json()

    def found(**filters: str) -> set[str]:
        return {one["id"] for one in asked(client, "inquiries", **filters)["items"]}

    prediction, routing = sent["prediction"], sent["routing"]
    labels = {"sentiment": prediction["sentiment"], "priority": routing["priority"], "language": prediction["language"]}
    states = {"escalated": "false", "waiting": "false", "abstained": str(prediction["abstained"]).lower()}
    assert found(**labels, **states, channel="email") == {sent["id"]}
    assert found(channel="api") == {other["id"]}
    assert found(escalated="false") == {sent["id"], other["id"]}
    assert found(escalated="true") == found(waiting="true") == found(language="xx") == set()


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"sentiment": "sour"}, "sentiment"),
        ({"escalated": "maybe"}, "escalated"),
        ({"waiting": "1"}, "waiting"),
        ({"abstained": ""}, "abstained"),
        ({"channel": "E Mail"}, "channel"),
        ({"language": "e\x00"}, "language"),
        ({"priority": ""}, "priority"),
    ],
)
def test_a_bad_filter_is_named(client: TestClient, parameters: dict[str, str], field: str) -> None:
    response = client.get("inquiries", params=parameters)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_the_waiting_queue_is_paged_most_urgent_first(client: TestClient) -> None:
    for n in range(9):
        submit(client, body=f"{BODY} {n}")
    waiting = [submit(client, body=f"{BODY} again {n}") for n in range(3)]
    urgent = submit(client, sender_email="boss@first.example")
    assert urgent["routing"]["consultant"] is None
    seen, cursor = [], None
    while True:
        page = asked(client, "queue", limit=2, **({"cursor": cursor} if cursor else {}))
        assert page["totals"] == {"front": 4}
        assert page["oldest_received_at"] == waiting[0]["received_at"]
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert {one["id"] for one in seen} == {one["id"] for one in (*waiting, urgent)}
    scores = [-one["routing"]["priority_score"] for one in seen]
    assert scores == sorted(scores)
    assert asked(client, "queue", department="triage") == {
        "totals": {},
        "oldest_received_at": None,
        "items": [],
        "next_cursor": None,
    }
    assert len(asked(client, "queue", department="front")["items"]) == 4


@pytest.mark.parametrize("parameters", [{"limit": "0"}, {"limit": "201"}, {"cursor": "abc"}, {"department": "a b"}])
def test_a_bad_parameter_of_the_queue_is_named(client: TestClient, parameters: dict[str, str]) -> None:
    response = client.get("queue", params=parameters)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == list(parameters)


def test_priorities_are_told_in_bins(client: TestClient) -> None:
    sent = submit(client)
    figures = asked(client, "stats/priority")
    assert [(one["from"], one["to"]) for one in figures["bins"]] == [(10 * n, 10 * n + 10) for n in range(10)]
    score = sent["routing"]["priority_score"]
    assert figures["bins"][int(score // 10)]["counts"] == {sent["routing"]["priority"]: 1}
    assert figures["by_department"] == {
        "front": {"count": 1, "mean": pytest.approx(score), "p50": pytest.approx(score), "p90": pytest.approx(score)}
    }
    assert list(figures["by_urgency"]) == [sent["prediction"]["urgency"]]
    assert figures["escalations"] == {"total": 0, "by_level": {}, "by_department": {}}


def test_escalations_are_counted_by_level(client: TestClient) -> None:
    hours_ago = datetime.now(UTC) - timedelta(hours=5)
    old = submit(client, received_at=hours_ago.isoformat())
    assert old["routing"]["escalation_level"] == 1
    escalations = asked(client, "stats/priority")["escalations"]
    assert escalations == {"total": 1, "by_level": {"1": 1}, "by_department": {"front": 1}}
    assert asked(client, "stats")["escalated"] == 1
    assert [one["id"] for one in asked(client, "inquiries", escalated="true")["items"]] == [old["id"]]


def test_consultants_are_told_with_what_they_did(client: TestClient) -> None:
    sent = submit(client)
    holder = sent["routing"]["consultant"]
    for status in ("in_progress", "resolved"):
        assert client.patch(f"inquiries/{sent['id']}", json={"status": status}).status_code == 200
    people = {one["id"]: one for one in asked(client, "stats/consultants")["items"]}
    assert set(people) == {"ann", "ben", "cat"}
    his = people.pop(holder)
    assert (his["open"], his["in_progress"], his["assigned"], his["resolved"]) == (0, 0, 1, 1)
    assert his["seconds_to_resolve"]["p50"] > 0
    assert (his["capacity"], his["available"]) == (3, True)
    assert {one["assigned"] for one in people.values()} == {0}
    assert {tuple(one["seconds_to_resolve"].values()) for one in people.values()} == {(None, None)}


def test_models_are_told_with_what_people_said(client: TestClient) -> None:
    sent = submit(client)
    submit(client, body=f"{BODY} Now.")
    client.post(f"inquiries/{sent['id']}/feedback", json={"actor": "ann", "confirm": True})
    figures = asked(client, "stats/models")
    version = sent["prediction"]["model_version"]
    assert figures["by_version"] == {version: {"predictions": 2, "abstained": figures["abstained"], "degraded": 0}}
    for task in ("category", "sentiment", "urgency"):
        assert len(figures["confidence"][task]) == 20
        assert sum(one["count"] for one in figures["confidence"][task]) == 2
        judged = [one for one in figures["calibration"][task] if one["judged"]]
        assert [(one["judged"], one["accuracy"]) for one in judged] == [(1, 1.0)]
        assert judged[0]["from"] <= judged[0]["confidence"] <= judged[0]["to"]
    assert figures["overrides"]["overall"] == {"predictions": 2, "judged": 1, "corrected": 0, "rate": 0.0}
    assert figures["overrides_by_task"]["urgency"] == {"predictions": 2, "judged": 1, "corrected": 0, "rate": 0.0}


def test_figures_of_nothing_are_nothing(client: TestClient) -> None:
    models = asked(client, "stats/models")
    assert (models["predictions"], models["by_version"]) == (0, {})
    assert models["overrides"]["overall"]["rate"] is None
    assert models["inference_seconds"] == {"count": 0, "p50": None, "p95": None}
    assert asked(client, "stats/series")["labels"] == []
    assert asked(client, "stats")["total"] == 0
    assert asked(client, "stats/priority")["by_department"] == {}


def test_the_machine_tells_what_its_metrics_count() -> None:
    metrics = Metrics(CollectorRegistry())
    for seconds in (0.011, 0.012, 0.013, 0.014, 9.0):
        metrics.model.inference_seconds.observe(seconds)
    metrics.model.fallbacks.labels("bundle").inc(3)
    metrics.model.cache_lookups.labels("hit").inc(2)
    found = machine_figures(metrics.registry)
    assert found.inference_seconds.count == 5
    # Four values between 10 and 15 ms: the middle one of five is 2.5 / 4 into the bin; the last is beyond all bins.
    assert found.inference_seconds.p50 == pytest.approx(0.01 + 0.005 * 2.5 / 4)
    assert found.inference_seconds.p95 == 5.0
    assert found.fallback["bundle"] == 3
    assert (found.cache["hit"], found.cache["miss"]) == (2, 0)


def test_the_pipeline_tells_how_it_does(client: TestClient, pipeline: Pipeline) -> None:
    submit(client)
    client.post("inquiries/submit", json={"body": BODY}, headers={"Prefer": "respond-async"})
    figures = asked(client, "stats/pipeline")
    assert (figures["pending"], figures["leased"], figures["dead"]) == (1, 0, 0)
    assert (figures["accepted_last_minute"], figures["routed_last_minute"]) == (2, 1)
    assert len(figures["throughput"]) == 60
    assert sum(one["accepted"] for one in figures["throughput"][-2:]) == 2
    assert figures["workers"] == {"alive": 0, "last_round_seconds": None}
    assert figures["measurements"] == {}
    assert figures["oldest_seconds"] >= 0


def test_the_loaded_model_is_told_with_every_version(client: TestClient, pipeline: Pipeline) -> None:
    version = submit(client)["prediction"]["model_version"]
    with pipeline.database.transaction() as connection:
        connection.execute(
            text("INSERT INTO model_versions (version, name, first_used_at) VALUES ('old-1', 'old', '2026-01-01Z')")
        )
    models = asked(client, "models")
    assert (models["version"], models["name"], models["state"], models["error"]) == (version, "tiny", "ready", None)
    assert models["tasks"]["category"][0] == "billing"
    assert set(models["tasks"]) == {"category", "sentiment", "urgency"}
    assert models["backends"] == {"category": "bundle", "sentiment": "bundle", "urgency": "bundle"}
    assert set(models["thresholds"]["*"]) == set(models["tasks"]["category"])
    assert [(one["version"], one["predictions"]) for one in models["versions"]] == [(version, 1), ("old-1", 0)]


def described(**evaluation: Any) -> ModelDescription:
    return ModelDescription(
        version="m-1",
        name="m",
        created="2026-11-22T10:00:00+00:00",
        labels={"category": ("a", "b")},
        languages=("en", "de"),
        thresholds={"*": {"a": 0.5}},
        backends={"category": "bundle"},
        evaluation=evaluation,
    )


def test_held_out_figures_are_passed_on_as_far_as_they_are_known() -> None:
    bins = [{"from": 0.9, "to": 1.0, "count": 12, "confidence": 0.96, "accuracy": None}]
    category = {"n": 20, "accuracy": 0.9, "ece": 0.02, "per_language": {"en": {"n": 9, "accuracy": 0.95}}}
    description = described(category=category | {"reliability": bins}, urgency={"n": "many"}, sentiment={"n": 1})
    answer = models_answer(ModelStatus(state="ready", version="m-1"), description, []).model_dump(by_alias=True)
    assert answer["languages"] == {"en": {"category": 0.95}, "de": {}}
    assert answer["evaluation"] == {"category": {"n": 20, "accuracy": 0.9, "ece": 0.02, "reliability": bins}}


def test_without_a_bundle_keywords_are_what_answers() -> None:
    status = ModelStatus(state="degraded", version="keywords-1", error="There is no model bundle")
    answer = models_answer(status, None, [])
    assert (answer.name, answer.state, answer.error) == ("keywords", "degraded", "There is no model bundle")
    assert (answer.backends["category"], answer.evaluation, answer.created) == ("keywords", {}, None)

"""Figures over a window, counted by hand over few inquiries."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from inquiry_pipeline.core.inquiry import Status
from inquiry_pipeline.core.routing import Consultant
from inquiry_pipeline.store import (
    answers,
    desks,
    directory,
    feedback,
    inquiries,
    model_figures,
    priorities,
    standing,
    statistics,
    teams,
    throughput,
    work,
)
from inquiry_pipeline.store.database import Database, DatabaseOptions
from tests.support.builders import NOW, a_decision, a_prediction, an_inquiry
from tests.support.stored import assessed, make_known, plan_of, say

HOUR = timedelta(hours=1)
WINDOW = {"since": NOW - HOUR, "until": NOW + HOUR}


@pytest.fixture(autouse=True)
def _known(connection: Connection) -> None:
    make_known(connection)


def test_statistics_count_what_is_escalated_unsure_and_by_keywords(connection: Connection) -> None:
    assessed(connection, decision=a_decision(escalation_level=2, consultant="ann"))
    assessed(connection, decision=a_decision(escalation_level=1), prediction=a_prediction(abstained=True))
    assessed(connection, prediction=a_prediction(degraded=True, abstained=True, category="sales", language="de"))
    assessed(connection, decision=a_decision(escalation_level=3), received_at=NOW - 2 * HOUR)
    assessed(connection, decision=a_decision(escalation_level=3), received_at=NOW + HOUR)
    inquiries.insert_inquiry(connection, an_inquiry())
    found = statistics.over(connection, **WINDOW, now=NOW + HOUR)
    assert (found.total, found.escalated, found.abstained, found.degraded, found.waiting) == (4, 2, 1, 1, 2)
    assert found.counts == {
        "status": {"routed": 3, "received": 1},
        "department": {"billing": 3},
        "category": {"billing": 2, "sales": 1},
        "urgency": {"medium": 3},
        "sentiment": {"neutral": 3},
        "priority": {"normal": 3},
        "language": {"en": 2, "de": 1},
    }
    assert statistics.label_counts(connection, **WINDOW) == {
        name: found.counts[name] for name in ("category", "language")
    }


def test_statistics_tell_how_long_routing_took_to_half_a_percent(connection: Connection) -> None:
    for seconds in range(1, 101):
        routed = NOW + timedelta(seconds=seconds)
        assessed(connection, received_at=NOW - 5 * HOUR, created_at=NOW, columns={"routed_at": routed})
    assessed(connection, received_at=NOW, columns={"routed_at": NOW + 2 * HOUR})
    found = statistics.over(connection, **WINDOW, now=NOW + HOUR)
    assert found.seconds_to_route == pytest.approx({"p50": 50, "p95": 95, "p99": 99}, rel=0.006)
    assert (found.routed_per_hour, found.total) == (50, 1)


def test_statistics_count_no_hours_that_are_still_to_come(connection: Connection) -> None:
    for _ in range(3):
        assessed(connection, columns={"routed_at": NOW - timedelta(minutes=1)})
    for now, rate in ((NOW, 3.0), (NOW + HOUR, 1.5), (NOW + 9 * HOUR, 1.5), (NOW - HOUR / 2, 6.0)):
        assert statistics.over(connection, **WINDOW, now=now).routed_per_hour == pytest.approx(rate)


def test_statistics_over_nothing_are_nothing(connection: Connection) -> None:
    found = statistics.over(connection, **WINDOW, now=NOW + HOUR)
    assert (found.total, found.waiting, found.escalated, found.routed_per_hour) == (0, 0, 0, 0)
    assert found.seconds_to_route == {"p50": None, "p95": None, "p99": None}
    assert not any(found.counts.values())


def scored(connection: Connection, score: float, *, priority: str = "normal", **given: Any) -> None:
    levels = {"escalation_level": given.pop("level", 0), "department": given.pop("department", "billing")}
    assessed(connection, decision=a_decision(priority_score=score, priority=priority, **levels), **given)


def test_priorities_are_spread_over_bins_by_band(connection: Connection) -> None:
    for score, priority in ((0, "low"), (9.99, "low"), (10, "normal"), (19.5, "normal"), (19.9, "high"), (100, "high")):
        scored(connection, score, priority=priority)
    bins = priorities.over(connection, **WINDOW).bins
    assert [(one.lower, one.upper) for one in bins] == [(10 * n, 10 * n + 10) for n in range(10)]
    assert [dict(one.counts) for one in bins] == [{"low": 2}, {"normal": 2, "high": 1}, *[{}] * 7, {"high": 1}]


def test_priorities_have_mean_and_percentiles_by_corrected_label(connection: Connection) -> None:
    for score in (10.5, 20.5, 30.5, 40.5, 90.0):
        scored(connection, score)
    scored(connection, 70.25, department="front", prediction=a_prediction(urgency="high"))
    corrected = assessed(connection, decision=a_decision(priority_score=50.5, department="front"))
    say(connection, corrected, urgency="critical", sentiment="negative")
    inquiries.insert_inquiry(connection, an_inquiry())
    found = priorities.over(connection, **WINDOW)
    billing, front = found.by_department["billing"], found.by_department["front"]
    assert (billing.count, billing.p50, billing.p90) == (5, 30.5, 90.0)
    assert billing.mean == pytest.approx(38.4)
    assert (front.count, front.mean, front.p50, front.p90) == (2, 60.375, 50.5, 70.25)
    assert {label: one.count for label, one in found.by_urgency.items()} == {"medium": 5, "high": 1, "critical": 1}
    assert {label: one.count for label, one in found.by_sentiment.items()} == {"neutral": 6, "negative": 1}


def test_priorities_count_escalations_by_level_and_department(connection: Connection) -> None:
    for level, department in ((0, "billing"), (1, "billing"), (1, "front"), (3, "billing")):
        scored(connection, 50, level=level, department=department)
    scored(connection, 50, level=2, received_at=NOW - 2 * HOUR)
    found = priorities.over(connection, **WINDOW).escalations
    assert (found.total, found.by_level, found.by_department) == (3, {1: 2, 3: 1}, {"billing": 2, "front": 1})


def test_priorities_of_nothing_have_empty_bins(connection: Connection) -> None:
    found = priorities.over(connection, **WINDOW)
    assert [dict(one.counts) for one in found.bins] == [{}] * 10
    assert (found.by_department, found.by_urgency, found.escalations.total) == ({}, {}, 0)


def an_office(connection: Connection) -> None:
    people = [Consultant(id=name, name=name.title(), departments=("front",), capacity=5) for name in ("ann", "ben")]
    directory.synchronise(
        connection, version="rules-1", document={}, departments={"front": "Front"}, consultants=people
    )


def test_a_team_shows_what_each_has_got_and_resolved(connection: Connection) -> None:
    an_office(connection)
    hers = a_decision(department="front", consultant="ann")
    for seconds in (100, 200, 400):
        done = {"status": "resolved", "routed_at": NOW, "resolved_at": NOW + timedelta(seconds=seconds)}
        assessed(connection, decision=hers, columns=done)
    before = {"status": "resolved", "routed_at": NOW - 9 * HOUR, "resolved_at": NOW - 2 * HOUR}
    assessed(connection, decision=hers, columns=before)
    assessed(connection, decision=hers, columns={"status": "in_progress"})
    assessed(connection, decision=hers)
    assessed(connection, decision=a_decision(department="front"))
    connection.execute(text("UPDATE routing_decisions SET stored_at = :now"), {"now": NOW})
    old = "UPDATE routing_decisions SET stored_at = :then WHERE id = (SELECT min(id) FROM routing_decisions)"
    connection.execute(text(old), {"then": NOW - 2 * HOUR})
    ann, ben = teams.over(connection, **WINDOW)
    assert (ann.state.consultant.id, ann.state.open_inquiries, ann.in_progress) == ("ann", 2, 1)
    assert (ann.assigned, ann.resolved) == (5, 3)
    assert ann.seconds_to_resolve == pytest.approx({"p50": 200, "p90": 400}, rel=0.006)
    assert (ben.state.open_inquiries, ben.assigned, ben.resolved) == (0, 0, 0)
    assert ben.seconds_to_resolve == {"p50": None, "p90": None}


def assigned_today(connection: Connection) -> dict[str, int]:
    today = {"since": datetime.now(UTC) - HOUR, "until": datetime.now(UTC) + HOUR}
    return {one.state.consultant.id: one.assigned for one in teams.over(connection, **today)}


def decide_again(connection: Connection, key: UUID, consultant: str | None) -> None:
    answers.replace_decisions(connection, {key: a_decision(department="front", consultant=consultant)})


def test_what_was_handed_over_counts_for_both_who_got_it(connection: Connection) -> None:
    an_office(connection)
    key = assessed(connection, decision=a_decision(department="front", consultant="ann"))
    decide_again(connection, key, "ben")
    assert assigned_today(connection) == {"ann": 1, "ben": 1}
    decide_again(connection, key, None)
    decide_again(connection, key, "ben")
    assert assigned_today(connection) == {"ann": 1, "ben": 2}


def test_what_is_decided_again_for_who_has_it_is_not_given_again(connection: Connection) -> None:
    an_office(connection)
    key = assessed(connection, decision=a_decision(department="front", consultant="ann"))
    connection.execute(text("UPDATE routing_decisions SET stored_at = :then"), {"then": datetime.now(UTC) - 9 * HOUR})
    for _ in range(3):
        decide_again(connection, key, "ann")
    assert assigned_today(connection) == {"ann": 0, "ben": 0}
    other = assessed(connection, decision=a_decision(department="front"))
    decide_again(connection, other, "ann")
    decide_again(connection, other, "ann")
    assert assigned_today(connection) == {"ann": 1, "ben": 0}


def test_what_was_given_is_read_from_one_index(connection: Connection) -> None:
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    connection.execute(text("SET LOCAL enable_bitmapscan = off"))
    chosen = plan_of(connection, teams.ASSIGNED, **WINDOW)
    assert "Scan using ix_routing_decisions_given" in chosen, chosen


def test_of_what_was_stored_before_that_was_noted_the_current_decisions_count(connection: Connection) -> None:
    an_office(connection)
    key = assessed(connection, decision=a_decision(department="front", consultant="ann"))
    decide_again(connection, key, "ben")
    decide_again(connection, key, "ben")
    connection.execute(text("UPDATE routing_decisions SET given = NULL"))
    assert assigned_today(connection) == {"ann": 0, "ben": 1}


def predicted(connection: Connection, **given: Any) -> Any:
    key = assessed(connection, prediction=a_prediction(**given))
    connection.execute(text("UPDATE predictions SET created_at = :now WHERE inquiry_id = :id"), {"now": NOW, "id": key})
    return key


def test_models_are_counted_by_version_and_confidence(connection: Connection) -> None:
    for confidence in (0.15, 0.1999, 0.95, 1.0):
        predicted(connection, confidence=confidence)
    predicted(connection, confidence=0.5, model_version="test-2", abstained=True, degraded=True)
    predicted(connection, confidence=0.5, model_version="test-2", abstained=True)
    predicted(connection, confidence=0.5, model_version="test-2", degraded=True)
    assessed(connection)  # made now, not in the window
    found = model_figures.over(connection, **WINDOW)
    assert (found.overall.predictions, found.overall.abstained, found.overall.degraded) == (7, 1, 2)
    assert {name: one.predictions for name, one in found.by_version.items()} == {"test-1": 4, "test-2": 3}
    bins = found.confidence["category"]
    assert (len(bins), bins[3].lower, bins[3].upper, bins[19].upper) == (20, 0.15, 0.2, 1.0)
    assert {one.lower: one.count for one in bins if one.count} == {0.15: 2, 0.5: 3, 0.95: 2}
    assert {one.lower: one.count for one in found.confidence["sentiment"] if one.count} == {0.8: 7}


def test_models_are_calibrated_by_the_last_word_on_each_prediction(connection: Connection) -> None:
    right, wrong, doubted, unjudged = (predicted(connection, confidence=0.9 + n / 100) for n in range(4))
    say(connection, right, category="billing", urgency="medium")
    say(connection, wrong, category="billing")
    say(connection, wrong, category="legal")
    say(connection, doubted, category="legal")
    say(connection, doubted, category="billing")
    say(connection, unjudged, urgency="high")
    found = model_figures.over(connection, **WINDOW)
    last = found.calibration["category"][9]
    assert (last.judged, last.accuracy) == (3, 2 / 3)
    assert last.confidence == pytest.approx(0.91)
    assert [one.judged for one in found.calibration["category"][:9]] == [0] * 9
    assert found.calibration["category"][0].accuracy is None
    [urgency] = [one for one in found.calibration["urgency"] if one.judged]
    assert (urgency.lower, urgency.judged, urgency.accuracy) == (0.7, 2, 0.5)
    assert set(found.overrides_by_task) == {"sentiment", "urgency"}
    of_urgency = found.overrides_by_task["urgency"]
    assert (of_urgency.predictions, of_urgency.judged, of_urgency.corrected, of_urgency.rate) == (4, 2, 1, 0.25)
    assert found.overrides_by_task["sentiment"].judged == 0


_YEARS_OF_WORDS = """
INSERT INTO feedback (inquiry_id, prediction_id, model_version, predicted_category, predicted_sentiment,
    predicted_urgency, category, actor, decides, given_at)
SELECT p.inquiry_id, p.id, p.model_version, p.category, p.sentiment, p.urgency, 'legal', 'ann', false,
    now() - n * interval '1 hour'
FROM predictions AS p, generate_series(1, 20000) AS n
"""


def test_of_what_people_said_for_years_only_the_window_is_read(connection: Connection) -> None:
    assessed(connection)
    connection.execute(text(_YEARS_OF_WORDS))
    connection.execute(text("ANALYZE feedback"))
    window = {"since": datetime.now(UTC) - 24 * HOUR, "until": datetime.now(UTC)}
    for query, values in ((standing.OVERRIDES, {}), (feedback.LAST_WORDS, window), (model_figures.JUDGED, window)):
        chosen = plan_of(connection, query, **values)
        assert "ix_feedback_given" in chosen, chosen
        assert "Seq Scan on feedback" not in chosen, chosen


def test_what_is_said_by_a_slow_clock_counts_too(connection: Connection) -> None:
    key = assessed(connection, received_at=NOW)
    say(connection, key, category="legal")
    connection.execute(text("UPDATE predictions SET created_at = :now"), {"now": NOW})
    connection.execute(text("UPDATE feedback SET given_at = :then"), {"then": NOW - 2 * HOUR})
    counts = statistics.label_counts(connection, **WINDOW)
    assert feedback.override_rates(connection, **WINDOW, counts=counts).overall.corrected == 1
    assert [one.judged for one in model_figures.over(connection, **WINDOW).calibration["category"] if one.judged] == [1]


def test_versions_are_listed_also_where_they_did_nothing_lately(connection: Connection) -> None:
    predicted(connection)
    found = model_figures.versions(connection, since=NOW)
    assert {one.version: one.predictions for one in found} == {"test-1": 1, "test-2": 0}
    assert all(one.predictions == 0 for one in model_figures.versions(connection, since=NOW + HOUR))


def accepted(connection: Connection, moment: datetime) -> None:
    """Store what was accepted at a moment, as its id says, and routed 20 seconds later."""
    key = UUID(int=int(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0x2 << 62 | 1234)
    assessed(connection, id=key, created_at=moment, columns={"routed_at": moment + timedelta(seconds=20)})


def test_throughput_is_counted_by_minute_of_acceptance(connection: Connection) -> None:
    now = datetime(2026, 11, 20, 12, 30, 20, tzinfo=UTC)
    for moment in ("12:30:19", "12:29:49", "12:29:34", "11:30:55", "11:29:19"):
        accepted(connection, datetime.fromisoformat(f"2026-11-20T{moment}Z"))
    found = throughput.at(connection, now)
    assert len(found.throughput) == 60
    assert found.throughput[-1].at == datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
    busy = {f"{one.at:%H:%M}": (one.accepted, one.routed) for one in found.throughput if one.accepted or one.routed}
    assert busy == {"12:30": (1, 1), "12:29": (2, 1), "11:31": (0, 1)}
    assert (found.accepted_last_minute, found.routed_last_minute) == (3, 2)


def test_debts_are_told_by_state(connection: Connection) -> None:
    for lease_for in (None, None, HOUR, -HOUR):
        key = an_inquiry()
        inquiries.insert_inquiry(connection, key)
        work.add(connection, key.id, lease_for=lease_for)
    connection.execute(text("UPDATE work SET dead_at = now() WHERE ctid = (SELECT min(ctid) FROM work)"))
    found = throughput.at(connection, NOW)
    assert (found.backlog.pending, found.leased, found.backlog.dead) == (3, 1, 1)


def test_measurements_are_thinned_to_the_greatest_of_five_minutes(connection: Connection) -> None:
    for minutes in range(25 * 60):
        moment = NOW - timedelta(minutes=minutes)
        statistics.keep_measurements(connection, moment, {"work_pending": minutes % 7, "other": 1.0})
    found = throughput.at(connection, NOW).measurements
    assert set(found) == {"work_pending", "other"}
    points = found["work_pending"]
    assert 280 <= len(points) <= 300
    assert points == tuple(sorted(points, key=lambda one: one.at))
    assert points[0].at >= NOW - 24 * HOUR
    assert {one.value for one in points[:-1]} == {4.0, 5.0, 6.0}  # of each five; the last has one alone


def test_workers_are_known_by_their_connections(database: Database) -> None:
    def workers() -> throughput.Workers:
        with database.transaction() as connection:
            return throughput.at(connection, NOW).workers

    assert workers() == throughput.Workers(alive=0, last_round_seconds=None)
    url = database.engine.url.render_as_string(hide_password=False)
    worker = Database(DatabaseOptions(url=url, pool_size=2, application_name="inquiry-worker"))
    with worker.transaction(), worker.transaction():
        assert workers().alive == 1
    age = workers().last_round_seconds
    assert age is not None
    assert 0 <= age < 30
    worker.close()


def test_what_waits_is_served_by_priority_over_all_departments(connection: Connection) -> None:
    first = assessed(connection, decision=a_decision(department="front", priority_score=80.0))
    second = assessed(connection, decision=a_decision(priority_score=60.0), received_at=NOW - HOUR)
    third = assessed(connection, decision=a_decision(department="front", priority_score=60.0))
    assessed(connection, decision=a_decision(priority_score=99.0, consultant="ann"))
    assessed(connection, decision=a_decision(priority_score=99.0), columns={"status": Status.RESOLVED})
    totals = desks.waiting_totals(connection)
    assert (totals.by_department, totals.oldest_received_at) == ({"billing": 1, "front": 2}, NOW - HOUR)
    assert desks.waiting_totals(connection, department="front").oldest_received_at == NOW
    assert desks.waiting_totals(connection, department="legal") == desks.WaitingTotals(
        by_department={}, oldest_received_at=None
    )
    seen, after = [], None
    while page := desks.waiting(connection, totals.by_department, limit=1, after=after):
        seen += [one.inquiry.id for one in page]
        after = desks.place_of(page[-1])
    assert seen == [first, second, third]

"""The demo: what it plans, what it does to a real pipeline, and that nothing of it stays."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import typer
from sqlalchemy import text
from starlette.testclient import TestClient

from inquiry_pipeline.client import Client
from inquiry_pipeline.core.feedback import TASKS
from inquiry_pipeline.entrypoints.cli.demo import length_of
from inquiry_pipeline.entrypoints.demo.messages import everyday, incident
from inquiry_pipeline.entrypoints.demo.past import PastOptions, fill, past_arrivals
from inquiry_pipeline.entrypoints.demo.script import Absence, Arrival, script
from inquiry_pipeline.entrypoints.demo.staff import judgement
from inquiry_pipeline.entrypoints.demo.stream import Stream, StreamOptions, play, stream
from inquiry_pipeline.learning.datasets import LabelledInquiry
from inquiry_pipeline.learning.holdout import read_finetuning
from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store import statistics
from inquiry_pipeline.store.demo import DEMO, marked, remove
from tests.support.builders import an_inquiry
from tests.support.desk import send
from tests.support.in_process import InProcess

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PEOPLE = ("ann", "ben", "cat")


@pytest.fixture
def api(client: TestClient) -> Iterator[Client]:
    with Client("http://testserver/", transport=InProcess(client)) as api:
        yield api


def count(pipeline: Pipeline, query: str) -> int:
    with pipeline.database.transaction() as connection:
        return int(connection.execute(text(query)).scalar_one())


def test_messages_are_such_as_the_default_model_never_learned_from() -> None:
    finetuning = read_finetuning(DEFAULT_BUNDLE)
    assert finetuning is not None
    ordinary = [one.inquiry for one in everyday(300, random.Random(1)) if not one.inquiry.out_of_scope]
    assert len({one.id for one in ordinary}) == len(ordinary) > 280
    assert {one.source for one in ordinary} <= set(finetuning.held_out)
    assert len({one.language for one in ordinary}) == 7


def test_messages_repeat_only_when_all_were_sent() -> None:
    sent = Counter(one.inquiry.id for one in incident(80, random.Random(1)))
    assert (len(sent), max(sent.values()), min(sent.values())) == (36, 3, 2)


def test_script_has_everything_in_its_time_and_brings_everybody_back() -> None:
    events = script(200, seconds=100, consultants=PEOPLE, chance=random.Random(1))
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert all(0 <= event.at <= 100 for event in events)
    assert sum(isinstance(event, Arrival) for event in events) == 200
    absences = [event for event in events if isinstance(event, Absence)]
    assert {one.consultant: one.available for one in absences} == dict.fromkeys(PEOPLE, True)
    outage = [e.at for e in events if isinstance(e, Arrival) and e.message.inquiry.source == "incident"]
    assert len(outage) == 18
    assert 45 <= min(outage) < max(outage) <= 55


def test_script_is_the_same_for_the_same_seed_alone() -> None:
    first, again, other = (script(50, seconds=10, consultants=PEOPLE, chance=random.Random(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_script_plays_without_any_consultant() -> None:
    assert len(script(10, seconds=5, consultants=(), chance=random.Random(1))) == 10


def test_judgement_corrects_what_is_wrong_and_nothing_else() -> None:
    truth = LabelledInquiry(
        id="1", message=an_inquiry().message, source="x", category="billing", sentiment="neutral", urgency="low"
    )
    standing = {"category": "sales", "sentiment": "neutral", "urgency": "low"}
    said = [judgement(standing, truth, random.Random(seed)) for seed in range(60)]
    assert {tuple(one) if one is not None else None for one in said} == {("category",), None}
    right = [judgement(standing | {"category": "billing"}, truth, random.Random(seed)) for seed in range(60)]
    assert {tuple(one) if one is not None else None for one in right} == {(), None}


def test_past_is_busy_on_working_days_and_ends_now() -> None:
    arrivals = past_arrivals(PastOptions(length=timedelta(days=14), per_day=100), NOW)
    moments = [moment for moment, _ in arrivals]
    assert moments == sorted(moments)
    assert NOW - timedelta(days=14) <= moments[0] < moments[-1] < NOW
    by_day = Counter(moment.date() for moment in moments)
    saturdays = [count for day, count in by_day.items() if day.weekday() == 5]
    tuesdays = [count for day, count in by_day.items() if day.weekday() == 1]
    assert 0 < max(saturdays) < min(tuesdays)


def test_past_of_an_hour_has_no_report_after_now() -> None:
    arrivals = past_arrivals(PastOptions(length=timedelta(hours=1), per_day=24), NOW)
    assert arrivals
    assert all(NOW - timedelta(hours=1) <= moment < NOW for moment, _ in arrivals)


def test_play_sends_works_corrects_and_leaves_everybody_at_their_desk(api: Client, pipeline: Pipeline) -> None:
    told: list[int] = []
    ended = play(
        api, StreamOptions(count=60, per_minute=6000), told=lambda now: told.append(len(now.away)), sleep=lambda _: None
    )
    assert ended.sent == count(pipeline, f"SELECT count(*) FROM inquiries WHERE metadata ? '{DEMO}'") == 60
    assert ended.staff.resolved == count(pipeline, "SELECT count(*) FROM inquiries WHERE status = 'resolved'") > 0
    assert ended.staff.corrected > 0
    assert count(pipeline, "SELECT count(*) FROM feedback") >= ended.staff.corrected
    assert max(told) == 3
    assert count(pipeline, "SELECT count(*) FROM consultants WHERE available") == 3


def test_play_that_is_interrupted_brings_everybody_back(api: Client, pipeline: Pipeline) -> None:
    def stop(now: Stream) -> None:
        if now.away:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play(api, StreamOptions(count=40, per_minute=6000), told=stop, sleep=lambda _: None)
    assert count(pipeline, "SELECT count(*) FROM consultants WHERE available") == 3


def test_play_leaves_those_away_who_were_away_before(api: Client, pipeline: Pipeline) -> None:
    api.set_available("ben", available=False)
    with stream(api, StreamOptions(count=20, per_minute=600)) as (running, events):
        assert running.present == ["ann", "cat"]
        assert all(event.consultant != "ben" for event in events if isinstance(event, Absence))
    assert count(pipeline, "SELECT count(*) FROM consultants WHERE available") == 2


def test_fill_puts_whole_lives_into_the_past(pipeline: Pipeline) -> None:
    filled = fill(pipeline, PastOptions(length=timedelta(days=2), per_day=40), now := datetime.now(UTC))
    assert filled == count(pipeline, "SELECT count(*) FROM inquiries") > 40
    out_of_order = (
        "SELECT count(*) FROM inquiries AS i JOIN predictions AS p ON p.inquiry_id = i.id JOIN routing_decisions AS d"
        " ON d.inquiry_id = i.id WHERE NOT (i.received_at = i.created_at AND i.created_at < i.routed_at"
        " AND p.created_at = i.routed_at AND d.stored_at >= i.routed_at AND i.updated_at >= i.routed_at"
        " AND coalesce(i.resolved_at, i.updated_at) >= i.routed_at AND (i.status = 'resolved')"
        " = (i.resolved_at IS NOT NULL))"
    )
    assert count(pipeline, out_of_order) == 0
    with pipeline.database.transaction() as connection:
        latest = connection.execute(
            text(
                "SELECT greatest(max(i.updated_at), max(f.given_at), max(s.changed_at), max(d.stored_at))"
                " FROM inquiries AS i LEFT JOIN feedback AS f ON f.inquiry_id = i.id LEFT JOIN status_changes AS s"
                " ON s.inquiry_id = i.id LEFT JOIN routing_decisions AS d ON d.inquiry_id = i.id"
            )
        ).scalar_one()
        resolved = {
            row.status: row.n
            for row in connection.execute(text("SELECT status, count(*) AS n FROM inquiries GROUP BY 1"))
        }
    assert latest < now
    assert resolved["resolved"] > 0.7 * filled
    assert count(pipeline, "SELECT count(*) FROM feedback") > 0
    assert count(pipeline, "SELECT count(*) FROM work") == 0
    labels = " OR ".join(f"i.{task} <> coalesce(f.{task}, i.{task})" for task in TASKS)
    assert (
        count(pipeline, f"SELECT count(*) FROM inquiries AS i JOIN feedback AS f ON f.inquiry_id = i.id WHERE {labels}")
        == 0
    )


def test_fill_forgets_what_was_measured_meanwhile(pipeline: Pipeline) -> None:
    begun = datetime.now(UTC)
    with pipeline.database.transaction() as connection:
        for moment, value in ((begun - timedelta(hours=1), 0.1), (begun + timedelta(seconds=1), 86_400.0)):
            statistics.keep_measurements(connection, moment, {"seconds_to_route_p95_5m": value})
    fill(pipeline, PastOptions(length=timedelta(hours=2), per_day=20), begun)
    with pipeline.database.transaction() as connection:
        assert list(connection.execute(text("SELECT value FROM performance_metrics")).scalars()) == [0.1]


def test_remove_takes_the_demo_and_nothing_else(pipeline: Pipeline) -> None:
    mine = send(pipeline)
    fill(pipeline, PastOptions(length=timedelta(hours=12), per_day=20), datetime.now(UTC))
    with pipeline.database.transaction() as connection:
        ids = marked(connection)
        assert len(ids) > 5
        assert (remove(connection, ids), remove(connection, ids)) == (len(ids), 0)
    assert count(pipeline, "SELECT count(*) FROM inquiries") == 1
    assert count(pipeline, "SELECT count(*) FROM predictions") == 1
    with pipeline.database.transaction() as connection:
        assert connection.execute(text("SELECT id FROM inquiries")).scalar_one() == mine.id


def test_length_is_hours_days_or_weeks() -> None:
    assert (length_of("12h"), length_of("30d"), length_of(" 8w")) == tuple(
        timedelta(hours=hours) for hours in (12, 720, 1344)
    )


@pytest.mark.parametrize("length", ["3", "d", "0d", "400d", "-1d", "1.5d", "abc", "99999d"])
def test_length_that_is_none_is_refused_with_an_example(length: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"length of time: write 12h|between an hour and 366 days"):
        length_of(length)

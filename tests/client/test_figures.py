"""The client's figures, read from the real application in this process."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from inquiry_pipeline.client import ApiError, Bin, Client
from inquiry_pipeline.client.reading import UnexpectedAnswer, read
from inquiry_pipeline.core.inquiry import Status
from tests.support.in_process import InProcess

BODY = "I was charged twice for my October invoice. Please refund the second payment."


@pytest.fixture
def api(client: TestClient) -> Iterator[Client]:
    with Client("http://testserver/", transport=InProcess(client)) as api:
        yield api


def test_a_list_is_read_page_by_page(api: Client) -> None:
    sent = [api.submit(f"{BODY} {n}").id for n in range(3)]
    first = api.page(limit=2, waiting=False)
    assert [one.id for one in first.items] == sent[:0:-1]
    second = api.page(limit=2, waiting=False, cursor=first.next_cursor)
    assert ([one.id for one in second.items], second.next_cursor) == (sent[:1], None)
    assert api.page(escalated=True).items == ()
    assert [one.id for one in api.inquiries(page=1, escalated=False, channel="api", language="en")] == sent[::-1]


def test_the_waiting_queue_is_read(api: Client) -> None:
    for n in range(9):
        api.submit(f"{BODY} {n}")
    last = api.submit(BODY)
    queue = api.waiting_queue(limit=1)
    assert (queue.totals, queue.oldest_received_at) == ({"front": 1}, last.received_at)
    assert [one.id for one in queue.items] == [last.id]
    assert api.waiting_queue(department="triage").items == ()


def test_figures_are_read_over_a_window(api: Client) -> None:
    sent = api.submit(BODY)
    assert sent.prediction is not None
    now = datetime.now(UTC)
    stats = api.stats(since=now - timedelta(hours=1), until=now + timedelta(hours=1))
    assert (stats.total, stats.escalated, stats.waiting) == (1, 0, 0)
    assert api.stats(since=now - timedelta(hours=2), until=now - timedelta(hours=1)).total == 0
    series = api.series("category", bucket="5 minutes", timezone="America/St_Johns", hours=1)
    assert series.labels == (sent.prediction.category,)
    assert sum(point.counts.get(series.labels[0], 0) for point in series.points) == 1
    assert series.points[0].at.utcoffset() in (timedelta(hours=-3.5), timedelta(hours=-2.5))
    priorities = api.priorities(hours=1)
    assert [(one.lower, one.upper) for one in priorities.bins][:2] == [(0.0, 10.0), (10.0, 20.0)]
    assert priorities.by_department["front"].count == 1
    with pytest.raises(ApiError, match="422"):
        api.series(bucket="minute", hours=48)


def test_people_models_and_the_pipeline_are_read(api: Client) -> None:
    sent = api.submit(BODY)
    assert sent.routing is not None
    assert sent.prediction is not None
    for status in (Status.IN_PROGRESS, Status.RESOLVED):
        api.change_status(sent.id, status, actor="ann")
    api.feedback(sent.id, actor="ann", confirm=True)
    [holder] = [one for one in api.team() if one.id == sent.routing.consultant]
    assert (holder.resolved, holder.open) == (1, 0)
    figures = api.model_figures(hours=2)
    assert figures.by_version[sent.prediction.model_version].predictions == figures.predictions == 1
    assert sum(one.judged for one in figures.calibration["urgency"]) == 1
    assert figures.confidence["category"][19].upper == 1.0
    models = api.models()
    assert models.version == sent.prediction.model_version
    assert [one.predictions for one in models.versions] == [1]
    assert models.created is not None
    pipeline = api.pipeline_figures()
    assert (pipeline.pending, pipeline.workers.alive, pipeline.accepted_last_minute) == (0, 0, 1)
    assert len(pipeline.throughput) == 60


def test_a_field_that_python_has_no_name_for_is_read_and_named_as_it_was_sent() -> None:
    assert read(Bin, {"from": 1, "to": 2}) == Bin(lower=1.0, upper=2.0)
    with pytest.raises(UnexpectedAnswer, match=r"answer\.from is missing"):
        read(Bin, {"lower": 1, "to": 2})

"""A small desk for tests: two departments, four people with little room, and a pipeline over them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from prometheus_client import CollectorRegistry

from inquiry_pipeline.core.inquiry import Inquiry, Status
from inquiry_pipeline.core.routing import RoutingDecision
from inquiry_pipeline.nlp.cache import LocalCache
from inquiry_pipeline.nlp.predictor import Predictor, PredictorOptions
from inquiry_pipeline.pipeline import Pipeline, PipelineOptions
from inquiry_pipeline.routing.rulebook import RuleBook
from inquiry_pipeline.store import directory, inquiries
from inquiry_pipeline.store.database import Database
from inquiry_pipeline.telemetry.metrics import Metrics
from tests.support.builders import an_inquiry

RULES = Path(__file__).parent / "desk.yaml"


@contextmanager
def predictor_of(bundle: Path, metrics: Metrics) -> Iterator[Predictor]:
    """A predictor over a bundle, closed at the end."""
    predictor = Predictor(bundle, PredictorOptions(threads=2), metrics.model, LocalCache(100))
    try:
        yield predictor
    finally:
        predictor.close()


def pipeline_over(database: Database, predictor: Predictor, *, rules: Path = RULES) -> Pipeline:
    """A real pipeline: a real model, the rules of this desk, the test's database."""
    return Pipeline(
        database=database,
        predictor=predictor,
        rulebook=RuleBook(rules, check_seconds=0),
        metrics=Metrics(CollectorRegistry()),
        options=PipelineOptions(lease=timedelta(seconds=30)),
    )


def send(pipeline: Pipeline, **given: object) -> Inquiry:
    """Accept an inquiry and do all that is owed to it."""
    now = pipeline.clock()
    inquiry = an_inquiry(**({"received_at": now, "created_at": now} | given))
    acceptance = pipeline.accept(inquiry, via="test")
    assert acceptance.lease is not None
    pipeline.record(pipeline.assess([inquiry]), acceptance.lease, by="request")
    return inquiry


def decision_on(pipeline: Pipeline, inquiry: Inquiry) -> RoutingDecision:
    """The current decision on an inquiry, from the database."""
    with pipeline.database.transaction() as connection:
        decision = inquiries.get(connection, inquiry.id).decision
    assert decision is not None
    return decision


def step(pipeline: Pipeline, inquiry_id: UUID, *steps: Status) -> None:
    """Take a person's steps, and hand out what they free."""
    for status in steps:
        with pipeline.database.transaction() as connection:
            freed = inquiries.change_status(connection, inquiry_id, to=status)
        if freed:
            pipeline.assign_waiting(freed)


def set_available(pipeline: Pipeline, consultant: str, *, available: bool) -> None:
    """Send somebody away, or bring them back."""
    pipeline.rules()
    with pipeline.database.transaction() as connection:
        state = directory.set_available(connection, consultant, available=available)
    if available:
        pipeline.assign_waiting(frozenset(state.consultant.departments))

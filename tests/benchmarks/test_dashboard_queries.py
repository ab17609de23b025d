"""What the dashboard asks for is answered from indexes: the benchmark over a small past, with every plan looked at."""

from collections.abc import Iterator

import pytest

from benchmarks import past_days
from benchmarks.dashboard_queries import Measured, measure
from inquiry_pipeline.nlp.predictor import Predictor
from inquiry_pipeline.store.database import Database, DatabaseOptions
from tests.support.desk import pipeline_over

EXPECTED = {
    "inquiries?limit=50": "Index Scan, ix_inquiries_received",
    "inquiries?sentiment=negative&escalated=true": "Index Scan, ix_inquiries_escalated_received",
    "inquiries?channel=none": "Index Only Scan, ix_inquiries_received",
    "stats": "Index Only Scan, ix_inquiries_received",
    "stats/series?by=category&bucket=minute": "Index Only Scan, ix_inquiries_category_received",
    "stats/series?by=language&bucket=hour&timezone=Europe/Berlin": "Index Only Scan, ix_inquiries_received",
    "stats/priority": "Index Only Scan, ix_inquiries_received",
    "stats/consultants": "Index Only Scan, ix_inquiries_resolved",
    "stats/models": "Index Only Scan, ix_predictions_made",
}


@pytest.fixture
def measured(fresh_url: str, predictor: Predictor) -> Iterator[dict[str, Measured]]:
    # One connection: the server's processor time of a query can be read only while its process lives.
    database = Database(DatabaseOptions(url=fresh_url, pool_size=1))
    pipeline = pipeline_over(database, predictor)
    pipeline.rules()
    assert past_days.is_empty(database)
    past_days.fill(database, number=4000)
    past_days.tidy(database)
    assert not past_days.is_empty(database)
    yield {one.question: one for one in measure(pipeline, repetitions=2)}
    database.close()


def test_every_question_is_answered_from_its_index(measured: dict[str, Measured]) -> None:
    assert set(measured) >= set(EXPECTED)
    for question, index in EXPECTED.items():
        assert any(index in plan for plan in measured[question].plans), measured[question]
    for one in measured.values():
        assert 0 < one.longest <= sum(one.queries)
        assert one.found_by in one.plans
        assert not any("Seq Scan, inquiries" in plan for plan in one.plans), one

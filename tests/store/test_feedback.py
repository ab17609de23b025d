"""What people said: stored beside the prediction, counted once an inquiry, answered from indexes."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import Connection, Select, text
from sqlalchemy.dialects import postgresql

from inquiry_pipeline.core.assessment import Assessment
from inquiry_pipeline.core.errors import NotFound
from inquiry_pipeline.core.feedback import corrected, latest
from inquiry_pipeline.core.prediction import Prediction, Sentiment, Urgency
from inquiry_pipeline.core.routing import Needs
from inquiry_pipeline.store import answers, cases, desks, feedback, history, inquiries, statistics
from inquiry_pipeline.store.database import Database
from inquiry_pipeline.store.inquiries import QueuePlace
from inquiry_pipeline.store.migrate import alembic_config, migrate
from tests.support.builders import NOW, a_decision, a_prediction, an_inquiry


@pytest.fixture(autouse=True)
def _known(connection: Connection) -> None:
    connection.execute(text("INSERT INTO rule_sets (version, document) VALUES ('rules-1', '{}')"))
    answers.register_models(connection, ["test-1"])


def assessed(connection: Connection, prediction: Prediction, **given: Any) -> UUID:
    inquiry = an_inquiry(**given)
    inquiries.insert_inquiry(connection, inquiry)
    answers.add(connection, [Assessment(inquiry=inquiry, prediction=prediction, decision=a_decision())])
    return inquiry.id


def say(connection: Connection, key: UUID, *, decides: bool = True, **labels: str) -> None:
    feedback.add(connection, key, labels, actor="ann", comment=None, decides=decides)


def test_what_was_said_comes_back_in_its_order_beside_what_was_predicted(connection: Connection) -> None:
    key, other = assessed(connection, a_prediction()), assessed(connection, a_prediction())
    say(connection, key, category="legal", urgency="high")
    say(connection, key, category="billing", decides=False)
    first, second = feedback.given(connection, [key, other])[key]
    assert first.predicted == {"category": "billing", "sentiment": "neutral", "urgency": "medium"}
    assert (first.model_version, first.decides, second.decides) == ("test-1", True, False)
    assert first.corrected == {"category": "legal", "urgency": "high"}
    assert (second.corrected, second.confirmed) == ({}, ("category",))
    assert latest([first, second]) == {"category": second, "urgency": first}
    assert other not in feedback.given(connection, [key, other])


def test_corrections_change_what_routing_sees_and_nothing_that_is_stored(connection: Connection) -> None:
    prediction = a_prediction(abstained=True, degraded=True, confidence=0.3)
    key = assessed(connection, prediction)
    say(connection, key, category="legal")
    say(connection, key, sentiment="negative", urgency="critical")
    case = cases.lock(connection, key)
    seen = corrected(case.prediction, case.feedback)
    assert (seen.category, seen.confidence, seen.abstained, seen.degraded) == ("legal", 1.0, False, False)
    assert (seen.sentiment, seen.urgency, seen.urgency_reasons) == (
        Sentiment.NEGATIVE,
        Urgency.CRITICAL,
        ("ann says so",),
    )
    assert case.prediction == prediction
    assert (case.labels.category, case.labels.urgency) == ("legal", Urgency.CRITICAL)
    assert corrected(prediction, case.feedback[1:]).abstained  # nobody named the category there


def test_each_inquiry_counts_once_by_what_was_predicted(connection: Connection) -> None:
    window = {"since": NOW - timedelta(hours=1), "until": NOW + timedelta(hours=1)}
    german = a_prediction(language="de")
    keys = [assessed(connection, a_prediction()) for _ in range(3)] + [assessed(connection, german)]
    keys.append(assessed(connection, a_prediction(category="sales")))
    early = assessed(connection, a_prediction(), received_at=NOW - timedelta(days=2))
    say(connection, keys[0], category="legal")
    say(connection, keys[0], category="sales")
    say(connection, keys[1], category="legal")
    say(connection, keys[1], category="billing")
    say(connection, keys[3], category="billing")
    say(connection, keys[4], urgency="low")
    say(connection, early, category="legal")
    counts = statistics.over(connection, **window, now=window["until"]).counts
    rates = feedback.override_rates(connection, **window, counts=counts)
    assert (rates.overall.predictions, rates.overall.judged, rates.overall.corrected) == (5, 3, 1)
    assert rates.overall.rate == 0.2
    assert counts["category"] == {"billing": 3, "sales": 2}
    assert {key: (one.predictions, one.corrected) for key, one in rates.by_category.items()} == {
        "billing": (4, 1),
        "sales": (1, 0),
    }
    assert {key: (one.predictions, one.judged) for key, one in rates.by_language.items()} == {
        "de": (1, 1),
        "en": (4, 2),
    }


def test_a_decision_comes_back_with_who_caused_it_and_who_gave_it_back(connection: Connection) -> None:
    key = assessed(connection, a_prediction())
    needs = Needs(category="billing", language="en", without=("ann", "ben"))
    said = a_decision(actor="ann", note="Not mine", needs=needs)
    answers.replace_decisions(connection, {key: said})
    assert inquiries.current_decisions(connection, [key]) == {key: said}
    told = history.of(connection, key)
    assert [(one.current, one.decision.actor) for one in told.decisions] == [(False, None), (True, "ann")]
    with pytest.raises(NotFound):
        history.of(connection, an_inquiry().id)


def test_a_history_from_before_has_the_times_that_are_known(database: Database) -> None:
    config = alembic_config()
    with database.transaction() as connection:
        connection.execute(text("INSERT INTO rule_sets (version, document) VALUES ('rules-1', '{}')"))
        answers.register_models(connection, ["test-1"])
        key = assessed(connection, a_prediction())
        old = "UPDATE routing_decisions SET record = jsonb_set(record - 'actor' - 'note', '{needs}', "
        connection.execute(text(old + "(record->'needs') - 'without')"))
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
    migrate(database)
    with database.transaction() as connection:
        [only] = history.of(connection, key).decisions
        assert (only.decision, only.stored_at) == (a_decision(), NOW)
        answers.replace_decisions(connection, {key: a_decision(priority="high")})
        assert history.of(connection, key).decisions[1].stored_at > NOW


_FILL = """
INSERT INTO inquiries (id, body, channel, received_at, status, category, language, department, consultant_id,
                       priority_score)
SELECT gen_random_uuid(), 'word', 'api', timestamptz '2026-01-01' + n * interval '1 second',
       CASE WHEN n % 500 = 0 THEN 'routed' ELSE 'resolved' END, 'category' || n % 6, 'en', 'department' || n % 7,
       CASE WHEN n % 1000 = 0 THEN NULL ELSE 'consultant' || n % 40 END, n % 100
FROM generate_series(1, 20000) AS n
"""


def plan(connection: Connection, query: Select[Any]) -> str:
    compiled = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    return "\n".join(connection.execute(text(f"EXPLAIN {compiled}".replace(":", r"\:"))).scalars())


def test_a_desk_is_read_from_the_open_inquiries_of_one_consultant(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text(_FILL))
        connection.execute(text("ANALYZE inquiries"))
        for after in (None, QueuePlace(-50.0, NOW, an_inquiry().id)):
            chosen = plan(connection, desks.on_desk_query("consultant20", limit=50, after=after))
            assert "ix_inquiries_open_load" in chosen, chosen
            assert "Seq Scan" not in chosen, chosen

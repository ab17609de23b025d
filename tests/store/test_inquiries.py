"""Finding inquiries: pages, filters, the plans behind them; and the steps of their status."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Connection, Select, func, select, text
from sqlalchemy.dialects import postgresql

from inquiry_pipeline.core.assessment import Assessment
from inquiry_pipeline.core.errors import IllegalStatusChange, NotFound
from inquiry_pipeline.core.inquiry import NEXT_STATUS, SET_BY_PIPELINE, Status
from inquiry_pipeline.store import answers, inquiries, tables
from inquiry_pipeline.store.database import Database
from inquiry_pipeline.store.inquiries import InquiryFilter, QueuePlace
from tests.support.builders import NOW, a_decision, a_prediction, an_inquiry


@pytest.fixture(autouse=True)
def _rule_set(connection: Connection) -> None:
    connection.execute(text("INSERT INTO rule_sets (version, document) VALUES ('rules-1', '{}')"))
    answers.register_models(connection, ["test-1"])


def test_an_inquiry_comes_back_as_it_was_stored(connection: Connection) -> None:
    inquiry = an_inquiry(
        subject="Rechnung 🧾", sender_email="a@b.example", metadata={"tags": ["x", {"y": None}], "n": 1.5}
    )
    inquiries.insert_inquiry(connection, inquiry)
    stored = inquiries.get(connection, inquiry.id)
    assert stored.inquiry == inquiry
    assert stored.prediction is None
    assert stored.decision is None


def test_answers_come_back_as_they_were_stored_and_the_latest_is_current(connection: Connection) -> None:
    inquiry = an_inquiry()
    inquiries.insert_inquiry(connection, inquiry)
    prediction = a_prediction(urgency_reasons=('Deadline: "bis Freitag" 🕔', "Learned: medium (0.70)"))
    answers.add(connection, [Assessment(inquiry=inquiry, prediction=prediction, decision=a_decision())])
    answers.replace_decisions(connection, {inquiry.id: a_decision(priority_score=75.0)})
    stored = inquiries.get(connection, inquiry.id)
    assert stored.inquiry.status is Status.ROUTED
    assert stored.prediction == prediction
    assert stored.decision == a_decision(priority_score=75.0)
    counted = "SELECT count(*), count(*) FILTER (WHERE is_current) FROM {}"
    assert connection.execute(text(counted.format("predictions"))).one() == (1, 1)
    assert connection.execute(text(counted.format("routing_decisions"))).one() == (2, 1)


def test_pages_follow_each_other_without_gap_or_repeat(connection: Connection) -> None:
    stored = [an_inquiry(received_at=NOW + timedelta(minutes=n // 3)) for n in range(10)]
    for inquiry in stored:
        inquiries.insert_inquiry(connection, inquiry)
    seen, after = [], None
    while page := inquiries.page(connection, wanted=InquiryFilter(), limit=4, after=after):
        seen += [one.inquiry for one in page]
        after = (page[-1].inquiry.received_at, page[-1].inquiry.id)
    assert seen == sorted(stored, key=lambda one: (one.received_at, one.id), reverse=True)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (InquiryFilter(), ["routed", "new"]),
        (InquiryFilter(status=Status.RECEIVED), ["new"]),
        (InquiryFilter(category="billing"), ["routed"]),
        (InquiryFilter(category="sales"), []),
        (InquiryFilter(urgency="medium", department="billing"), ["routed"]),
        (InquiryFilter(consultant="nobody"), []),
        (InquiryFilter(since=NOW + timedelta(hours=1)), ["routed"]),
        (InquiryFilter(until=NOW + timedelta(hours=1)), ["new"]),
        (InquiryFilter(words="zebra"), ["new"]),
        (InquiryFilter(words='"striped zebra"'), ["new"]),
        (InquiryFilter(words="zebra -striped"), []),
        (InquiryFilter(sentiment="neutral"), ["routed"]),
        (InquiryFilter(sentiment="positive"), []),
        (InquiryFilter(priority="normal", language="en"), ["routed"]),
        (InquiryFilter(language="de"), []),
        (InquiryFilter(channel="api"), ["routed", "new"]),
        (InquiryFilter(channel="email"), []),
        (InquiryFilter(abstained=False), ["routed"]),
        (InquiryFilter(abstained=True), []),
        (InquiryFilter(escalated=True), ["routed"]),
        (InquiryFilter(escalated=False), ["new"]),
        (InquiryFilter(waiting=True), ["routed"]),
        (InquiryFilter(waiting=False), ["new"]),
        (InquiryFilter(waiting=True, category="billing", words="invoice"), ["routed"]),
        (InquiryFilter(waiting=True, words="zebra"), []),
    ],
)
def test_filters_narrow_a_list(connection: Connection, wanted: InquiryFilter, expected: list[str]) -> None:
    new = an_inquiry(body="A striped zebra.", external_id="new")
    routed = an_inquiry(received_at=NOW + timedelta(hours=2), external_id="routed")
    for inquiry in (new, routed):
        inquiries.insert_inquiry(connection, inquiry)
    escalated = a_decision(escalation_level=2)
    answers.add(connection, [Assessment(inquiry=routed, prediction=a_prediction(), decision=escalated)])
    found = inquiries.page(connection, wanted=wanted, limit=10)
    assert [one.inquiry.external_id for one in found] == expected


def test_pages_of_a_rare_label_follow_each_other(connection: Connection) -> None:
    stored = [an_inquiry(received_at=NOW + timedelta(minutes=n // 3), channel="email") for n in range(7)]
    for inquiry in (*stored, an_inquiry(received_at=NOW + timedelta(minutes=1))):
        inquiries.insert_inquiry(connection, inquiry)
    seen, after = [], None
    while page := inquiries.page(connection, wanted=InquiryFilter(channel="email"), limit=2, after=after):
        seen += [one.inquiry for one in page]
        after = (page[-1].inquiry.received_at, page[-1].inquiry.id)
    assert seen == sorted(stored, key=lambda one: (one.received_at, one.id), reverse=True)


def test_a_decision_that_escalates_later_is_found(connection: Connection) -> None:
    inquiry = an_inquiry()
    inquiries.insert_inquiry(connection, inquiry)
    answers.add(connection, [Assessment(inquiry=inquiry, prediction=a_prediction(), decision=a_decision())])
    escalated = InquiryFilter(escalated=True)
    assert inquiries.page(connection, wanted=escalated, limit=10) == []
    answers.replace_decisions(connection, {inquiry.id: a_decision(escalation_level=1)})
    assert len(inquiries.page(connection, wanted=escalated, limit=10)) == 1


@pytest.mark.parametrize(("now", "to"), list(product(Status, Status)))
def test_only_legal_steps_are_taken(connection: Connection, now: Status, to: Status) -> None:
    inquiry = an_inquiry(status=now)
    inquiries.insert_inquiry(connection, inquiry)
    connection.execute(text("UPDATE inquiries SET routed_at = now(), consultant_id = 'ann', department = 'front'"))
    if to in NEXT_STATUS[now] and to not in SET_BY_PIPELINE:
        inquiries.change_status(connection, inquiry.id, to=to)
        stored = inquiries.get(connection, inquiry.id)
        assert stored.inquiry.status is to
        assert [(step.from_status, step.to_status) for step in stored.history][2:] == [(now, to)]
    else:
        with pytest.raises(IllegalStatusChange, match=str(now)):
            inquiries.change_status(connection, inquiry.id, to=to)
        assert inquiries.get(connection, inquiry.id).inquiry.status is now


def test_an_unknown_inquiry_is_not_found(connection: Connection) -> None:
    with pytest.raises(NotFound):
        inquiries.get(connection, an_inquiry().id)
    with pytest.raises(NotFound):
        inquiries.change_status(connection, an_inquiry().id, to=Status.RESOLVED)


_FILL = """
INSERT INTO inquiries (id, body, channel, received_at, status, category, urgency, department, consultant_id,
                       priority_score, escalation_level, abstained, review_at)
SELECT gen_random_uuid(), 'word' || n || ' common', 'api', timestamptz '2026-01-01' + n * interval '1 second',
       CASE WHEN n % 500 = 0 THEN 'routed' ELSE 'resolved' END,
       'category' || n % 20, 'urgency' || n % 20, 'department' || n % 20,
       CASE WHEN n % 1000 = 0 THEN NULL ELSE 'consultant' || n % 40 END, n % 100,
       CASE WHEN n % 1500 = 0 THEN 2 ELSE 0 END, n % 1500 = 1,
       CASE WHEN n % 500 = 0 THEN timestamptz '2026-01-01' + n * interval '1 second' END
FROM generate_series(1, 30000) AS n
"""


@pytest.fixture(scope="module")
def filled(shared_database: Database) -> Iterator[Connection]:
    """A connection that sees 30,000 inquiries, for as long as this module lasts."""
    with shared_database.transaction() as connection:
        # Plans must not depend on how much other tests have left in the indexes.
        connection.execute(text("REINDEX TABLE inquiries"))
    with shared_database.engine.connect() as connection:
        transaction = connection.begin()
        connection.execute(text(_FILL))
        connection.execute(text("SELECT gin_clean_pending_list('ix_inquiries_words')"))  # autovacuum's part
        connection.execute(text("ANALYZE inquiries"))
        yield connection
        transaction.rollback()


def plan(connection: Connection, query: Select[Any]) -> str:
    compiled = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    return "\n".join(connection.execute(text(f"EXPLAIN {compiled}".replace(":", r"\:"))).scalars())


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (InquiryFilter(), "ix_inquiries_received"),
        (InquiryFilter(since=NOW), "ix_inquiries_received"),
        (InquiryFilter(status=Status.ROUTED), "ix_inquiries_status_received"),
        (InquiryFilter(category="category3"), "ix_inquiries_category_received"),
        (InquiryFilter(urgency="urgency3"), "ix_inquiries_urgency_received"),
        (InquiryFilter(department="department3"), "ix_inquiries_department_received"),
        (InquiryFilter(consultant="consultant3"), "ix_inquiries_consultant_id_received"),
    ],
)
def test_each_filter_is_answered_from_its_index(filled: Connection, wanted: InquiryFilter, index: str) -> None:
    chosen = plan(filled, inquiries.page_query(wanted, limit=50, after=None))
    assert index in chosen, chosen
    assert "Seq Scan" not in chosen, chosen
    assert "Sort" not in chosen, chosen


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (InquiryFilter(escalated=True), "Index Only Scan using ix_inquiries_escalated_received"),
        (InquiryFilter(escalated=True, since=NOW), "Index Only Scan using ix_inquiries_escalated_received"),
        (InquiryFilter(escalated=True, language="de"), "Scan using ix_inquiries_escalated_received"),
        (InquiryFilter(abstained=True), "Index Only Scan using ix_inquiries_abstained_received"),
        (InquiryFilter(waiting=True), "Scan using ix_inquiries_waiting"),
    ],
)
def test_what_few_inquiries_are_is_found_among_these(filled: Connection, wanted: InquiryFilter, index: str) -> None:
    for after in (None, (NOW, an_inquiry().id)):
        chosen = plan(filled, inquiries.page_query(wanted, limit=50, after=after))
        assert index in chosen, chosen
        assert "Seq Scan" not in chosen, chosen
        assert "ix_inquiries_received" not in chosen, chosen


def test_words_are_found_through_their_index(filled: Connection) -> None:
    matching = inquiries.page_query(InquiryFilter(words="word77"), limit=50, after=None).order_by(None).limit(None)
    chosen = plan(filled, matching)
    assert "ix_inquiries_words" in chosen, chosen


def test_a_queue_is_read_on_from_where_its_page_ended(filled: Connection) -> None:
    after = QueuePlace(-50.0, NOW, an_inquiry().id)
    chosen = plan(filled, inquiries.queue_head("department0", limit=50, after=after))
    assert "Index Cond: ((department = 'department0'::text) AND (priority_score <= " in chosen, chosen


def test_queues_and_loads_are_answered_from_their_partial_indexes(filled: Connection) -> None:
    queries = {
        "ix_inquiries_waiting": select(tables.inquiries.c.id)
        .where(tables.inquiries.c.department == "department0", text(tables.WAITING))
        .order_by(tables.inquiries.c.priority_score.desc(), tables.inquiries.c.received_at, tables.inquiries.c.id)
        .limit(50),
        "ix_inquiries_open_load": select(func.count()).where(
            tables.inquiries.c.consultant_id.in_(["consultant1", "consultant2"]), text(tables.OPEN)
        ),
        "ix_inquiries_review": select(tables.inquiries.c.id)
        .where(tables.inquiries.c.review_at <= NOW, tables.inquiries.c.status == "routed")
        .order_by(tables.inquiries.c.review_at)
        .limit(100),
    }
    for index, query in queries.items():
        chosen = plan(filled, query)
        assert index in chosen, chosen

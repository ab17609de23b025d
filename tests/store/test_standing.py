"""How things stand, as the gauges show it."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from inquiry_pipeline.core.inquiry import Status
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store.standing import DepartmentStanding, standing
from tests.support.casework import give, holder_of, judge
from tests.support.desk import send, set_available, step


def test_an_empty_database_stands_at_zero(connection: Connection) -> None:
    now = standing(connection)
    assert (now.backlog.pending, now.backlog.dead, now.backlog.oldest_seconds) == (0, 0, 0)
    assert now.departments == {}
    assert now.overrides == {"assessed": 0, "judged": 0, "corrected": 0}


def test_a_department_that_left_the_rules_is_shown_while_something_waits_in_it(pipeline: Pipeline) -> None:
    for name in ("ann", "ben", "cat"):
        set_available(pipeline, name, available=False)
    send(pipeline)
    with pipeline.database.transaction() as connection:
        department = connection.execute(text("SELECT department FROM inquiries")).scalar_one()
        connection.execute(text("UPDATE departments SET active = false WHERE id = :id"), {"id": department})
        left = standing(connection).departments
        connection.execute(text("UPDATE inquiries SET status = 'resolved'"))
        empty = standing(connection).departments
    assert left[department].waiting == 1
    assert (left[department].available, left[department].away) == (0, 0)
    assert department not in empty
    assert len(empty) == 1
    assert all(one.waiting == 0 for one in empty.values())


def test_what_was_received_yesterday_counts_no_more(pipeline: Pipeline) -> None:
    send(pipeline)
    with pipeline.database.transaction() as connection:
        assert standing(connection).overrides["assessed"] == 1
        connection.execute(text("UPDATE inquiries SET received_at = now() - interval '25 hours'"))
        assert standing(connection).overrides["assessed"] == 0


def test_consultants_who_left_are_counted_nowhere(pipeline: Pipeline) -> None:
    pipeline.rules()
    with pipeline.database.transaction() as connection:
        before = standing(connection).departments
        connection.execute(text("UPDATE consultants SET active = false"))
        after = standing(connection).departments
    assert sum(one.available for one in before.values()) > 0
    assert set(after.values()) == {DepartmentStanding()}


def test_a_wait_begins_again_when_an_inquiry_is_opened_again(pipeline: Pipeline) -> None:
    inquiry = send(pipeline)
    step(pipeline, inquiry.id, Status.IN_PROGRESS, Status.RESOLVED)
    for name in ("ann", "ben", "cat"):
        set_available(pipeline, name, available=False)
    waits = send(pipeline)
    _backdate(pipeline, "inquiries", "created_at", days=7)
    assert _longest_wait(pipeline) == pytest.approx(timedelta(days=7).total_seconds(), abs=60)
    with pipeline.database.transaction() as connection:
        connection.execute(text("DELETE FROM inquiries WHERE id = :id"), {"id": waits.id})
    step(pipeline, inquiry.id, Status.REOPENED)
    assert _longest_wait(pipeline) < 60


def test_a_wait_begins_when_an_inquiry_is_given_back_and_goes_on_when_it_is_decided_again(pipeline: Pipeline) -> None:
    inquiry = send(pipeline)
    assert holder_of(pipeline, inquiry) is not None
    for name in ("ann", "ben", "cat"):
        set_available(pipeline, name, available=False)
    _backdate(pipeline, "inquiries", "created_at", days=7)
    give(pipeline, inquiry, None)
    assert holder_of(pipeline, inquiry) is None
    assert _longest_wait(pipeline) < 60
    _backdate(pipeline, "routing_decisions", "stored_at", days=1)
    judge(pipeline, inquiry, category="legal", reroute=True)
    assert holder_of(pipeline, inquiry) is None
    assert _longest_wait(pipeline) == pytest.approx(timedelta(days=1).total_seconds(), abs=60)


def _backdate(pipeline: Pipeline, table: str, column: str, *, days: int) -> None:
    with pipeline.database.transaction() as connection:
        connection.execute(text(f"UPDATE {table} SET {column} = {column} - :ago"), {"ago": timedelta(days=days)})


def _longest_wait(pipeline: Pipeline) -> float:
    with pipeline.database.transaction() as connection:
        return max(one.oldest_seconds for one in standing(connection).departments.values())

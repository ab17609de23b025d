"""Leases: nothing is done by two, nothing that was begun is forgotten."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from inquiry_pipeline.core.errors import NotFound
from inquiry_pipeline.store import inquiries, work
from inquiry_pipeline.store.database import Database
from inquiry_pipeline.store.work import Lease
from tests.support.builders import an_inquiry

MINUTE = timedelta(minutes=1)


def owe(connection: Connection, *, lease_for: timedelta | None = None) -> UUID:
    inquiry = an_inquiry()
    inquiries.insert_inquiry(connection, inquiry)
    work.add(connection, inquiry.id, lease_for=lease_for)
    return inquiry.id


def claim(connection: Connection, *, limit: int = 10, lease_for: timedelta = MINUTE) -> Lease:
    lease = work.claim(connection, limit=limit, lease_for=lease_for, max_attempts=3)
    assert lease is not None
    return lease


def test_claim_takes_what_is_due_once(connection: Connection) -> None:
    due = {owe(connection) for _ in range(3)}
    assert set(claim(connection).inquiry_ids) == due
    assert work.claim(connection, limit=10, lease_for=MINUTE, max_attempts=3) is None


def test_claim_respects_a_lease_held_since_acceptance(connection: Connection) -> None:
    owe(connection, lease_for=MINUTE)
    assert work.claim(connection, limit=10, lease_for=MINUTE, max_attempts=3) is None


def test_an_expired_lease_is_taken_over_and_fences_off_its_first_holder(connection: Connection) -> None:
    due = owe(connection)
    slow = claim(connection, lease_for=timedelta(seconds=-1))
    quick = claim(connection)
    assert quick.attempts == {due: 2}
    assert work.finish(connection, slow, [due]) == set()
    assert work.finish(connection, quick, [due]) == {due}
    assert work.finish(connection, quick, [due]) == set()


def test_put_back_waits_for_its_time_and_counts_attempts(connection: Connection) -> None:
    due = owe(connection)
    work.put_back(connection, claim(connection), due, error="E: no", retry_in=timedelta(hours=1))
    assert work.claim(connection, limit=10, lease_for=MINUTE, max_attempts=3) is None
    connection.execute(text("UPDATE work SET run_after = now()"))
    assert claim(connection).attempts == {due: 2}


def test_put_back_without_retry_makes_a_dead_letter_that_can_be_revived(connection: Connection) -> None:
    due = owe(connection)
    work.put_back(connection, claim(connection), due, error="ValueError: broken", retry_in=None)
    assert [(one.inquiry_id, one.last_error) for one in work.dead_letters(connection, limit=5)] == [
        (due, "ValueError: broken")
    ]
    assert work.backlog(connection).dead == 1
    work.revive(connection, due)
    assert claim(connection).attempts == {due: 1}
    with pytest.raises(NotFound):
        work.revive(connection, due)


def test_what_kills_its_process_each_time_is_given_up(connection: Connection) -> None:
    due = owe(connection)
    for _ in range(3):
        claim(connection, lease_for=timedelta(seconds=-1))
    assert work.claim(connection, limit=10, lease_for=MINUTE, max_attempts=3) is None
    assert work.bury_exhausted(connection, max_attempts=3) == {due: None}
    assert "3 attempts" in str(work.dead_letters(connection, limit=5)[0].last_error)


def test_whoever_holds_a_lease_knows_in_which_traces_its_inquiries_came(connection: Connection) -> None:
    first, second = an_inquiry(), an_inquiry()
    for inquiry, place in ((first, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), (second, None)):
        inquiries.insert_inquiry(connection, inquiry)
        held = work.add(connection, inquiry.id, lease_for=timedelta(seconds=-1), traceparent=place)
        assert held is not None
        assert held.traceparents == {inquiry.id: place}
    known = {first.id: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", second.id: None}
    for _ in range(2):
        assert claim(connection, lease_for=timedelta(seconds=-1)).traceparents == known
    assert work.bury_exhausted(connection, max_attempts=3) == known


def test_many_workers_share_the_work_without_doubling_any(database: Database) -> None:
    with database.transaction() as connection:
        due = {owe(connection) for _ in range(200)}

    def take_until_empty(_number: int) -> list[UUID]:
        taken: list[UUID] = []
        while True:
            with database.transaction() as connection:
                lease = work.claim(connection, limit=7, lease_for=MINUTE, max_attempts=3)
            if lease is None:
                return taken
            taken += lease.inquiry_ids

    with ThreadPoolExecutor(8) as pool:
        shares = list(pool.map(take_until_empty, range(8)))
    together = [inquiry_id for share in shares for inquiry_id in share]
    assert len(together) == len(due)
    assert set(together) == due


@pytest.fixture
def oldest_age(connection: Connection) -> Callable[[], float]:
    return lambda: work.backlog(connection).oldest_seconds


def test_backlog_tells_the_age_of_the_oldest(connection: Connection, oldest_age: Callable[[], float]) -> None:
    assert oldest_age() == 0
    owe(connection)
    connection.execute(text("UPDATE work SET created_at = now() - interval '5 minutes'"))
    assert oldest_age() == pytest.approx(300, abs=5)

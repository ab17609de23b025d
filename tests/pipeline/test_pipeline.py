"""Accept, assess, record: against a real database and a real model."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from inquiry_pipeline.core.errors import IdempotencyConflict, IllegalStatusChange
from inquiry_pipeline.core.inquiry import Status
from inquiry_pipeline.nlp.predictor import Predictor
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store import directory, idempotency, inquiries
from inquiry_pipeline.store.database import Connection, Database
from inquiry_pipeline.store.idempotency import IdempotencyKey
from tests.support.builders import an_inquiry
from tests.support.desk import RULES, decision_on, pipeline_over, predictor_of, send, set_available, step


def counted(pipeline: Pipeline, question: str) -> int:
    with pipeline.database.transaction() as connection:
        return int(connection.execute(text(question)).scalar_one())


def test_an_inquiry_ends_with_one_prediction_one_decision_and_no_debt(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body="My invoice is wrong, please correct it.")
    with pipeline.database.transaction() as connection:
        stored = inquiries.get(connection, inquiry.id)
    assert stored.inquiry.status is Status.ROUTED
    assert stored.prediction is not None
    assert stored.decision is not None
    assert stored.decision.consultant in {"ann", "ben", "cat"}
    assert stored.decision.candidates
    assert counted(pipeline, "SELECT count(*) FROM work") == 0
    assert counted(pipeline, "SELECT count(*) FROM predictions") == 1
    assert counted(pipeline, "SELECT count(*) FROM routing_decisions") == 1
    assert counted(pipeline, "SELECT count(*) FROM rule_sets") == 1


def test_an_accepted_inquiry_is_owed_before_it_is_assessed(pipeline: Pipeline) -> None:
    inquiry = an_inquiry()
    pipeline.accept(inquiry, via="test")
    with pipeline.database.transaction() as connection:
        assert inquiries.get(connection, inquiry.id).inquiry.status is Status.RECEIVED
    assert counted(pipeline, "SELECT count(*) FROM work WHERE leased_until > now()") == 1


def test_recording_under_a_lost_lease_writes_nothing(pipeline: Pipeline) -> None:
    inquiry = an_inquiry()
    lease = pipeline.accept(inquiry, via="test").lease
    assert lease is not None
    assessed = pipeline.assess([inquiry])
    assert len(pipeline.record(assessed, lease, by="request")) == 1
    assert pipeline.record(assessed, lease, by="worker") == []
    assert counted(pipeline, "SELECT count(*) FROM predictions") == 1
    assert counted(pipeline, "SELECT count(*) FROM routing_decisions") == 1


def test_a_key_used_again_brings_back_the_first_inquiry_and_stores_nothing(pipeline: Pipeline) -> None:
    key = IdempotencyKey(scope="test", key="k", fingerprint="f")
    first = an_inquiry()
    pipeline.accept(first, via="test", key=key)
    again = pipeline.accept(an_inquiry(), via="test", key=key)
    assert again.lease is None
    assert again.earlier is not None
    assert again.earlier.inquiry_id == first.id
    with pytest.raises(IdempotencyConflict):
        pipeline.accept(an_inquiry(), via="test", key=IdempotencyKey(scope="test", key="k", fingerprint="other"))
    assert counted(pipeline, "SELECT count(*) FROM inquiries") == 1


def desk(tmp_path: Path, *, capacity: int = 3, **changes: tuple[str, str]) -> Path:
    """This desk's rules with another capacity, and with some pieces of text replaced."""
    words = RULES.read_text().replace("capacity: 3", f"capacity: {capacity}")
    for old, new in changes.values():
        assert old in words
        words = words.replace(old, new)
    rules = tmp_path / "rules.yaml"
    rules.write_text(words)
    return rules


def test_turns_go_round_and_differ_by_one_at_most_under_concurrency(
    database: Database, predictor: Predictor, tmp_path: Path
) -> None:
    rules = desk(tmp_path, capacity=500)
    pipelines = [pipeline_over(database, predictor, rules=rules) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: send(pipelines[n % 4], body=f"Question number {n}."), range(61)))
    question = "SELECT count(*) FROM inquiries GROUP BY consultant_id ORDER BY 1"
    with database.transaction() as connection:
        assert list(connection.execute(text(question)).scalars()) == [20, 20, 21]


def test_who_serves_two_departments_takes_the_most_urgent_of_both(
    database: Database, predictor: Predictor, tmp_path: Path
) -> None:
    to_triage = ("then: {department: front, manager: true}", "then: {department: triage, priority_at_least: 90}")
    rules = desk(tmp_path, capacity=1, triage=to_triage)
    pipeline = pipeline_over(database, predictor, rules=rules)
    for name in ("ann", "ben", "cat"):
        set_available(pipeline, name, available=False)
    plain = send(pipeline, body="A plain matter.")
    urgent = send(pipeline, body="An old matter.", received_at=pipeline.clock() - timedelta(hours=5))
    assert decision_on(pipeline, urgent).department == "triage"
    set_available(pipeline, "cat", available=True)
    assert decision_on(pipeline, urgent).consultant == "cat"
    assert decision_on(pipeline, plain).consultant is None


def test_what_only_a_busy_specialist_could_take_does_not_hold_up_the_rest(pipeline: Pipeline) -> None:
    old = pipeline.clock() - timedelta(hours=5)
    for number in range(3):  # the rule for age asks for the manager, who is full then
        send(pipeline, body=f"Old matter {number}.", received_at=old)
    for name in ("ben", "cat"):
        set_available(pipeline, name, available=False)
    for number in range(60):
        send(pipeline, body=f"Old matter {number}, too.", received_at=old)
    plain = send(pipeline, body="A plain matter.")
    assert decision_on(pipeline, plain).consultant is None
    set_available(pipeline, "ben", available=True)
    assert decision_on(pipeline, plain).consultant == "ben"


def test_a_holder_who_satisfies_the_new_needs_keeps_the_inquiry(pipeline: Pipeline) -> None:
    first, second = send(pipeline, body="One."), send(pipeline, body="Two.")
    assert [decision_on(pipeline, one).consultant for one in (first, second)] == ["ann", "ben"]
    pipeline.clock = lambda: second.received_at + timedelta(hours=4, minutes=1)
    pipeline.review()
    assert [decision_on(pipeline, one).consultant for one in (first, second)] == ["ann", "ann"]
    assert "Stays with Ann" in decision_on(pipeline, first).reasons


def test_what_is_reopened_goes_into_the_queue_when_its_consultant_is_full(pipeline: Pipeline) -> None:
    for name in ("ann", "ben"):
        set_available(pipeline, name, available=False)
    held = [send(pipeline, body=f"Matter {n}.") for n in range(3)]
    step(pipeline, held[0].id, Status.IN_PROGRESS, Status.RESOLVED)
    refill = send(pipeline, body="Another matter.")
    assert decision_on(pipeline, refill).consultant == "cat"
    step(pipeline, held[0].id, Status.REOPENED)
    pipeline.review()
    assert decision_on(pipeline, held[0]).consultant is None
    assert counted(pipeline, "SELECT count(*) FROM inquiries WHERE consultant_id = 'cat'") == 3
    set_available(pipeline, "ann", available=True)
    assert decision_on(pipeline, held[0]).consultant == "ann"


def test_what_waits_for_a_consultant_cannot_be_in_progress(pipeline: Pipeline) -> None:
    for name in ("ann", "ben", "cat"):
        set_available(pipeline, name, available=False)
    waiting = send(pipeline)
    with pytest.raises(IllegalStatusChange, match="waits for a consultant"):
        step(pipeline, waiting.id, Status.IN_PROGRESS)


def test_hours_that_change_the_score_alone_make_no_new_decision(pipeline: Pipeline) -> None:
    inquiry = send(pipeline)
    for hours in (1, 2, 3):
        pipeline.clock = lambda hours=hours: inquiry.received_at + timedelta(hours=hours, minutes=1)  # type: ignore[misc]
        pipeline.review()
    assert decision_on(pipeline, inquiry).decided_at > inquiry.received_at + timedelta(hours=3)
    assert counted(pipeline, "SELECT count(*) FROM routing_decisions") <= 2  # two if a band was crossed


def test_a_key_forgotten_at_the_wrong_moment_makes_the_request_the_first_again(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = IdempotencyKey(scope="test", key="k", fingerprint="f")
    pipeline.accept(an_inquiry(), via="test", key=key)
    reserve = idempotency.reserve

    def reserve_and_forget(connection: Connection, key: IdempotencyKey, inquiry_id: UUID) -> bool:
        taken = reserve(connection, key, inquiry_id)
        connection.execute(text("DELETE FROM idempotency_keys WHERE NOT :taken"), {"taken": taken})
        return taken

    monkeypatch.setattr(idempotency, "reserve", reserve_and_forget)
    assert pipeline.accept(an_inquiry(), via="test", key=key).lease is not None
    assert counted(pipeline, "SELECT count(*) FROM inquiries") == 2


def test_nobody_exceeds_their_capacity_and_the_rest_waits(pipeline: Pipeline) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: send(pipeline, body=f"Question number {n}."), range(14)))
    question = "SELECT coalesce(consultant_id, 'waiting'), count(*) FROM inquiries GROUP BY 1"
    with pipeline.database.transaction() as connection:
        assert dict(connection.execute(text(question)).all()) == {"ann": 3, "ben": 3, "cat": 3, "waiting": 5}


def test_a_queue_is_drained_by_priority_when_someone_frees_up(pipeline: Pipeline) -> None:
    busy = [send(pipeline, body=f"Matter {n}.") for n in range(9)]
    plain = send(pipeline, body="Matter of no haste.")
    first_class = send(pipeline, body="Matter of no haste.", sender_email="x@first.example")
    assert decision_on(pipeline, plain).consultant is None
    assert decision_on(pipeline, first_class).consultant is None
    holder = decision_on(pipeline, busy[0]).consultant
    step(pipeline, busy[0].id, Status.IN_PROGRESS, Status.RESOLVED)
    assert decision_on(pipeline, first_class).consultant == holder
    assert decision_on(pipeline, plain).consultant is None


def test_a_newcomer_does_not_overtake_who_waits_already(pipeline: Pipeline) -> None:
    busy = [send(pipeline, body=f"Matter {n}.") for n in range(9)]
    waiting = send(pipeline, body="Matter of no haste.")
    with pipeline.database.transaction() as connection:
        inquiries.change_status(connection, busy[0].id, to=Status.IN_PROGRESS)
        inquiries.change_status(connection, busy[0].id, to=Status.RESOLVED)  # nobody hands out the queue yet
    newcomer = send(pipeline, body="Matter of no haste.")
    assert decision_on(pipeline, waiting).consultant is not None
    assert decision_on(pipeline, newcomer).consultant is None


def test_who_is_away_gets_nothing_and_who_comes_back_gets_what_waits(pipeline: Pipeline) -> None:
    for name in ("ann", "ben", "cat"):
        set_available(pipeline, name, available=False)
    waiting = [send(pipeline, body=f"Matter {n}.") for n in range(2)]
    assert [decision_on(pipeline, one).consultant for one in waiting] == [None, None]
    set_available(pipeline, "ben", available=True)
    assert [decision_on(pipeline, one).consultant for one in waiting] == ["ben", "ben"]


def test_age_escalates_and_moves_what_nobody_has_begun(pipeline: Pipeline) -> None:
    set_available(pipeline, "ann", available=False)
    inquiry = send(pipeline)
    assert decision_on(pipeline, inquiry).consultant in {"ben", "cat"}
    set_available(pipeline, "ann", available=True)
    pipeline.clock = lambda: inquiry.received_at + timedelta(hours=4, minutes=1)
    assert pipeline.review() == 1
    decision = decision_on(pipeline, inquiry)
    assert (decision.escalation_level, decision.consultant) == (1, "ann")
    assert counted(pipeline, "SELECT count(*) FROM routing_decisions WHERE is_current") == 1
    assert counted(pipeline, "SELECT count(*) FROM routing_decisions") == 2


def test_age_escalates_what_waits_and_counts_it_once(pipeline: Pipeline) -> None:
    for name in ("ann", "ben", "cat"):
        set_available(pipeline, name, available=False)
    waiting = [send(pipeline, body=f"Matter {n}.") for n in range(3)]
    with pipeline.database.transaction() as connection:
        connection.execute(text("UPDATE consultants SET available = true"))
    pipeline.clock = lambda: waiting[2].received_at + timedelta(hours=4, minutes=1)
    assert pipeline.review() == 3
    assert [decision_on(pipeline, one).consultant for one in waiting] == ["ann", "ann", "ann"]


def test_who_is_full_may_keep_what_escalates_to_them(pipeline: Pipeline) -> None:
    for name in ("ben", "cat"):
        set_available(pipeline, name, available=False)
    held = [send(pipeline, body=f"Matter {n}.") for n in range(3)]
    assert {decision_on(pipeline, one).consultant for one in held} == {"ann"}
    pipeline.clock = lambda: held[2].received_at + timedelta(hours=4, minutes=1)
    pipeline.review()
    decisions = [decision_on(pipeline, one) for one in held]
    assert [(one.consultant, one.escalation_level) for one in decisions] == [("ann", 1)] * 3


def test_new_rules_and_assignments_do_not_lock_each_other_out(
    database: Database, predictor: Predictor, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES.read_text())
    pipelines = [pipeline_over(database, predictor, rules=rules) for _ in range(4)]

    def work_on(pipeline: Pipeline) -> None:
        for number in range(10):
            send(pipeline, body=f"Question {number}.")
            if pipeline is pipelines[0]:
                rules.write_text(RULES.read_text() + f"# edit {number}\n")
                rules.write_text(RULES.read_text().replace("cap: 10", f"cap: {10 + number}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work_on, pipelines))
    assert counted(pipelines[0], "SELECT count(*) FROM inquiries WHERE status = 'routed'") == 40
    assert counted(pipelines[0], "SELECT count(*) FROM rule_sets") >= 2


def test_age_raises_the_score_and_leaves_the_inquiry_with_its_consultant(pipeline: Pipeline) -> None:
    inquiry = send(pipeline)
    before = decision_on(pipeline, inquiry)
    pipeline.clock = lambda: inquiry.received_at + timedelta(hours=2, minutes=1)
    pipeline.review()
    after = decision_on(pipeline, inquiry)
    assert after.priority_score == before.priority_score + 4
    assert after.consultant == before.consultant


def test_what_lies_with_someone_who_left_goes_to_someone_else(
    database: Database, predictor: Predictor, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES.read_text())
    pipeline = pipeline_over(database, predictor, rules=rules)
    set_available(pipeline, "ann", available=False)
    set_available(pipeline, "cat", available=False)
    inquiry = send(pipeline)
    assert decision_on(pipeline, inquiry).consultant == "ben"
    set_available(pipeline, "ann", available=True)
    rules.write_text(RULES.read_text().replace("  ben: {name: Ben, departments: [front], capacity: 3}\n", ""))
    pipeline.review()
    assert decision_on(pipeline, inquiry).consultant == "ann"
    with pipeline.database.transaction() as connection:
        assert [one.consultant.id for one in directory.list_consultants(connection)] == ["ann", "cat"]


def test_a_missing_model_degrades_and_does_not_stop(pipeline: Pipeline, tmp_path: Path) -> None:
    with predictor_of(tmp_path / "no-such-bundle", pipeline.metrics) as blind:
        inquiry = send(pipeline_over(pipeline.database, blind), body="Please refund the invoice, I was charged twice.")
    assert pipeline.metrics.registry.get_sample_value("inquiry_model_fallbacks_total", {"reason": "bundle"}) == 1
    with pipeline.database.transaction() as connection:
        stored = inquiries.get(connection, inquiry.id)
    assert stored.prediction is not None
    assert stored.prediction.degraded
    assert stored.prediction.category == "billing"
    assert stored.decision is not None


def test_metrics_count_what_happened(pipeline: Pipeline) -> None:
    send(pipeline)
    read = pipeline.metrics.registry.get_sample_value
    assert read("inquiry_pipeline_accepted_total", {"via": "test"}) == 1
    assert read("inquiry_pipeline_recorded_total", {"by": "request"}) == 1
    assert read("inquiry_pipeline_seconds_to_route_count") == 1
    decisions = read(
        "inquiry_routing_decisions_total", {"department": "front", "priority": "normal", "state": "assigned"}
    )
    low = read("inquiry_routing_decisions_total", {"department": "front", "priority": "low", "state": "assigned"})
    assert (decisions or 0) + (low or 0) == 1

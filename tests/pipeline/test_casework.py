"""Corrections, handovers, giving back: against a real database and a real model, alone and all at once."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from inquiry_pipeline.core.errors import IllegalAssignment, InquiryError, NotAssessed, NotFound, StoreBusy, UnknownLabel
from inquiry_pipeline.core.feedback import Judgement
from inquiry_pipeline.core.inquiry import Inquiry, Status
from inquiry_pipeline.core.prediction import Sentiment, Urgency
from inquiry_pipeline.core.routing import BY_HAND, Handover
from inquiry_pipeline.entrypoints.worker import Worker, WorkerOptions
from inquiry_pipeline.nlp.predictor import Predictor
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store import history, inquiries
from inquiry_pipeline.store.database import Database
from tests.support.builders import an_inquiry
from tests.support.casework import ask, assert_consistent, give, holder_of, judge, prediction_on
from tests.support.desk import decision_on, pipeline_over, send, set_available, step

RULES = Path(__file__).parents[1] / "support" / "two_departments.yaml"
BILLING = "I was charged twice on my invoice, refund the payment."
NONSENSE = "qwerty asdf zxcv lorem ipsum dolor"


@pytest.fixture
def pipeline(database: Database, predictor: Predictor) -> Pipeline:
    return pipeline_over(database, predictor, rules=RULES)


def decisions(pipeline: Pipeline, inquiry: Inquiry) -> int:
    return int(ask(pipeline.database, "SELECT count(*) FROM routing_decisions WHERE inquiry_id = :id", id=inquiry.id))


def status_of(pipeline: Pipeline, inquiry: Inquiry) -> str:
    return str(ask(pipeline.database, "SELECT status FROM inquiries WHERE id = :id", id=inquiry.id))


def test_the_texts_here_are_read_as_these_tests_need(pipeline: Pipeline) -> None:
    certain, suggested = send(pipeline, body=BILLING), send(pipeline, body=NONSENSE)
    assert prediction_on(pipeline, certain).category == "billing"
    assert decision_on(pipeline, certain).department == "service"
    assert decision_on(pipeline, suggested).triaged


def test_a_corrected_category_goes_to_its_department_and_the_prediction_stays(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=BILLING)
    predicted = prediction_on(pipeline, inquiry)
    judge(pipeline, inquiry, category="legal", comment="It is about a contract")
    decision = decision_on(pipeline, inquiry)
    assert (decision.department, decision.consultant) == ("office", "cat")
    assert "Corrected by Ann: category legal instead of billing" in decision.reasons
    assert "Category legal (said by a person): Office" in decision.reasons
    assert (decision.actor, decision.note) == ("ann", "It is about a contract")
    assert prediction_on(pipeline, inquiry) == predicted
    assert ask(pipeline.database, "SELECT category FROM inquiries WHERE id = :id", id=inquiry.id) == "legal"
    assert decisions(pipeline, inquiry) == 2
    assert_consistent(pipeline.database)


def test_a_correction_outlives_every_later_review(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=BILLING)
    judge(pipeline, inquiry, category="legal")
    pipeline.clock = lambda: inquiry.received_at + timedelta(hours=5)
    assert pipeline.review() == 1
    decision = decision_on(pipeline, inquiry)
    assert (decision.department, decision.escalation_level) == ("office", 2)
    assert "Corrected by Ann: category legal instead of billing" in decision.reasons


def test_a_holder_who_is_still_right_keeps_what_is_corrected(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=BILLING)
    holder = holder_of(pipeline, inquiry)
    step(pipeline, inquiry.id, Status.IN_PROGRESS)
    judge(pipeline, inquiry, category="sales")
    decision = decision_on(pipeline, inquiry)
    assert (decision.department, decision.consultant) == ("service", holder)
    assert f"Stays with {str(holder).title()}" in decision.reasons
    assert status_of(pipeline, inquiry) == "in_progress"
    assert decisions(pipeline, inquiry) == 2


def test_what_is_in_progress_and_moves_is_routed_again_on_record(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=BILLING)
    step(pipeline, inquiry.id, Status.IN_PROGRESS)
    judge(pipeline, inquiry, category="hr", actor="ben", comment="Asks about leave")
    assert (status_of(pipeline, inquiry), holder_of(pipeline, inquiry)) == ("routed", "cat")
    with pipeline.database.transaction() as connection:
        last = history.of(connection, inquiry.id).steps[-1]
    assert (last.from_status, last.to_status, last.actor, last.reason) == (
        "in_progress",
        "routed",
        "ben",
        "Asks about leave",
    )


def test_what_a_correction_frees_is_given_to_who_waits(pipeline: Pipeline) -> None:
    set_available(pipeline, "ben", available=False)
    held = [send(pipeline, body=BILLING) for _ in range(3)]
    assert [holder_of(pipeline, one) for one in held] == ["ann", "ann", None]
    judge(pipeline, held[0], category="legal")
    assert [holder_of(pipeline, one) for one in held] == ["cat", "ann", "ann"]


def test_a_corrected_urgency_raises_priority_and_escalates(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=BILLING)
    before = decision_on(pipeline, inquiry)
    judge(pipeline, inquiry, urgency=Urgency.CRITICAL, sentiment=Sentiment.NEGATIVE)
    after = decision_on(pipeline, inquiry)
    assert before.priority_score < 60
    assert after.priority_score >= 95
    assert after.escalation_level == 1
    assert after.consultant == before.consultant
    assert "Corrected by Ann: urgency critical instead of" in " ".join(after.reasons)
    assert "Urgency critical: +70 points (Ann says so)" in after.reasons
    queued = ask(pipeline.database, "SELECT priority_score FROM inquiries WHERE id = :id", id=inquiry.id)
    assert queued == after.priority_score


def test_a_confirmation_changes_nothing_but_is_stored(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=BILLING)
    before = decision_on(pipeline, inquiry)
    judge(pipeline, inquiry, as_it_is=True)
    assert decision_on(pipeline, inquiry) == before
    assert decisions(pipeline, inquiry) == 1
    count = pipeline.metrics.registry.get_sample_value
    for task in ("category", "sentiment", "urgency"):
        assert count("inquiry_feedback_total", {"task": task, "kind": "confirmed"}) == 1
        assert count("inquiry_feedback_total", {"task": task, "kind": "corrected"}) == 0


def test_a_confirmed_suggestion_leaves_triage(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=NONSENSE)
    assert decision_on(pipeline, inquiry).department == "triage"
    judge(pipeline, inquiry, as_it_is=True, actor="dan")
    category = prediction_on(pipeline, inquiry).category
    decision = decision_on(pipeline, inquiry)
    assert decision.department == pipeline.rules().department_for(category).id  # type: ignore[union-attr]
    assert not decision.triaged
    assert f"Confirmed by Dan: category {category}" in decision.reasons


def test_a_correction_that_shall_not_reroute_never_does(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=BILLING)
    before = decision_on(pipeline, inquiry)
    judge(pipeline, inquiry, category="legal", reroute=False)
    assert decision_on(pipeline, inquiry) == before
    assert ask(pipeline.database, "SELECT category FROM inquiries WHERE id = :id", id=inquiry.id) == "legal"
    pipeline.clock = lambda: inquiry.received_at + timedelta(hours=5)
    pipeline.review()
    assert decision_on(pipeline, inquiry).department == "service"


def test_the_last_word_on_each_task_counts(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=BILLING)
    judge(pipeline, inquiry, category="legal")
    judge(pipeline, inquiry, urgency=Urgency.LOW)
    assert decision_on(pipeline, inquiry).department == "office"
    judge(pipeline, inquiry, category="billing", actor="ben")
    decision = decision_on(pipeline, inquiry)
    assert decision.department == "service"
    assert "Confirmed by Ben: category billing" in decision.reasons
    assert not any("instead of billing" in reason for reason in decision.reasons)
    assert ask(pipeline.database, "SELECT count(*) FROM feedback") == 3
    with pipeline.database.transaction() as connection:
        labels = inquiries.get(connection, inquiry.id).labels
    assert labels is not None
    assert (labels.category, labels.urgency) == ("billing", Urgency.LOW)


def test_what_is_resolved_follows_its_correction_when_it_is_reopened(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=BILLING)
    step(pipeline, inquiry.id, Status.IN_PROGRESS, Status.RESOLVED)
    judge(pipeline, inquiry, category="legal")
    assert decision_on(pipeline, inquiry).department == "service"
    step(pipeline, inquiry.id, Status.REOPENED)
    pipeline.review()
    assert (decision_on(pipeline, inquiry).department, holder_of(pipeline, inquiry)) == ("office", "cat")


def test_nothing_is_stored_of_a_category_that_nobody_knows(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=BILLING)
    with pytest.raises(UnknownLabel, match="no category 'weather'; known are: billing, hr, legal") as refused:
        judge(pipeline, inquiry, category="weather")
    assert refused.value.field == "category"
    assert ask(pipeline.database, "SELECT count(*) FROM feedback") == 0


def test_what_is_not_assessed_can_be_neither_judged_nor_taken(pipeline: Pipeline) -> None:
    inquiry = an_inquiry()
    pipeline.accept(inquiry, via="test")
    with pytest.raises(NotAssessed):
        judge(pipeline, inquiry, as_it_is=True)
    with pytest.raises(NotAssessed):
        give(pipeline, inquiry, "ann")
    with pytest.raises(NotFound):
        judge(pipeline, an_inquiry(), as_it_is=True)


def waiting_inquiry(pipeline: Pipeline) -> Inquiry:
    """One in the queue of `service`, with everybody there in the end."""
    for name in ("ann", "ben"):
        set_available(pipeline, name, available=False)
    inquiry = send(pipeline, body=BILLING)
    with pipeline.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE consultants SET available = true")
    assert holder_of(pipeline, inquiry) is None
    return inquiry


def test_a_consultant_takes_what_waits(pipeline: Pipeline) -> None:
    inquiry = waiting_inquiry(pipeline)
    pipeline.hand_over(inquiry.id, Handover(actor="ben", consultant="ben", reason="I know them"))
    decision = decision_on(pipeline, inquiry)
    assert (decision.consultant, decision.strategy, decision.department) == ("ben", BY_HAND, "service")
    assert (decision.actor, decision.note) == ("ben", "I know them")
    assert "Taken by Ben: I know them" in decision.reasons
    assert [(one.consultant, one.chosen) for one in decision.candidates] == [("ben", True)]
    assert decisions(pipeline, inquiry) == 2
    assert_consistent(pipeline.database)


def test_what_somebody_has_is_taken_from_them_only_knowingly(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=BILLING)
    assert holder_of(pipeline, inquiry) == "ann"
    with pytest.raises(IllegalAssignment, match=r"is with Ann \(ann\); to take it from them, send held_by: ann"):
        pipeline.hand_over(inquiry.id, Handover(actor="ben", consultant="ben"))
    with pytest.raises(IllegalAssignment, match=r"no longer with cat; it is with Ann"):
        give(pipeline, inquiry, "ben", held_by="cat", seen=True)
    with pytest.raises(IllegalAssignment, match="no longer with nobody; it is with Ann"):
        give(pipeline, inquiry, "ben", held_by=None, seen=True)
    give(pipeline, inquiry, "ben", held_by="ann", seen=True)
    assert holder_of(pipeline, inquiry) == "ben"


def test_whoever_has_it_hands_it_over_and_what_was_begun_is_routed_again(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=BILLING)
    step(pipeline, inquiry.id, Status.IN_PROGRESS)
    pipeline.hand_over(inquiry.id, Handover(actor="ann", consultant="ben", reason="Holiday"))
    assert (holder_of(pipeline, inquiry), status_of(pipeline, inquiry)) == ("ben", "routed")
    assert "Given to Ben by Ann: Holiday" in decision_on(pipeline, inquiry).reasons
    pipeline.hand_over(inquiry.id, Handover(actor="ben", consultant="ben"))
    assert decisions(pipeline, inquiry) == 2  # what they have already changes nothing


def test_a_full_desk_is_noted_and_stops_nobody(pipeline: Pipeline) -> None:
    held = [send(pipeline, body=BILLING) for _ in range(4)]
    waiting = send(pipeline, body=BILLING)
    assert Counter(holder_of(pipeline, one) for one in held) == {"ann": 2, "ben": 2}
    give(pipeline, waiting, "ann", actor="ann")
    assert holder_of(pipeline, waiting) == "ann"
    assert "More than their capacity: 2 of 2 open" in decision_on(pipeline, waiting).reasons


def test_who_is_away_unknown_or_too_late_is_refused(pipeline: Pipeline) -> None:
    inquiry = waiting_inquiry(pipeline)
    set_available(pipeline, "cat", available=False)
    with pytest.raises(IllegalAssignment, match="Cat is away"):
        give(pipeline, inquiry, "cat")
    with pytest.raises(IllegalAssignment, match="no consultant 'zoe' in the rules"):
        give(pipeline, inquiry, "zoe")
    with pytest.raises(IllegalAssignment, match="waits in the queue already"):
        give(pipeline, inquiry, None)
    give(pipeline, inquiry, "ann")
    step(pipeline, inquiry.id, Status.IN_PROGRESS, Status.RESOLVED)
    with pytest.raises(IllegalAssignment, match="resolved; reopen it first"):
        give(pipeline, inquiry, "ben")
    assert_consistent(pipeline.database)


def test_somebody_of_another_department_takes_it_with_them_and_age_leaves_it_there(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=BILLING)
    give(pipeline, inquiry, "cat")
    decision = decision_on(pipeline, inquiry)
    assert (decision.department, decision.consultant) == ("office", "cat")
    assert "Goes to Office with them" in decision.reasons
    pipeline.clock = lambda: inquiry.received_at + timedelta(hours=2, minutes=1)
    pipeline.review_orphans()
    assert pipeline.review() == 1
    later = decision_on(pipeline, inquiry)
    assert (later.department, later.consultant, later.strategy) == ("office", "cat", BY_HAND)
    assert later.priority_score > decision.priority_score


def test_an_escalation_prevails_over_what_was_given_by_hand(pipeline: Pipeline) -> None:
    inquiry = waiting_inquiry(pipeline)
    give(pipeline, inquiry, "ben")
    pipeline.clock = lambda: inquiry.received_at + timedelta(hours=4, minutes=1)
    pipeline.review()
    assert holder_of(pipeline, inquiry) == "ann"  # of level 2, which the rule asks for


def test_a_later_correction_prevails_over_what_was_given_by_hand(pipeline: Pipeline) -> None:
    corrected, urgent, resolved = (waiting_inquiry(pipeline) for _ in range(3))
    for one in (corrected, urgent, resolved):
        give(pipeline, one, "ben", actor="ben")
    judge(pipeline, corrected, category="legal", actor="ben")
    assert (decision_on(pipeline, corrected).department, holder_of(pipeline, corrected)) == ("office", "cat")
    judge(pipeline, urgent, urgency=Urgency.LOW, actor="ben")
    assert (decision_on(pipeline, urgent).strategy, holder_of(pipeline, urgent)) == (BY_HAND, "ben")
    step(pipeline, resolved.id, Status.IN_PROGRESS, Status.RESOLVED)
    judge(pipeline, resolved, category="legal")
    step(pipeline, resolved.id, Status.REOPENED)
    pipeline.review()
    assert decision_on(pipeline, resolved).department == "office"


def test_who_takes_a_suggestion_and_settles_it_lets_it_go_to_its_department(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=NONSENSE)
    give(pipeline, inquiry, "dan", actor="dan")
    assert decision_on(pipeline, inquiry).triaged
    judge(pipeline, inquiry, category="billing", actor="dan")
    assert (decision_on(pipeline, inquiry).department, holder_of(pipeline, inquiry)) == ("service", "ann")


def test_what_the_queue_gives_out_later_nobody_caused(pipeline: Pipeline) -> None:
    for name in ("cat", "dan"):
        set_available(pipeline, name, available=False)
    inquiry = send(pipeline, body=BILLING)
    judge(pipeline, inquiry, category="legal", comment="A contract")
    assert (holder_of(pipeline, inquiry), decision_on(pipeline, inquiry).actor) == (None, "ann")
    set_available(pipeline, "cat", available=True)
    decision = decision_on(pipeline, inquiry)
    assert (decision.consultant, decision.actor, decision.note) == ("cat", None, None)
    assert "Corrected by Ann: category legal instead of billing" in decision.reasons


def test_what_is_given_back_goes_to_somebody_else(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=BILLING)
    step(pipeline, inquiry.id, Status.IN_PROGRESS)
    give(pipeline, inquiry, None, actor="ann", reason="Not mine")
    decision = decision_on(pipeline, inquiry)
    assert (decision.consultant, status_of(pipeline, inquiry)) == ("ben", "routed")
    assert "Given back by Ann: Not mine" in decision.reasons
    assert {one.consultant: one.reason for one in decision.candidates}["ann"] == "gave it back"


def test_what_was_given_back_waits_for_others_until_it_escalates(pipeline: Pipeline) -> None:
    set_available(pipeline, "ben", available=False)
    inquiry = send(pipeline, body=BILLING)
    give(pipeline, inquiry, None, actor="ann")
    assert holder_of(pipeline, inquiry) is None
    assert pipeline.assign_waiting(frozenset({"service"})) == 0
    pipeline.clock = lambda: inquiry.received_at + timedelta(hours=1, minutes=1)
    pipeline.review()
    assert holder_of(pipeline, inquiry) is None
    pipeline.clock = lambda: inquiry.received_at + timedelta(hours=4, minutes=1)
    pipeline.review()
    assert holder_of(pipeline, inquiry) == "ann"
    assert_consistent(pipeline.database)


def test_what_nobody_else_could_take_cannot_be_given_back(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=NONSENSE)
    assert holder_of(pipeline, inquiry) == "dan"
    with pytest.raises(IllegalAssignment, match="Nobody else works in Triage"):
        give(pipeline, inquiry, None, actor="dan")
    assert holder_of(pipeline, inquiry) == "dan"


def test_of_many_who_take_the_same_inquiry_at_once_one_gets_it(pipeline: Pipeline) -> None:
    for _ in range(3):
        inquiry = waiting_inquiry(pipeline)
        people = ["ann", "ben", "cat", "dan"] * 2
        start = threading.Barrier(len(people))

        def take(person: str, inquiry: Inquiry = inquiry, start: threading.Barrier = start) -> str | None:
            start.wait()
            with suppress(IllegalAssignment):
                pipeline.hand_over(inquiry.id, Handover(actor=person, consultant=person))
                return person
            return None

        with ThreadPoolExecutor(len(people)) as pool:
            winners = {one for one in pool.map(take, people) if one is not None}
        assert winners == {holder_of(pipeline, inquiry)}  # their second click changes nothing
        assert decisions(pipeline, inquiry) == 2
        step(pipeline, inquiry.id, Status.IN_PROGRESS, Status.RESOLVED)
    assert_consistent(pipeline.database)


def test_a_correction_waits_for_a_review_and_prevails(pipeline: Pipeline) -> None:
    inquiry = send(pipeline, body=BILLING)
    pipeline.clock = lambda: inquiry.received_at + timedelta(hours=4, minutes=1)
    start = threading.Barrier(3)

    def together(do: str) -> None:
        start.wait()
        if do == "review":
            pipeline.review()
        else:
            judge(pipeline, inquiry, category="legal")

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(together, ["review", "correct", "review"]))
    assert decision_on(pipeline, inquiry).department == "office"
    assert_consistent(pipeline.database)


def test_everybody_at_once_leaves_exactly_one_current_decision(pipeline: Pipeline) -> None:
    sent = [send(pipeline, body=f"{BILLING} {n}") for n in range(12)]
    stop = threading.Event()
    worker = threading.Thread(target=Worker(pipeline, WorkerOptions(sweep_seconds=0.01)).run, args=(stop,))
    ages = iter(range(10_000))
    pipeline.clock = lambda: sent[0].received_at + timedelta(minutes=next(ages))
    worker.start()

    def busy(seed: int) -> Counter[str]:
        random, seen = Random(seed), Counter[str]()
        for _ in range(25):
            try:
                seen[_something(pipeline, random, random.choice(sent))] += 1
            except StoreBusy:
                raise
            except InquiryError as refusal:
                seen[type(refusal).__name__] += 1
        return seen

    try:
        with ThreadPoolExecutor(6) as pool:
            seen = sum(pool.map(busy, range(6)), Counter())
    finally:
        stop.set()
        worker.join(20)
    assert seen["judged"] > 10
    assert seen["given"] > 10
    assert ask(pipeline.database, "SELECT count(*) FROM feedback") == seen["judged"]
    pipeline.review()  # what was reopened for somebody who is full by now
    assert_consistent(pipeline.database)


def _something(pipeline: Pipeline, random: Random, inquiry: Inquiry) -> str:
    who = random.choice(["ann", "ben", "cat", "dan"])
    what = random.randrange(4)
    if what == 0:
        category = random.choice(["legal", "billing", "sales", "hr"])
        freed = pipeline.correct(inquiry.id, Judgement(actor=who, category=category))
        pipeline.assign_waiting(freed)
        return "judged"
    if what == 1:
        give(pipeline, inquiry, who, actor=who)
        return "given"
    if what == 2:
        give(pipeline, inquiry, None, actor=who)
        return "given back"
    step(pipeline, inquiry.id, random.choice([Status.IN_PROGRESS, Status.RESOLVED, Status.REOPENED]))
    return "stepped"

"""Assignment: what each strategy does, what is relaxed and when, and what is true of every sequence."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inquiry_pipeline.core.routing import Needs, RosterEntry
from inquiry_pipeline.routing.assignment import WaitingInquiry, assign, place, take_turn
from tests.routing.building import NOON, decision, entry

STRATEGIES = ("round_robin", "skill_based", "load_balanced")


def taken_by(roster: Sequence[RosterEntry], strategy: str = "round_robin", **needs: Any) -> str | None:
    return assign(decision(strategy, **needs), roster).consultant


def reasons(roster: Sequence[RosterEntry], strategy: str = "round_robin", **needs: Any) -> dict[str, str]:
    """Everyone's reason for being chosen or passed over, by id."""
    made = assign(decision(strategy, **needs), roster)
    return {candidate.consultant: candidate.reason for candidate in made.candidates}


# --- strategies


def test_round_robin_takes_whoever_waited_longest():
    roster = [entry("ada", last_turn=7), entry("bob", last_turn=5), entry("cem", last_turn=6)]
    assert taken_by(roster) == "bob"
    assert reasons(roster) == {
        "ada": "had a turn more recently than Bob",
        "bob": "next in turn",
        "cem": "had a turn more recently than Bob",
    }


def test_round_robin_does_not_flood_who_returns():
    roster: tuple[RosterEntry, ...] = (
        entry("ada", last_turn=90),
        entry("bob", last_turn=91),
        entry("back", last_turn=2),
    )
    given_out: Counter[str] = Counter()
    for _ in range(9):
        chosen = str(taken_by(roster))
        given_out[chosen] += 1
        roster = take_turn(roster, chosen)
    assert given_out == {"ada": 3, "bob": 3, "back": 3}


def test_load_balanced_looks_at_capacity_and_weight():
    roster = [
        entry("ada", open_inquiries=4, capacity=10),
        entry("bob", open_inquiries=3, capacity=10, weight=0.5),
        entry("cem", open_inquiries=7, capacity=20),
    ]
    assert taken_by(roster, "load_balanced") == "cem"
    assert reasons(roster, "load_balanced") == {
        "ada": "carries more load: 40% against 35%",
        "bob": "carries more load: 60% against 35%",
        "cem": "carries the least load, 35%",
    }


def test_skill_based_prefers_specialists_then_the_lowest_sufficient_level_then_load():
    roster = [
        entry("other", categories=("billing",)),
        entry("generalist"),
        entry("senior", categories=("technical_support",), level=3),
        entry("busy", categories=("technical_support",), level=1, open_inquiries=5),
        entry("calm", categories=("technical_support",), level=1, open_inquiries=4),
    ]
    assert taken_by(roster, "skill_based") == "calm"
    assert reasons(roster, "skill_based") == {
        "other": "less specialised in technical_support than Calm",
        "generalist": "less specialised in technical_support than Calm",
        "senior": "level 3 is kept free, level 1 will do",
        "busy": "carries more load: 25% against 20%",
        "calm": "specialist in technical_support, level 1, 20% load",
    }
    assert taken_by(roster, "skill_based", level=2) == "senior"
    assert taken_by(roster[:2], "skill_based") == "generalist"


def test_equals_are_told_apart_by_id():
    roster = [entry("bob"), entry("ada")]
    for strategy in STRATEGIES:
        assert taken_by(roster, strategy) == "ada"
        assert reasons(roster, strategy)["bob"] == "stands equal with Ada, who comes first by id"


# --- hard needs, and how they give way


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_everyone_passed_over_for_a_need_is_told_why(strategy):
    roster = [
        entry("away", away=True),
        entry("full", open_inquiries=20, level=2),
        entry("junior"),
        entry("german", languages=("de",), level=3),
        entry("right", languages=("en", "de"), level=2),
    ]
    assert taken_by(roster, strategy, level=2) == "right"
    got = reasons(roster, strategy, level=2)
    assert got["away"] == "away"
    assert got["full"] == "full: 20 of 20 open"
    assert got["junior"] == "level 1, level 2 is needed"
    assert got["german"] == "does not read en"


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_language_is_waited_for_while_a_reader_is_available(strategy):
    roster = [entry("ada", languages=("en",)), entry("ewa", languages=("pl",), open_inquiries=20)]
    made = assign(decision(strategy, language="pl"), roster)
    assert made.waiting
    assert made.reasons == ("Waits: everyone in support who could take it is full",)
    assert [candidate.reason for candidate in made.candidates] == ["does not read pl", "full: 20 of 20 open"]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_language_gives_way_when_no_reader_is_available(strategy):
    roster = [entry("ada", languages=("en",)), entry("ewa", languages=("pl",), away=True)]
    made = assign(decision(strategy, language="pl"), roster)
    assert made.consultant == "ada"
    assert "Nobody available reads pl: given out without regard to language" in made.reasons


def test_an_unknown_language_is_no_need():
    assert taken_by([entry("ada", languages=("de",))], language="und") == "ada"


def test_level_gives_way_to_the_highest_available():
    roster = [entry("one"), entry("two", level=2, last_turn=9), entry("three", level=3, away=True)]
    made = assign(decision(level=3), roster)
    assert made.consultant == "two"
    assert "Nobody of level 3 is available: given to level 2" in made.reasons


def test_a_full_senior_is_waited_for():
    assert taken_by([entry("one"), entry("three", level=3, open_inquiries=20)], level=3) is None


def test_a_manager_is_asked_for_and_gives_way_when_away():
    roster = [entry("ada", manager=True, last_turn=9, level=2), entry("bob")]
    assert taken_by(roster, manager=True) == "ada"
    assert reasons(roster, manager=True)["bob"] == "not a manager, a manager is needed"
    made = assign(decision(manager=True), [replace(roster[0], available=False), roster[1]])
    assert made.consultant == "bob"
    assert "No manager is available: given out as usual" in made.reasons


def test_a_manager_of_lower_level_will_do():
    roster = [entry("ada", manager=True, level=1), entry("bob", level=3)]
    made = assign(decision(manager=True, level=3), roster)
    assert made.consultant == "ada"
    assert "Nobody of level 3 is available: given to level 1" in made.reasons


def test_language_is_kept_before_seniority():
    roster = [entry("ada", languages=("en",), level=3, manager=True), entry("ewa", languages=("pl",))]
    assert taken_by(roster, language="pl", level=3, manager=True) == "ewa"


def test_a_named_consultant_gets_it_is_waited_for_or_is_replaced():
    roster = [entry("ada"), entry("bob", last_turn=9, languages=("de",))]
    assert taken_by(roster, consultant="bob", level=2, manager=True) == "bob"
    assert reasons(roster, consultant="bob")["ada"] == "another consultant is asked for"
    assert taken_by([roster[0], replace(roster[1], open_inquiries=20)], consultant="bob") is None
    made = assign(decision(consultant="bob"), [roster[0], replace(roster[1], available=False)])
    assert made.consultant == "ada"
    assert "Bob is asked for but not available: given out as usual" in made.reasons
    assert taken_by(roster, consultant="gone") == "ada"


@pytest.mark.parametrize(
    ("roster", "reason"),
    [
        ([], "Waits: nobody belongs to support"),
        ([entry("ada", away=True)], "Waits: nobody in support is available"),
        ([entry("ada", capacity=0)], "Waits: everyone in support who could take it is full"),
    ],
)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_waiting_when_nobody_can_take_it(strategy, roster, reason):
    made = assign(decision(strategy), roster)
    assert made.waiting
    assert made.reasons == (reason,)
    assert assign(made, roster) == made


def test_an_assignment_after_waiting_tells_both():
    waiting = assign(decision(), [entry("ada", away=True)])
    assert assign(waiting, [entry("ada")]).reasons == (
        "Waits: nobody in support is available",
        "Assigned to Ada: next in turn",
    )


def test_an_unknown_strategy_goes_in_turn():
    assert taken_by([entry("ada", last_turn=2), entry("bob", last_turn=1)], "retired_strategy") == "bob"


# --- what is true of every sequence

PEOPLE = st.lists(
    st.builds(
        entry,
        st.sampled_from(["ada", "bob", "cem", "dev", "ewa", "fay"]),
        away=st.booleans(),
        open_inquiries=st.integers(0, 4),
        last_turn=st.integers(0, 9),
        capacity=st.integers(0, 5),
        weight=st.sampled_from([0.25, 0.5, 1.0, 2.0]),
        level=st.integers(1, 3),
        manager=st.booleans(),
        languages=st.sampled_from([(), ("en",), ("de", "en"), ("pl",)]),
        categories=st.sampled_from([(), ("technical_support",), ("billing",)]),
    ),
    max_size=6,
    unique_by=lambda one: one.consultant.id,
)
NEEDS = st.builds(
    Needs,
    category=st.sampled_from(["technical_support", "billing"]),
    language=st.sampled_from(["en", "pl", "und", "fr"]),
    level=st.integers(1, 4),
    manager=st.booleans(),
    consultant=st.sampled_from([None, None, None, "ada", "zoe"]),
)
DECISIONS = st.builds(
    lambda strategy, score, needs: replace(decision(strategy, score=score), needs=needs),
    st.sampled_from(STRATEGIES),
    st.integers(0, 100).map(float),
    NEEDS,
)


@given(names=st.integers(1, 7), turns=st.integers(0, 40), start=st.permutations(range(7)))
def test_round_robin_counts_differ_by_at_most_one(names, turns, start):
    roster = tuple(entry(f"p{n}", last_turn=start[n], capacity=100) for n in range(names))
    counts = Counter({one.consultant.id: 0 for one in roster})
    for _ in range(turns):
        chosen = str(assign(decision(), roster).consultant)
        counts[chosen] += 1
        roster = take_turn(roster, chosen)
        assert max(counts.values()) - min(counts.values()) <= 1


@given(
    shares=st.lists(st.tuples(st.integers(5, 30), st.sampled_from([0.5, 1.0, 1.5])), min_size=1, max_size=6),
    turns=st.integers(0, 60),
)
def test_load_balancing_respects_capacity_times_weight(shares, turns):
    roster = tuple(entry(f"p{n}", capacity=c * 20, weight=w / 20) for n, (c, w) in enumerate(shares))
    for _ in range(turns):
        roster = take_turn(roster, str(taken_by(roster, "load_balanced")))
    quotas = {one.consultant.id: one.consultant.capacity * one.consultant.weight for one in roster}
    for one in roster:
        for other in roster:
            before_the_last = (one.open_inquiries - 1) / quotas[one.consultant.id]
            assert before_the_last <= other.open_inquiries / quotas[other.consultant.id] + 1e-9


@given(made=DECISIONS, roster=PEOPLE)
def test_nobody_away_or_full_gets_anything_and_nobody_free_is_overlooked(made, roster):
    result = assign(made, roster)
    free = {e.consultant.id for e in roster if e.available and e.open_inquiries < e.consultant.capacity}
    assert result.consultant in free | {None}
    assert [c.consultant for c in result.candidates] == [e.consultant.id for e in roster]
    assert [c.consultant for c in result.candidates if c.chosen] == [result.consultant] * (not result.waiting)
    assert all(c.reason for c in result.candidates)
    assert result.needs == made.needs
    if result.waiting and any(e.available for e in roster):
        # It waits only for somebody who is there and full: nothing waits for who is away or does not exist.
        assert any(c.reason.startswith("full") for c in result.candidates)


@given(made=DECISIONS, roster=PEOPLE)
def test_the_order_of_the_roster_does_not_matter(made, roster):
    assert assign(made, roster).consultant == assign(made, roster[::-1]).consultant


@given(made=DECISIONS, roster=PEOPLE)
def test_a_reader_gets_it_whenever_one_is_available(made, roster):
    readers = {e.consultant.id for e in roster if e.available and "pl" in (e.consultant.languages or ("pl",))}
    polish = replace(made, needs=replace(made.needs, language="pl", consultant=None))
    chosen = assign(polish, roster).consultant
    assert chosen in readers or chosen is None or not readers


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("assign"), DECISIONS),
        st.tuples(st.sampled_from(["resolve", "away", "back"]), st.integers(0, 5)),
    ),
    max_size=40,
)


@settings(max_examples=60)
@given(roster=PEOPLE, steps=STEPS)
def test_capacity_holds_under_any_sequence(roster, steps):
    roster = tuple(replace(e, open_inquiries=min(e.open_inquiries, e.consultant.capacity)) for e in roster)
    for verb, value in steps:
        if verb == "assign":
            chosen = assign(value, roster).consultant
            assert chosen is None or next(e for e in roster if e.consultant.id == chosen).available
            roster = take_turn(roster, chosen) if chosen else roster
        elif value < len(roster):
            one = roster[value]
            changed = {
                "resolve": replace(one, open_inquiries=max(0, one.open_inquiries - 1)),
                "away": replace(one, available=False),
                "back": replace(one, available=True),
            }[verb]
            roster = (*roster[:value], changed, *roster[value + 1 :])
        assert all(e.open_inquiries <= e.consultant.capacity for e in roster)


# --- the waiting queue

QUEUES = st.lists(
    st.builds(
        lambda made, minutes, number: WaitingInquiry(
            inquiry_id=UUID(int=number), received_at=NOON + timedelta(minutes=minutes), decision=made
        ),
        DECISIONS,
        st.integers(0, 5),
        st.integers(0, 10_000),
    ),
    max_size=15,
    unique_by=lambda one: one.inquiry_id,
)


def rank(item: WaitingInquiry) -> tuple[float, datetime, UUID]:
    return (-item.decision.priority_score, item.received_at, item.inquiry_id)


@given(queue=QUEUES, roster=PEOPLE)
def test_a_queue_is_drained_by_priority_and_within_capacity(queue, roster):
    roster = [replace(e, open_inquiries=min(e.open_inquiries, e.consultant.capacity)) for e in roster]
    after = place(queue, roster)
    given_out = Counter(item.decision.consultant for item in after.placed)
    assert sorted(i.inquiry_id for i in (*after.placed, *after.waiting)) == sorted(i.inquiry_id for i in queue)
    assert list(after.placed) == sorted(after.placed, key=rank)
    assert all(item in queue for item in after.waiting)
    for before, now in zip(roster, after.roster, strict=True):
        assert now.open_inquiries == before.open_inquiries + given_out[before.consultant.id]
        assert now.open_inquiries <= now.consultant.capacity
        assert before.available or not given_out[before.consultant.id]
    for left in after.waiting:
        alike = [item for item in after.placed if item.decision.needs == left.decision.needs]
        assert all(rank(item) < rank(left) for item in alike)
    assert not place(after.waiting, after.roster).placed


@given(queue=QUEUES, roster=PEOPLE)
def test_placing_equals_assigning_one_after_the_other(queue, roster):
    people, expected = tuple(roster), {}
    for item in sorted(queue, key=rank):
        made = assign(item.decision, people)
        if made.consultant:
            people = take_turn(people, made.consultant)
            expected[item.inquiry_id] = made
    after = place(queue, roster)
    assert {item.inquiry_id: item.decision for item in after.placed} == expected
    assert after.roster == people


def test_who_frees_up_gets_the_most_urgent():
    queue = [
        WaitingInquiry(inquiry_id=UUID(int=n), received_at=NOON, decision=decision(score=score))
        for n, score in enumerate([10.0, 90.0, 50.0])
    ]
    full = [entry("ada", open_inquiries=20)]
    assert place(queue, full).placed == ()
    freed = place(queue, [entry("ada", open_inquiries=18)])
    assert [item.decision.priority_score for item in freed.placed] == [90, 50]
    assert [item.decision.priority_score for item in freed.waiting] == [10]


def test_among_equals_the_oldest_goes_first_then_the_smallest_id():
    queue = [
        WaitingInquiry(inquiry_id=UUID(int=n), received_at=NOON + timedelta(minutes=m), decision=decision())
        for n, m in [(1, 9), (4, 3), (3, 3), (2, 5)]
    ]
    placed = place(queue, [entry("ada", capacity=3)]).placed
    assert [item.inquiry_id.int for item in placed] == [3, 4, 2]


def test_a_turn_can_be_given_a_number():
    assert take_turn([entry("ada", last_turn=3)], "ada", turn=12)[0].last_turn == 12
    assert take_turn([entry("ada", last_turn=3), entry("bob", last_turn=8)], "ada")[0].last_turn == 9


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_placing_a_long_queue_is_quick(strategy):
    queue = [
        WaitingInquiry(inquiry_id=UUID(int=n), received_at=NOON, decision=decision(strategy, score=n % 100))
        for n in range(500)
    ]
    roster = [entry(f"p{n}", capacity=10) for n in range(12)]
    started = time.process_time()
    assert len(place(queue, roster).placed) == 120
    assert time.process_time() - started < 0.5

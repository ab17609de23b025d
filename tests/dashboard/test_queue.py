"""My queue: one consultant's desk, what waits beside it, being there or away."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from inquiry_pipeline.client import ApiError, Client, Problem
from tests.dashboard.conftest import Open, shown

BODY = "I was charged twice for my October invoice. Please refund the second payment."


def listed(page: AppTest) -> list[int]:
    return [len(json.loads(one.proto.json)["rows"]) for one in page.get("bidi_component")]


def said(page: AppTest) -> str:
    return " ".join(one.value for one in page.toast).replace("\\", "")


def test_without_a_name_the_page_asks_for_it(api: Client, opened: Open) -> None:
    page = opened("queue")
    assert "Whose desk is it?" in shown(page)
    page.selectbox(key="queue-identity").set_value("ann").run()
    assert "Your desk is clear." in shown(page)
    assert page.query_params["me"] == "ann"


def test_an_unknown_name_in_the_address_is_no_error(api: Client, opened: Open) -> None:
    page = opened("queue", me="nobody")
    assert not page.exception
    assert "Whose desk is it?" in shown(page)


def test_the_desk_shows_what_one_has_and_what_waits(api: Client, opened: Open) -> None:
    for number in range(11):
        api.submit(f"{BODY} {number}", subject=f"Case {number}")
    page = opened("queue", me="ann")
    assert listed(page) == [3, 2]
    drawn = shown(page)
    assert "of 3 that you can hold" in drawn
    assert 'data-action="resolve"' in drawn
    assert 'data-action="take"' in drawn
    assert "Assigned to Ann" in drawn


def test_the_next_one_is_taken_although_the_desk_is_full(api: Client, opened: Open) -> None:
    for number in range(11):
        api.submit(f"{BODY} {number}")
    first = api.queue("ann").waiting[0]
    page = opened("queue", me="ann")
    page.button(key=f"next-{first.id}").click().run()
    assert "It is yours now." in said(page)
    assert listed(page) == [4, 1]
    assert first.id in {one.id for one in api.queue("ann").items}


def test_the_next_one_is_the_one_that_was_shown_or_none(api: Client, opened: Open) -> None:
    for number in range(11):
        api.submit(f"{BODY} {number}")
    first, second = api.queue("ann").waiting
    page = opened("queue", me="ann")
    api.assign(first.id, "ben", actor="ben")
    page.button(key=f"next-{first.id}").click().run()
    assert "Ben took it meanwhile" in said(page)
    assert [one.id for one in api.queue("ann").waiting] == [second.id]


def test_being_away_that_is_refused_is_said_once_and_not_shown(
    api: Client, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def refuse(_client: Client, _consultant: str, *, available: bool) -> None:
        asked.append(available)
        raise ApiError(Problem(status=503, title="Service Unavailable", detail="Busy"))

    monkeypatch.setattr(Client, "set_available", refuse)
    page = opened("queue", me="ann")
    [toggle] = page.toggle
    toggle.set_value(False).run()
    assert asked == [False]
    assert "The pipeline does not answer" in said(page)
    assert [one.value for one in page.toggle] == [True]


def test_being_away_is_said_and_what_it_means(api: Client, opened: Open) -> None:
    page = opened("queue", me="ann")
    [toggle] = page.toggle
    toggle.set_value(False).run()
    assert "nothing new comes to you" in said(page)
    assert "You are away." in shown(page)
    for other in ("ben", "cat"):
        api.set_available(other, available=False)
    api.submit(f"{BODY} Nobody is here.")
    page.run()
    [following] = [one for one in page.button if one.label == "Take the next one"]
    assert following.disabled
    assert 'data-action="take"' not in shown(page)
    assert [one.available for one in api.consultants() if one.id == "ann"] == [False]
    [toggle] = page.toggle
    toggle.set_value(True).run()
    assert "Welcome back" in said(page)
    assert [one.available for one in api.consultants() if one.id == "ann"] == [True]

"""Team: its figures are the API's, over the window that was chosen; who has how much; what waits."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from inquiry_pipeline.client import Client, Status
from inquiry_pipeline.entrypoints.dashboard import asking
from inquiry_pipeline.entrypoints.dashboard.views import team
from inquiry_pipeline.pipeline import Pipeline
from tests.dashboard.conftest import Open, shown
from tests.dashboard.seeing import charts, figure, row, rows
from tests.support.desk import send

BODY = "I was charged twice for my October invoice. Please refund the second payment."


def test_the_figures_are_those_of_the_api(api: Client, opened: Open) -> None:
    sent = [api.submit(f"{BODY} {number}") for number in range(4)]
    sent.append(api.submit("lorem ipsum dolor qwerty asdf"))
    api.feedback(sent[0].id, actor="ann", category="legal")
    api.change_status(sent[1].id, Status.IN_PROGRESS, actor="ann")
    api.change_status(sent[1].id, Status.RESOLVED, actor="ann")
    page = opened("team")
    assert not page.exception
    stats, consultants = api.stats(hours=24), {one.id: one for one in api.team(hours=24)}
    assert stats.overrides is not None
    assert figure(page, "Received") == ("5", "none before")
    assert figure(page, "Resolved")[0] == "1"
    assert figure(page, "Suggested only")[0] == f"{stats.abstained / 5:.1%}".replace("%", "\u202f%")
    assert figure(page, "Corrected by people")[0] == "20.0\u202f%"
    assert stats.overrides.overall.rate == 0.2
    for consultant in ("ann", "ben", "cat"):
        texts = row(page, consultant.title())
        known = consultants[consultant]
        assert texts[2].startswith(f"{known.open} of 3")
        assert texts[3:6] == [str(known.in_progress), str(known.assigned), str(known.resolved)]
    assert row(page, "Front")[2] == str(stats.counts["department"]["front"])


def test_what_is_not_assessed_yet_lowers_no_share(api: Client, opened: Open) -> None:
    api.submit("lorem ipsum dolor qwerty asdf")
    for number in range(3):
        api.submit(f"{BODY} {number}")
        api.submit(f"{BODY} {number}", wait=False)
    assert (api.stats(hours=24).abstained, api.stats(hours=24).total) == (1, 7)
    page = opened("team")
    assert figure(page, "Received")[0] == "7"
    assert figure(page, "Suggested only")[0] == "25.0\u202f%"
    departments = api.stats(hours=24).counts["department"]
    assert sum(departments.values()) == 4
    for name, count in departments.items():
        assert row(page, name.replace("_", " ").capitalize())[2:] == [
            str(count),
            f"{count / 4:.0%}".replace("%", "\u202f%"),
        ]


def test_all_that_waits_is_told_whenever_it_was_received(api: Client, opened: Open, pipeline: Pipeline) -> None:
    for _ in range(9):
        api.submit(BODY)
    before = datetime.now(UTC) - timedelta(days=3)
    send(pipeline, received_at=before, created_at=before)
    total = sum(api.waiting_queue().totals.values())
    page = opened("team")
    assert api.stats(hours=24).waiting < total
    assert figure(page, "Waiting")[0] == str(total)


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (412, 0, "none before"),
        (412, 412, "as before, was 412"),
        (1004, 1000, "about as before, was 1\u202f000"),
        (996, 1000, "about as before, was 1\u202f000"),
        (1006, 1000, "▲ 1\u202f%, was 1\u202f000"),
        (50, 100, "▼ 50\u202f%, was 100"),
    ],
)
def test_a_change_that_rounds_to_nothing_has_no_arrow(now: int, before: int, said: str) -> None:
    assert team._change(now, before) == said


def test_the_charts_draw_what_the_api_counted(api: Client, opened: Open) -> None:
    for number in range(5):
        api.submit(f"{BODY} {number}")
    api.submit("Great work, love it. No rush.")
    page, found = opened("team"), api.priorities(hours=24)
    drawn = charts(page)
    for by in ("category", "sentiment", "urgency"):
        counted = Counter[str]()
        for one in drawn[f"Inquiries received over time, by {by}"]:
            counted[one["label"].lower().replace(" ", "_")] += one["count"]
        assert counted == api.stats(hours=24).counts[by]
    bins = {
        (one["lower"], one["label"].lower()): one["count"]
        for one in drawn["How many inquiries have which priority score"]
    }
    assert bins == {(one.lower, band): count for one in found.bins for band, count in one.counts.items() if count}
    scores = found.by_department["front"]
    assert [f"{scores.mean:.0f}", f"{scores.p50:.0f}", f"{scores.p90:.0f}"] in [one[-3:] for one in rows(page, "Front")]


def test_volumes_are_split_as_the_viewer_wants(api: Client, opened: Open) -> None:
    for number in range(3):
        api.submit(f"{BODY} {number}")
    page = opened("team")
    page.button_group(key="by").set_value("total").run()
    drawn = charts(page)["Inquiries received over time, by total"]
    assert [(one["count"], one["share"]) for one in drawn] == [(3, "100\u202f% of 3")]


def test_the_window_is_chosen_and_compared_with_the_one_before(api: Client, opened: Open, pipeline: Pipeline) -> None:
    now = datetime.now(UTC)
    for days in (3, 3, 9):
        send(pipeline, received_at=now - timedelta(days=days), created_at=now - timedelta(days=days))
    api.submit(BODY)
    page = opened("team")
    assert figure(page, "Received") == ("1", "none before")
    page.button_group(key="window").set_value("7d").run()
    assert figure(page, "Received") == ("3", "▲ 200\u202f%, was 1")
    assert "compared with the 7 days before" in shown(page)
    assert figure(opened("team", window="30 days"), "Received") == ("4", "none before")


@pytest.mark.parametrize("window", ["nonsense", ""])
def test_a_window_that_there_is_not_is_the_usual_one(api: Client, opened: Open, window: str) -> None:
    api.submit(BODY)
    page = opened("team", window=window)
    assert not page.exception
    assert figure(page, "Received")[0] == "1"


def test_who_is_away_and_who_is_full_is_seen(api: Client, opened: Open) -> None:
    api.set_available("ben", available=False)
    for number in range(7):
        api.submit(f"{BODY} {number}")
    page = opened("team")
    assert row(page, "Ben")[0].endswith("away")
    assert row(page, "Ann")[2] == "3 of 3 · full"
    assert "2 of 3 here" in shown(page)


def test_the_waiting_queue_shows_the_most_urgent_first_with_the_way_to_its_story(api: Client, opened: Open) -> None:
    for number in range(9):
        api.submit(f"{BODY} {number}")
    assert "Nothing waits" in shown(opened("team"))
    asking.forget()
    waiting = [api.submit(f"{BODY} late {number}", subject=f"Late <b>{number}</b>") for number in range(2)]
    drawn = shown(opened("team"))
    assert "2 in all, the oldest since" in drawn
    for one in waiting:
        assert f"story?inquiry={one.id}" in drawn
    assert "Late &lt;b&gt;1&lt;/b&gt;" in drawn
    assert "<b>1</b>" not in drawn
    assert drawn.index("Late &lt;b&gt;0") < drawn.index("Late &lt;b&gt;1")


def test_an_empty_database_says_what_to_do_next(api: Client, opened: Open) -> None:
    page = opened("team")
    assert not page.exception
    assert "<code>inquiry demo --history 30d</code>" in shown(page)
    assert charts(page) == {}
    assert row(page, "Ann")[2] == "0 of 3"
    assert figure(page, "Escalated") == ("\u2013", "nothing before")


def test_without_the_api_there_is_one_calm_banner(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INQUIRY_API_URL", "http://127.0.0.1:9")
    for name in ("team", "models", "system"):
        page = opened(name)
        assert not page.exception
        assert shown(page).count("The pipeline does not answer.") == 1

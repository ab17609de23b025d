"""Live: what arrives is listed, can be narrowed and paged, and shows other people's text as text."""

import pytest

from inquiry_pipeline.client import Client
from tests.dashboard.conftest import Open, shown

BODY = "I was charged twice for my October invoice. Please refund the second payment."


def test_the_page_lists_what_arrived_with_all_that_was_read_in_it(api: Client, opened: Open) -> None:
    sent = api.submit(BODY, subject="Charged twice")
    assert sent.prediction is not None
    assert sent.routing is not None
    page = opened("app")
    assert not page.exception
    drawn = shown(page)
    assert "Charged twice" in drawn
    assert f"story?inquiry={sent.id}" in drawn
    assert f"<span>{sent.prediction.category.replace('_', ' ').capitalize()}</span>" in drawn
    assert f"<span>{sent.prediction.urgency.capitalize()}</span>" in drawn
    assert f"<span>{sent.prediction.sentiment.capitalize()}</span>" in drawn
    assert f"{sent.routing.priority_score:.0f}</b>" in drawn
    assert "Ann" in drawn


def test_an_empty_page_says_how_to_fill_it(api: Client, opened: Open) -> None:
    drawn = shown(opened("live"))
    assert "No inquiries yet." in drawn
    assert "<code>inquiry demo</code>" in drawn
    assert "curl http://127.0.0.1:" in drawn


def test_filters_in_the_address_narrow_the_list(api: Client, opened: Open) -> None:
    api.submit(BODY, subject="Wanted")
    api.submit("Something else", subject="Unwanted")
    drawn = shown(opened("live", q="October"))
    assert "Wanted" in drawn
    assert "Unwanted" not in drawn
    nothing = opened("live", q="October", status="Resolved")
    assert "Nothing matches." in shown(nothing)
    everything = [one for one in nothing.button if one.label == "Show everything"]
    everything[0].click().run()
    assert "Unwanted" in shown(nothing)


@pytest.mark.parametrize(("name", "value"), [("status", "nonsense"), ("urgency", ""), ("only", "Nothing")])
def test_a_filter_that_there_is_not_is_no_error(api: Client, opened: Open, name: str, value: str) -> None:
    api.submit(BODY, subject="Here")
    page = opened("live", **{name: value})
    assert not page.exception
    assert "Here" in shown(page)


def test_older_pages_lead_back_to_now(api: Client, opened: Open) -> None:
    for number in range(53):
        api.submit(f"{BODY} {number}", subject=f"Case {number}.", wait=False)
    page = opened("live")
    assert "Case 52." in shown(page)
    assert "Case 2." not in shown(page)
    page.button(key="older").click().run()
    assert "Case 2." in shown(page)
    assert "Case 52." not in shown(page)
    page.button(key="newer").click().run()
    assert "Case 52." in shown(page)


def test_the_figures_say_how_it_goes(api: Client, opened: Open) -> None:
    sent = [api.submit(f"{BODY} {number}") for number in range(4)]
    api.feedback(sent[0].id, actor="ben", category="legal")
    drawn = shown(opened("live"))
    assert '<span class="ip-label">Arrived</span><span class="ip-value">4</span>' in drawn
    assert "1 of 4, 24 hours" in drawn
    assert "25.0\u202f%" in drawn


def test_what_is_not_assessed_yet_does_not_count_as_decided(api: Client, opened: Open) -> None:
    api.submit("lorem ipsum dolor qwerty asdf")
    for number in range(3):
        api.submit(f"{BODY} {number}", wait=False)
    assert api.stats(hours=1).abstained == 1
    decided = '<span class="ip-label">Decided by itself</span><span class="ip-value">0\u202f%</span>'
    assert decided in shown(opened("live"))


def test_other_peoples_text_is_escaped(api: Client, opened: Open) -> None:
    api.submit("<b>bold</b>", subject="<script>alert(1)</script>", sender_name="<i>x</i>")
    drawn = shown(opened("live"))
    assert "&lt;script&gt;" in drawn
    assert "<script>" not in drawn
    assert "<b>bold" not in drawn


def test_without_the_api_a_banner_says_what_to_do(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INQUIRY_API_URL", "http://127.0.0.1:9")
    for name in ("live", "queue", "story"):
        page = opened(name, inquiry="01a20458-d479-70f1-b8b6-55a980e4ebb2")
        assert not page.exception
        assert "The pipeline does not answer." in shown(page)
        assert "<code>inquiry up</code>" in shown(page)

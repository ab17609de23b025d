"""What a team lead and an operator look at: charts are drawn, also on a phone; a dead letter is retried."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from inquiry_pipeline.client import Client
from inquiry_pipeline.pipeline import Pipeline
from tests.support.desk import send

if TYPE_CHECKING:
    from tests.browser.conftest import Look

BODY = "I was charged twice for my October invoice. Please refund the second payment."
HOSTILE = "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>"


def figure(page: Page, label: str) -> str:
    return str(page.locator(".ip-figure", has_text=label).locator(".ip-value").inner_text())


def expect_charts(page: Page, count: int) -> None:
    """So many charts are there, and each has drawn something."""
    drawn = page.locator(".stVegaLiteChart svg.marks")
    expect(drawn).to_have_count(count)
    for one in drawn.all():
        expect(one.locator(".mark-rect path, .mark-symbol path").first).to_be_attached()


@pytest.fixture
def some(api: Client, pipeline: Pipeline) -> None:
    """Inquiries of now and of days ago, some corrected, some waiting."""
    for days in (2, 3, 4):
        send(pipeline, received_at=datetime.now(UTC) - timedelta(days=days))
    sent = [api.submit(f"{BODY} {number}", subject=f"{HOSTILE} {number}") for number in range(11)]
    api.feedback(sent[0].id, actor="ann", category="legal")
    api.feedback(sent[1].id, actor="ann", confirm=True)


def test_the_team_page_draws_the_window_that_is_chosen(api: Client, some: None, look: "Look") -> None:
    with look("team") as watched:
        page = watched.page
        expect(page.locator(".ip-figure", has_text="Received")).to_contain_text("11")
        expect_charts(page, 4)
        page.get_by_text("7 days", exact=True).click()
        expect(page.locator(".ip-figure", has_text="Received")).to_contain_text("14")
        assert "window=7" in page.url
        page.get_by_text("Total", exact=True).click()
        expect_charts(page, 4)
        page.locator(".ip-row").first.click()
        expect(page).to_have_url(re.compile(r"story\?inquiry="))


def test_the_models_page_draws_confidence_and_calibration(api: Client, some: None, look: "Look") -> None:
    with look("models") as watched:
        expect(watched.page.get_by_text(api.models().version).first).to_be_visible()
        expect_charts(watched.page, 6)
        assert figure(watched.page, "Predictions") == "14"


def test_a_dead_letter_is_seen_opened_and_retried(api: Client, pipeline: Pipeline, look: "Look") -> None:
    sent = api.submit(BODY, wait=False)
    with pipeline.database.transaction() as connection:
        connection.execute(text("UPDATE work SET dead_at = now(), last_error = :of"), {"of": f"E: {HOSTILE}"})
    with look("system") as watched:
        page = watched.page
        expect(page.get_by_text(HOSTILE)).to_be_visible()
        page.get_by_role("button", name="Retry", exact=False).first.click()
        expect(page.get_by_test_id("stToast").get_by_text("It is tried again")).to_be_visible()
        expect(page.get_by_text("None: everything that was accepted")).to_be_visible()
        assert page.evaluate("window.pwned") is None
    assert [one.inquiry_id for one in api.dead_letters()] == []
    assert api.get(sent.id).status == "received"


@pytest.mark.parametrize("path", ["team?window=7+days", "models", "system"])
def test_it_fits_a_phone(api: Client, some: None, look: "Look", path: str) -> None:
    with look(path, width=390, height=844) as watched:
        page = watched.page
        page.wait_for_selector(".ip-figures")
        page.wait_for_selector(".stVegaLiteChart svg.marks")
        assert page.evaluate("document.querySelector('.stMain').scrollWidth") <= 390
        # No figure stands alone in half a row.
        rows = [one.bounding_box() for one in page.locator(".ip-figures").all()]
        last = [one.bounding_box() for one in page.locator(".ip-figure:last-child").all()]
        for row, one in zip(rows, last, strict=True):
            assert row is not None
            assert one is not None
            assert one["x"] + one["width"] == pytest.approx(row["x"] + row["width"], abs=2)
        for box in page.locator(".ip-value, .stVegaLiteChart, .ip-table").all():
            place = box.bounding_box()
            assert place is None or place["x"] + place["width"] <= 391
        assert page.evaluate("window.pwned") is None

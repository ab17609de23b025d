"""Live: what arrives is listed, can be narrowed and paged, and shows other people's text as text."""

from inquiry_pipeline.client import Client
from tests.dashboard.conftest import Open, shown

BODY = "I was charged twice for my October invoice. Please refund the second payment."


def test_a_page_lists_what_arrived_with_all_that_was_read_in_it(api: Client, opened: Open) -> None:
    sent = api.submit(BODY, subject="Charged twice")
    page = opened("app")
    print(page)
    assert not page.exception
    drawn = shown(page)
    assert "Charged twice" in drawn
    assert f"story?inquiry={sent.id}" in drawn

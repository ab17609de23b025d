"""What a newcomer does on their first day: find an inquiry, read why, correct it; work off a desk."""

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from inquiry_pipeline.client import Client, Status
from inquiry_pipeline.pipeline import Pipeline
from tests.support.browser import settle
from tests.support.dashboard import served

if TYPE_CHECKING:
    from tests.browser.conftest import Look

BODY = "I was charged twice for my October invoice. Please refund the second payment."
MARKUP = "[link](http://evil.example) $x^2$ :material/bolt: :red[x]"
HOSTILE = f"<script>window.pwned=1</script><img src=x onerror=window.pwned=1> {MARKUP}"


def rows(page: Page) -> list[str]:
    titles: list[str] = page.locator(".ip-row a.ip-title").all_inner_texts()
    return titles


def be(page: Page, name: str) -> None:
    page.get_by_label("You are").click()
    page.get_by_role("option", name=name).click()


def figure(page: Page, label: str) -> str:
    value: str = page.locator(".ip-figure", has_text=label).locator(".ip-value").inner_text()
    return value


def another(category: str) -> str:
    return "Legal" if category != "legal" else "Billing"


def test_an_inquiry_is_found_understood_and_corrected_and_the_override_rate_moves(api: Client, look: "Look") -> None:
    sent = api.submit(BODY, subject="Charged twice")
    api.submit("Nothing to do with it", subject="Other")
    assert sent.prediction is not None
    with look() as watched:
        page = watched.page
        expect(page.locator(".ip-row")).to_have_count(2)
        before = figure(page, "Corrected by people")
        assert before.startswith("0.0")
        page.get_by_placeholder("Words in subject or text").fill("October")
        page.keyboard.press("Enter")
        expect(page.locator(".ip-row")).to_have_count(1)
        page.locator(".ip-row").click()
        expect(page).to_have_url(re.compile(rf"story\?inquiry={sent.id}"))
        expect(page.locator("h1", has_text="Charged twice")).to_be_visible()
        expect(page.get_by_text("Why it went there")).to_be_visible()
        expect(page.locator(".ip-record li", has_text="Assigned to")).to_be_visible()
        expect(page.locator("mark.ip-for").first).to_be_visible()
        be(page, "Ben")
        page.get_by_role("button", name="Correct").click()
        page.get_by_label("Why (optional)").fill("They want money back")
        right = another(sent.prediction.category)
        page.get_by_role("dialog").get_by_role("button", name=right, exact=True).click()
        expect(page.get_by_test_id("stToast").get_by_text("Category corrected")).to_be_visible()
        expect(page.get_by_text("corrected from")).to_be_visible()
        expect(page.get_by_text("“They want money back”").first).to_be_visible()
        page.get_by_role("link", name="Live").click()
        expect(page.locator(".ip-figure", has_text="Corrected by people")).to_contain_text("50.0")
    assert api.get(sent.id).labels.category == right.lower()  # type: ignore[union-attr]


def test_a_desk_is_worked_off(api: Client, look: "Look") -> None:
    held = [api.submit(f"{BODY} {n}", subject=f"Case {n}") for n in range(10)]
    mine = [one for one in held if one.routing and one.routing.consultant == "ann"]
    with look("queue?me=ann") as watched:
        page = watched.page
        desk, waiting = page.locator(".ip-desk").first, page.locator(".ip-desk").last
        expect(desk.locator(".ip-row")).to_have_count(len(mine))
        expect(waiting.locator(".ip-row")).to_have_count(1)
        desk.locator(".ip-row").first.get_by_role("button", name="Start").click()
        expect(desk.get_by_text("In progress")).to_be_visible()
        desk.get_by_role("button", name="Resolve").first.click()
        # Her place is free: what waited comes to her by itself.
        expect(page.get_by_text("Nothing waits.")).to_be_visible()
        expect(desk.locator(".ip-row")).to_have_count(len(mine))
        desk.locator(".ip-row").first.get_by_role("button", name="Hand over").click()
        page.get_by_label("To whom").click()
        page.get_by_role("option", name=re.compile("Ben")).click()
        page.get_by_role("dialog").get_by_role("button", name="Hand over", exact=True).click()
        expect(page.get_by_test_id("stToast").get_by_text("It is with Ben")).to_be_visible()
        page.get_by_text("I am here").click()
        expect(page.get_by_text("Nothing new comes to you. What lies here")).to_be_visible()
    assert api.consultants()[0].available is False
    assert sum(one.status is Status.RESOLVED for one in map(api.get, [one.id for one in held])) == 1


def test_who_comes_second_is_told_who_was_quicker(api: Client, look: "Look") -> None:
    sent = [api.submit(f"{BODY} {n}") for n in range(10)][-1]
    with look("queue?me=cat") as watched:
        page = watched.page
        taking = page.get_by_role("button", name="Take", exact=True)
        expect(taking).to_have_count(1)

        api.assign(sent.id, "ben", actor="ben")
        taking.click()
        expect(page.get_by_test_id("stToast").get_by_text("Ben took it meanwhile")).to_be_visible()
    assert api.get(sent.id).routing.consultant == "ben"  # type: ignore[union-attr]


def test_a_double_click_is_one_click(api: Client, look: "Look") -> None:
    held = [api.submit(f"{BODY} {n}") for n in range(9)]
    with look("queue?me=ann") as watched:
        page = watched.page
        page.locator(".ip-desk").first.get_by_role("button", name="Resolve").first.dblclick()
        expect(page.get_by_test_id("stToast").get_by_text("Resolved.")).to_be_visible()
        settle(page)
        expect(page.get_by_test_id("stToast")).to_have_count(1)
    assert sum(api.get(one.id).status is Status.RESOLVED for one in held) == 1


def test_two_quick_clicks_take_one_of_what_waits(api: Client, look: "Look") -> None:
    for n in range(12):
        api.submit(f"{BODY} {n}")
    waiting = api.queue("ann").waiting
    assert len(waiting) == 3
    with look("queue?me=ann") as watched:
        taking = watched.page.get_by_role("button", name="Take the next one")
        expect(taking).to_be_visible()
        settle(watched.page)
        # The second comes after the first has left the browser, and before its answer is seen.
        taking.evaluate("element => { element.click(); setTimeout(() => element.click(), 120) }")
        expect(watched.page.get_by_test_id("stToast").get_by_text("It is yours now.")).to_be_visible()
        settle(watched.page)
        expect(watched.page.locator(".ip-desk").last.locator(".ip-row")).to_have_count(2)
        expect(watched.page.get_by_test_id("stToast")).to_have_count(1)
    assert [one.id for one in api.queue("ann").waiting] == [one.id for one in waiting[1:]]


def test_lists_are_tables_to_who_hears_them(api: Client, look: "Look") -> None:
    api.submit(BODY, subject="Charged twice")
    with look() as watched:
        table = watched.page.get_by_role("table")
        expect(table.get_by_role("columnheader")).to_have_text(
            ["Age", "Inquiry", "Category", "Sentiment", "Urgency", "Priority", "With"]
        )
        expect(table.get_by_role("row")).to_have_count(2)
        expect(table.get_by_role("cell")).to_have_count(7)
        expect(table.get_by_role("cell", name="Charged twice")).to_have_count(1)
        expect(table.get_by_role("article")).to_have_count(0)


def test_on_a_phone_a_story_is_told_in_its_order(api: Client, look: "Look") -> None:
    sent = api.submit(BODY, subject="Charged twice")
    cards = ("what-it-says", "actions", "what-was-read-in-it", "why-it-went-there", "what-happened")
    for width, height in ((390, 844), (1440, 900)):
        with look(f"story?inquiry={sent.id}&me=ann", width=width, height=height) as watched:
            settle(watched.page)
            found = [watched.page.locator(f".st-key-card-{name}") for name in cards]
            for one in found:
                expect(one).to_be_visible()
            boxes = [one.bounding_box() for one in found]
            text, actions, labels, why, history = (box for box in boxes if box)
            if width == 390:
                tops = [box["y"] for box in (text, actions, labels, why, history)]
                assert tops == sorted(tops)
                assert {box["x"] for box in (text, actions, labels, why, history)} == {text["x"]}
            else:
                assert why["x"] == text["x"] < actions["x"] == history["x"]
                assert 0 < why["y"] - (text["y"] + text["height"]) < 40
                assert 0 < history["y"] - (labels["y"] + labels["height"]) < 40


def test_other_peoples_text_is_shown_as_it_is_and_does_nothing(api: Client, look: "Look") -> None:
    sent = api.submit(f"{HOSTILE}\n\n# no heading", subject=HOSTILE, sender_name=HOSTILE, metadata={HOSTILE: HOSTILE})
    for path in ("", f"story?inquiry={sent.id}&me=ann", "queue?me=ann", "queue?me=ben", "queue?me=cat"):
        with look(path) as watched:
            watched.page.wait_for_selector(".ip-title, .ip-story, .ip-empty")
            if "queue" not in path:
                expect(watched.page.get_by_text(MARKUP).first).to_be_visible()
            assert watched.page.evaluate("window.pwned") is None
            assert watched.page.locator('a[href*="evil"]').count() == 0


def test_what_arrives_appears_by_itself_and_nothing_jumps(api: Client, look: "Look") -> None:
    for n in range(30):
        api.submit(f"{BODY} {n}", subject=f"Early {n}")
    with look() as watched:
        page = watched.page
        expect(page.locator(".ip-row")).to_have_count(30)
        kept = page.locator(".ip-row").nth(5).element_handle()
        assert kept is not None
        kept.evaluate("element => { element.marked = true }")
        page.get_by_placeholder("Words in subject or text").focus()
        api.submit(BODY, subject="Late")
        expect(page.locator(".ip-row").first).to_contain_text("Late")
        assert kept.evaluate("element => element.isConnected && element.marked") is True
        assert page.evaluate("document.activeElement.placeholder") == "Words in subject or text"
        page.get_by_text("Pause").click()
        page.wait_for_timeout(1_000)  # until the click has left the browser
        settle(page)
        api.submit(BODY, subject="While paused")
        page.wait_for_timeout(3_500)
        assert "While paused" not in rows(page)
        page.get_by_text("Pause").click()
        expect(page.locator(".ip-row").first).to_contain_text("While paused")


def test_the_past_is_reached_page_by_page(api: Client, look: "Look") -> None:
    for n in range(60):
        api.submit(f"{BODY} {n}", subject=f"Case {n}", wait=False)
    with look() as watched:
        page = watched.page
        expect(page.locator(".ip-row")).to_have_count(50)
        page.get_by_role("button", name="Older").click()
        expect(page.locator(".ip-row")).to_have_count(10)
        assert rows(page)[-1] == "Case 0"
        page.get_by_role("button", name="Now").click()
        expect(page.locator(".ip-row").first).to_contain_text("Case 59")


def test_it_fits_a_phone(api: Client, look: "Look") -> None:
    unbroken = "x" * 120
    sent = api.submit(
        f"{BODY} {unbroken}", subject=unbroken * 2, sender_name=unbroken, metadata={unbroken[:60]: unbroken}
    )
    for path in ("", f"story?inquiry={sent.id}&me=ann", "queue?me=ann", "queue?me=ben"):
        with look(path, width=390, height=844) as watched:
            watched.page.wait_for_selector(".ip-row, .ip-story, .ip-empty")
            watched.page.wait_for_timeout(500)
            assert watched.page.evaluate("document.querySelector('.stMain').scrollWidth") <= 390
            for box in watched.page.locator(".ip-row > *, .ip-button, .ip-value").all():
                place = box.bounding_box()
                assert place is None or place["x"] + place["width"] <= 391


def test_it_stays_calm_while_the_api_is_away_and_goes_on_by_itself(
    pipeline: Pipeline, api_port: int, look: "Look"
) -> None:
    with look() as watched:
        page = watched.page
        expect(page.get_by_text("The pipeline does not answer.")).to_have_count(1)
        with served(pipeline, port=api_port) as url, Client(url) as api:
            expect(page.get_by_text("No inquiries yet.")).to_be_visible()
            api.submit(BODY, subject="Here again")
            expect(page.locator(".ip-row")).to_have_count(1)
        expect(page.get_by_text("The pipeline does not answer.")).to_have_count(1)


def test_an_unknown_inquiry_is_said_to_be_unknown(api: Client, look: "Look") -> None:
    for wrong in ("01a20458-d479-70f1-b8b6-55a980e4ebb2", "nonsense", ""):
        with look(f"story?inquiry={wrong}") as watched:
            expect(watched.page.get_by_text("Inquiry not found")).to_be_visible()
            watched.page.get_by_role("button", name="To Live").click()
            expect(watched.page.get_by_text("No inquiries yet.")).to_be_visible()

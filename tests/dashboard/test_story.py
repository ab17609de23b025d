"""The story of one inquiry: why it went where it went, and what people do to it."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from inquiry_pipeline.client import Client, Status, Submission
from inquiry_pipeline.entrypoints.dashboard import record
from tests.dashboard.conftest import Open, shown

BODY = "I was charged twice for my October invoice. Please refund the second payment."


@pytest.fixture
def sent(api: Client) -> Submission:
    return api.submit(BODY, subject="Charged twice", sender_name="Jo", metadata={"tags": ["x"]})


def said(page: AppTest) -> str:
    return " ".join(one.value for one in page.toast).replace("\\", "")


def test_the_story_tells_what_where_and_why(sent: Submission, opened: Open) -> None:
    drawn = shown(opened("story", inquiry=str(sent.id)))
    assert "Charged twice</h1>" in drawn
    assert '<mark class="ip-for"' in drawn
    assert "It went to <b>Ann</b> in <b>Front</b>." in drawn
    assert "Assigned to Ann: next in turn" in drawn
    assert '<td class="ip-num">+5</td>' in drawn  # a term of the score
    assert "<b>Ben</b>" in drawn  # who was passed over
    assert "Read by the model" in drawn
    assert "<dt>Tags</dt>" in drawn


def test_each_task_has_its_own_marks(sent: Submission, opened: Open) -> None:
    page = opened("story", inquiry=str(sent.id))
    page.segmented_control(key="explained-task").set_value("urgency").run()
    assert not page.exception
    assert "speaks for <b>" in shown(page)


def test_without_a_name_nothing_can_be_changed(sent: Submission, opened: Open) -> None:
    page = opened("story", inquiry=str(sent.id))
    assert "Say who you are" in shown(page)
    assert [one.label for one in page.button] == []


def test_an_inquiry_goes_from_hand_to_hand_until_it_is_done(api: Client, sent: Submission, opened: Open) -> None:
    page = opened("story", inquiry=str(sent.id), me="ben")
    page.button(key="take").click().run()
    assert "It is yours now." in said(page)
    page.button(key="start").click().run()
    page.button(key="resolve").click().run()
    assert api.get(sent.id).status is Status.RESOLVED
    page.button(key="reopen").click().run()
    after = api.get(sent.id)
    assert after.status is Status.REOPENED
    assert after.routing is not None
    assert after.routing.consultant == "ben"
    assert [step.actor for step in after.history[-3:]] == ["ben", "ben", "ben"]


def test_a_label_is_corrected_with_a_reason(api: Client, sent: Submission, opened: Open) -> None:
    assert sent.prediction is not None
    page = opened("story", inquiry=str(sent.id), me="ben")
    page.button(key="correct").click().run()
    page.text_input(key=f"why-{sent.id}").set_value("They want <b>money</b>").run()
    right = "legal" if sent.prediction.category != "legal" else "sales"
    page.button(key=f"category-{right}").click().run()
    assert not page.exception
    assert "Category corrected" in said(page)
    assert "100.0" in said(page)  # of one prediction, one
    stored = api.get(sent.id)
    assert stored.labels is not None
    assert (stored.labels.category, stored.labels.corrected) == (right, ("category",))
    [told] = [one for one in api.history(sent.id) if one.kind == "feedback"]
    assert (told.actor, told.reason) == ("ben", "They want <b>money</b>")
    assert "“They want &lt;b&gt;money&lt;/b&gt;”" in shown(page)


def test_labels_are_confirmed_in_one_click(api: Client, sent: Submission, opened: Open) -> None:
    page = opened("story", inquiry=str(sent.id), me="ben")
    page.button(key="correct").click().run()
    page.button(key="confirm").click().run()
    [told] = [one for one in api.history(sent.id) if one.kind == "feedback"]
    assert set(told.confirmed) == {"category", "sentiment", "urgency"}


def test_an_inquiry_is_handed_over_and_given_back(api: Client, sent: Submission, opened: Open) -> None:
    page = opened("story", inquiry=str(sent.id), me="ann")
    page.button(key="hand_over").click().run()
    page.selectbox(key="hand-over-to").set_value("cat").run()
    page.text_input(key="hand-over-why").set_value("Lunch").run()
    page.button(key="hand-over").click().run()
    assert "It is with Cat" in said(page)
    page.button(key="hand_over").click().run()
    page.button(key="give-back").click().run()
    routing = api.get(sent.id).routing
    assert routing is not None
    assert routing.consultant != "cat"


def test_who_comes_second_learns_who_was_first(api: Client, sent: Submission, opened: Open) -> None:
    page = opened("story", inquiry=str(sent.id), me="ann")
    page.button(key="hand_over").click().run()
    page.selectbox(key="hand-over-to").set_value("cat").run()
    api.assign(sent.id, "ben", actor="lead", held_by="ann")
    # The dialog was drawn while Ann had it.
    page.button(key="hand-over").click().run()
    assert not page.exception
    assert "Ben took it meanwhile. Nothing was changed." in said(page)
    routing = api.get(sent.id).routing
    assert routing is not None
    assert routing.consultant == "ben"
    page.button(key="hand_over").click().run()
    page.selectbox(key="hand-over-to").set_value("cat").run()
    page.button(key="hand-over").click().run()  # who asks again has seen it
    assert "It is with Cat" in said(page)


def test_what_was_seen_to_wait_is_not_taken_from_whoever_took_it_meanwhile(api: Client, opened: Open) -> None:
    sent = [api.submit(f"{BODY} {number}") for number in range(10)][-1]
    page = opened("story", inquiry=str(sent.id), me="cat")
    api.assign(sent.id, "ben", actor="ben")
    page.button(key="take").click().run()
    assert "Ben took it meanwhile" in said(page)
    assert api.get(sent.id).routing.consultant == "ben"  # type: ignore[union-attr]


def test_what_somebody_else_has_by_now_is_not_resolved(api: Client, sent: Submission, opened: Open) -> None:
    page = opened("story", inquiry=str(sent.id), me="ann")
    api.assign(sent.id, "ben", actor="ben", held_by="ann")
    page.button(key="resolve").click().run()
    assert "Ben took it meanwhile" in said(page)
    assert api.get(sent.id).status is Status.ROUTED


def test_the_address_of_a_story_can_be_sent_without_the_senders_name(sent: Submission, opened: Open) -> None:
    page = opened("story", inquiry=str(sent.id), me="ben")
    assert "me" not in page.query_params
    page.run()
    assert page.selectbox(key="story-identity").value == "ben"
    assert [one.label for one in page.button] == ["Take", "Correct", "Hand over"]


def test_a_question_left_open_is_not_asked_about_another_inquiry(api: Client, sent: Submission, opened: Open) -> None:
    other = api.submit(f"{BODY} Again.", subject="Another")
    page = opened("story", inquiry=str(sent.id), me="ann")
    page.button(key="correct").click().run()
    assert [one.label for one in page.text_input] == ["Why (optional)"]
    page.query_params["inquiry"] = str(other.id)
    page.run()
    assert list(page.text_input) == []


def test_a_question_about_what_is_gone_is_not_asked_again_and_again(sent: Submission, opened: Open) -> None:
    page = opened("story", inquiry=str(sent.id), me="ann")
    page.session_state["dialog"] = ("correct", "01a20458-d479-70f1-b8b6-55a980e4ebb2", str(sent.id))
    page.run()
    assert "There is no inquiry" in said(page)
    assert "Charged twice</h1>" in shown(page)


def test_what_a_sender_calls_like_a_fact_of_ours_does_not_replace_it(api: Client, opened: Open) -> None:
    metadata = {"number": "their-own", "language": "theirs", "paid": False, "amount": 0}
    sent = api.submit(BODY, metadata=metadata)
    drawn = shown(opened("story", inquiry=str(sent.id)))
    assert f"<dt>Number</dt><dd>{sent.id}</dd>" in drawn
    assert "<dt>Number</dt><dd>their-own</dd>" in drawn
    assert "<dt>Language</dt><dd>en</dd>" in drawn
    assert "<dt>Paid</dt><dd>False</dd>" in drawn
    assert "<dt>Amount</dt><dd>0</dd>" in drawn


@pytest.mark.parametrize("wrong", ["01a20458-d479-70f1-b8b6-55a980e4ebb2", "no-number", ""])
def test_an_unknown_inquiry_is_said_to_be_unknown(api: Client, opened: Open, wrong: str) -> None:
    page = opened("story", inquiry=wrong)
    assert not page.exception
    assert "Inquiry not found" in shown(page)


def test_what_is_still_being_read_has_a_story_too(api: Client, opened: Open) -> None:
    sent = api.submit("<b>x</b>", wait=False)
    page = opened("story", inquiry=str(sent.id), me="ann")
    assert not page.exception
    assert "It is not assessed yet" in shown(page)
    assert "<b>x</b>" not in shown(page)


def test_a_sender_of_note_is_told_in_plain_words(api: Client, sent: Submission) -> None:
    routing = api.get(sent.id).routing
    assert routing is not None
    term = replace(routing.terms[0], name="sender tier", value="vip")
    assert "<td>Sender</td><td>VIP</td>" in record.score(replace(routing, terms=(term,)))
    assert record.in_words("Escalated: sender tier vip; not (urgency low)").startswith(
        "Escalated: the sender is VIP; not"
    )

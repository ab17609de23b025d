"""The client against the real application, in this process."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from inquiry_pipeline.client import ApiError, Client
from inquiry_pipeline.client.reading import UnexpectedAnswer, read
from inquiry_pipeline.core.inquiry import Status
from inquiry_pipeline.core.prediction import Sentiment, Urgency
from inquiry_pipeline.pipeline import Pipeline
from tests.support.in_process import InProcess
from tests.support.waiting import wait_until

BODY = "I was charged twice for my October invoice. Please refund the second payment."


@pytest.fixture
def api(client: TestClient) -> Iterator[Client]:
    with Client("http://testserver/", transport=InProcess(client)) as api:
        yield api


def another(category: str) -> str:
    return "legal" if category != "legal" else "billing"


@pytest.mark.parametrize(
    "url",
    ["http://[::1", "http://desk:port", "http://a\x00b", "127.0.0.1:8000", "localhost:8000", "ftp://desk", "http://"],
)
def test_a_url_at_which_nothing_can_be_asked_is_named_at_once(url: str) -> None:
    with pytest.raises(ApiError) as caught:
        Client(url)
    assert repr(url) in str(caught.value)


def test_an_inquiry_is_submitted_and_read_back(api: Client) -> None:
    received = datetime.now(UTC) - timedelta(minutes=5)
    sent = api.submit(BODY, subject="Charged twice", received_at=received, metadata={"tags": ["x"]})
    assert isinstance(sent.id, UUID)
    assert (sent.status, sent.received_at) == (Status.ROUTED, received)
    assert sent.routing is not None
    assert sent.prediction is not None
    assert isinstance(sent.prediction.urgency, Urgency)
    stored = api.get(sent.id)
    assert (stored.body, stored.subject, stored.metadata) == (BODY, "Charged twice", {"tags": ["x"]})
    assert stored.prediction == sent.prediction
    assert stored.labels is not None
    assert (stored.labels.category, stored.labels.corrected) == (sent.prediction.category, ())
    assert stored.routing is not None
    assert {one.consultant for one in stored.routing.candidates} == {"ann", "ben", "cat"}
    assert sum(term.points for term in stored.routing.terms) == pytest.approx(stored.routing.priority_score)
    assert [step.to_status for step in stored.history] == [Status.CLASSIFIED, Status.ROUTED]


def test_a_key_makes_it_safe_to_submit_again_and_no_one_need_wait(api: Client) -> None:
    first = api.submit(BODY, idempotency_key="k-1", wait=False)
    assert (first.status, first.prediction) == (Status.RECEIVED, None)
    assert api.submit(BODY, idempotency_key="k-1", wait=False) == first
    assert len(list(api.inquiries())) == 1


def test_texts_are_classified_and_explained(api: Client) -> None:
    plain = api.classify([BODY, {"subject": "Login", "body": "I cannot log in."}])
    assert [one.explanation for one in plain] == [None, None]
    [explained] = api.classify([BODY], explain=True)
    assert explained.explanation is not None
    assert explained.explanation.category.label == explained.category
    of_stored = api.explanation(api.submit(BODY).id)
    assert of_stored.inquiry_id is not None
    assert of_stored.text == explained.explanation.text
    assert all(span.text in of_stored.text for span in of_stored.category.words)


def test_a_list_is_read_over_its_pages(api: Client) -> None:
    sent = [api.submit(f"{BODY} {n}").id for n in range(5)]
    assert [one.id for one in api.inquiries(page=2)] == sent[::-1]
    assert [one.id for one in api.inquiries(page=2, status=Status.RESOLVED)] == []
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert len(list(api.inquiries(until=later, department="front", q="October"))) == 5
    assert list(api.inquiries(since=later)) == []


def test_people_take_correct_and_resolve(api: Client) -> None:
    sent = api.submit(BODY)
    assert sent.prediction is not None
    right = another(sent.prediction.category)
    corrected = api.feedback(sent.id, actor="ben", category=right, urgency=Urgency.CRITICAL, comment="Look")
    assert corrected.labels is not None
    assert (corrected.labels.category, corrected.labels.urgency) == (right, Urgency.CRITICAL)
    assert "category" in corrected.labels.corrected
    begun = api.change_status(sent.id, Status.IN_PROGRESS, actor="ann", reason="Mine")
    assert (begun.history[-1].actor, begun.history[-1].reason) == ("ann", "Mine")
    handed = api.assign(sent.id, "cat", actor="ann", reason="Lunch")
    assert handed.routing is not None
    assert (handed.routing.consultant, handed.routing.actor) == ("cat", "ann")
    assert [one.id for one in api.queue("cat").items] == [sent.id]
    kinds = [(one.kind, one.actor) for one in api.history(sent.id)][3:]
    assert kinds == [
        ("feedback", "ben"),
        ("decision", "ben"),
        ("status", "ann"),
        ("status", "ann"),
        ("decision", "ann"),
    ]
    back = api.assign(sent.id, None, actor="lead", held_by="cat")
    assert back.routing is not None
    assert back.routing.consultant in {"ann", "ben"}
    api.feedback(sent.id, actor="ann", confirm=True)
    overrides = api.stats(hours=1).overrides
    assert overrides is not None
    assert (overrides.overall.rate, overrides.by_language["en"].corrected) == (1.0, 1)


def test_whoever_comes_second_learns_it_from_the_problem(api: Client) -> None:
    sent = api.submit(BODY)
    with pytest.raises(ApiError, match="409 Conflict: The inquiry is with Ann") as refused:
        api.assign(sent.id, "ben", actor="ben")
    assert refused.value.problem.status == 409
    with pytest.raises(ApiError, match="no longer with nobody"):
        api.assign(sent.id, "ben", actor="ben", held_by=None)


def test_a_refusal_carries_the_problem_document(api: Client) -> None:
    with pytest.raises(ApiError) as refused:
        api.submit("")
    problem = refused.value.problem
    assert problem.status == 422
    assert problem.title.startswith("Unprocessable")
    assert problem.request_id
    assert [error["field"] for error in problem.errors] == ["body"]
    with pytest.raises(ApiError, match="404 Not Found: There is no inquiry"):
        api.get(uuid4())


def test_consultants_rules_figures_and_health_are_read(api: Client) -> None:
    assert [one.id for one in api.consultants()] == ["ann", "ben", "cat"]
    assert api.set_available("ann", available=False).available is False
    with pytest.raises(ApiError, match="404"):
        api.set_available("a/b c", available=False)
    assert "front" in api.rules().rules["departments"]
    assert api.stats().total == 0
    wait_until(lambda: api.health().status == "ready")  # the model is warming up: 503 is an answer, too
    assert set(api.health().checks) == {"database", "model", "cache"}
    assert api.queue("cat").waiting_total == {"front": 0, "triage": 0}


def test_dead_letters_are_read_and_retried(api: Client, pipeline: Pipeline) -> None:
    sent = [api.submit(f"{BODY} {n}", wait=False).id for n in range(3)]
    with pipeline.database.transaction() as connection:
        connection.execute(text("UPDATE work SET dead_at = now(), last_error = 'E: broken', attempts = 5"))
    letters = list(api.dead_letters(page=2))
    assert {one.inquiry_id for one in letters} == set(sent)
    assert {one.last_error for one in letters} == {"E: broken"}
    api.retry(sent[0])
    with pytest.raises(ApiError, match="404"):
        api.retry(sent[0])


def test_without_an_answer_the_error_says_from_where() -> None:
    with Client("http://127.0.0.1:9", timeout=1) as nobody, pytest.raises(ApiError, match="No answer from") as refused:
        nobody.health()
    assert refused.value.problem.status == 0
    assert "127.0.0.1:9" in str(refused.value)


def test_what_a_proxy_says_becomes_a_problem() -> None:
    def gateway(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(502, text="<html>Bad gateway</html>")

    with Client("http://x", transport=httpx.MockTransport(gateway)) as api, pytest.raises(ApiError) as refused:
        api.stats()
    assert (refused.value.problem.status, refused.value.problem.detail) == (502, "<html>Bad gateway</html>")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<html>Welcome</html>", "no JSON from http://x/api/v1/"),
        ("[]", "answer.items is missing"),
        ('{"items": 1}', "answer has another type"),
    ],
)
def test_a_server_of_another_kind_is_an_error_that_says_so(content: str, message: str) -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, text=content))
    with Client("http://x", transport=transport) as api, pytest.raises(ApiError, match=message) as refused:
        api.consultants()
    assert refused.value.problem.title == "Unexpected answer"


@dataclass(frozen=True, kw_only=True)
class _Inner:
    number: float


@dataclass(frozen=True, kw_only=True)
class _Outer:
    inner: tuple[_Inner, ...]
    mood: Sentiment | None = None
    at: datetime | None = None


def test_an_answer_of_a_newer_server_is_read_without_what_is_unknown() -> None:
    known = read(_Outer, {"inner": [{"number": 1, "new": True}], "newer": {}, "at": "2026-11-22T10:00:00Z"})
    assert known == _Outer(inner=(_Inner(number=1.0),), at=datetime(2026, 11, 22, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "answer.inner is missing"),
        ([], "answer has another type"),
        ({"inner": [{"number": "1"}]}, r"answer.inner\[0\].number has another type"),
        ({"inner": [{"number": True}]}, r"answer.inner\[0\].number has another type"),
        ({"inner": [], "mood": "sad"}, "answer.mood is no Sentiment"),
        ({"inner": [], "at": "now"}, "answer.at is no datetime"),
    ],
)
def test_an_answer_of_another_shape_names_the_field(value: object, message: str) -> None:
    with pytest.raises(UnexpectedAnswer, match=message):
        read(_Outer, value)

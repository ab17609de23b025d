"""The client: one method for each thing that can be asked of the API."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Self, TypedDict, TypeVar, Unpack
from urllib.parse import quote
from uuid import UUID

import httpx

from inquiry_pipeline.client.figures import (
    ConsultantFigures,
    ModelFigures,
    Models,
    PipelineFigures,
    Priorities,
    Series,
    Statistics,
    WaitingQueue,
)
from inquiry_pipeline.client.reading import UnexpectedAnswer, read
from inquiry_pipeline.client.shapes import (
    Consultant,
    ConsultantQueue,
    DeadLetter,
    Event,
    Explanation,
    Health,
    Inquiry,
    InquiryPage,
    Prediction,
    Problem,
    Rules,
    Submission,
)
from inquiry_pipeline.core.inquiry import Status
from inquiry_pipeline.core.prediction import Sentiment, Urgency

T = TypeVar("T")

_LEFT_OUT: Final[Any] = object()
"""Tells what was not given from what is None."""


class Wanted(TypedDict, total=False):
    """What a list of inquiries is narrowed to. Times are aware, and those at which inquiries were received."""

    status: Status
    department: str
    category: str
    urgency: Urgency
    sentiment: Sentiment
    priority: str
    language: str
    channel: str
    consultant: str
    escalated: bool
    abstained: bool
    waiting: bool
    since: datetime
    until: datetime
    q: str


class During(TypedDict, total=False):
    """The window of figures: the last `hours` (24 if nothing is given), or from `since` to `until`, by default now.

    Times are aware.
    """

    hours: float
    since: datetime
    until: datetime


class Sent(TypedDict, total=False):
    """What may be known of an inquiry beside its body. `received_at` is aware."""

    subject: str
    sender_email: str
    sender_name: str
    channel: str
    external_id: str
    received_at: datetime
    metadata: Mapping[str, Any]


class ApiError(Exception):
    """The API refused, did not answer, or not as expected. `problem` says why, and which field is wrong if one is."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.status} {problem.title}: {problem.detail}" if problem.status else problem.detail)
        self.problem = problem


class Client:
    """The API under a base URL such as `http://127.0.0.1:8000`. Thread-safe; close it, or use it in a `with` block.

    Nothing is tried again by itself: `submit` with an `idempotency_key` may be. Every method raises `ApiError`.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 10.0,
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Connect to nothing yet. `timeout` is in seconds; `headers` go with each request.

        Raises `ApiError` if nothing can be asked at this URL.
        """
        base = _base(url)
        self._http = httpx.Client(base_url=base, timeout=timeout, headers=headers, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def submit(
        self, body: str, *, idempotency_key: str | None = None, wait: bool = True, **fields: Unpack[Sent]
    ) -> Submission:
        """Submit an inquiry. Without `wait`, a worker assesses it later. Safe to repeat with a key."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        headers |= {} if wait else {"Prefer": "respond-async"}
        return _as(Submission, self._post("inquiries/submit", {"body": body, **fields}, headers=headers))

    def classify(self, texts: Sequence[str | Mapping[str, str]], *, explain: bool = False) -> tuple[Prediction, ...]:
        """What the model says about up to 256 texts, each a string or `{"subject", "body"}`; nothing is stored.

        With `explain`, up to 4 texts, and each answer has its explanation.
        """
        items = [dict(text) if isinstance(text, Mapping) else text for text in texts]
        parameters = {"explain": "true"} if explain else {}
        answer = self._post("inquiries/classify", {"items": items}, parameters=parameters)
        return _as(tuple[Prediction, ...], _part(answer, "items"))

    def get(self, inquiry_id: UUID) -> Inquiry:
        """Everything about one inquiry."""
        return _as(Inquiry, self._get(f"inquiries/{inquiry_id}"))

    def explanation(self, inquiry_id: UUID) -> Explanation:
        """The words that moved the answers about an inquiry, by the model that is loaded now."""
        return _as(Explanation, self._get(f"inquiries/{inquiry_id}/explanation"))

    def history(self, inquiry_id: UUID) -> tuple[Event, ...]:
        """All that happened to an inquiry, the first first."""
        return _as(tuple[Event, ...], _part(self._get(f"inquiries/{inquiry_id}/history"), "events"))

    def inquiries(self, *, page: int = 100, **wanted: Unpack[Wanted]) -> Iterator[Inquiry]:
        """Inquiries that match all that is given, newest first; fetched in pages of up to 200 as they are read."""
        return self._pages(Inquiry, "inquiries", wanted, page=page)

    def page(self, *, cursor: str | None = None, limit: int = 50, **wanted: Unpack[Wanted]) -> InquiryPage:
        """Up to 200 inquiries that match all that is given, newest first; `cursor` is that of the page before."""
        return _as(InquiryPage, self._get("inquiries", {**wanted, "limit": limit, "cursor": cursor}))

    def waiting_queue(
        self, *, department: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> WaitingQueue:
        """What waits for a consultant, in all departments or in one, the most urgent first."""
        return _as(WaitingQueue, self._get("queue", {"department": department, "limit": limit, "cursor": cursor}))

    def stats(self, **during: Unpack[During]) -> Statistics:
        """Figures over a window."""
        return _as(Statistics, self._get("stats", during))

    def series(
        self, by: str = "total", *, bucket: str = "hour", timezone: str = "UTC", **during: Unpack[During]
    ) -> Series:
        """What was received over time, in all or by one label: category, department, sentiment, urgency, priority,
        status, language or channel.

        A `bucket` is a minute, 5 minutes, an hour or a day of `timezone`, an IANA name; there are 2,000 at most.
        """
        return _as(Series, self._get("stats/series", {"by": by, "bucket": bucket, "timezone": timezone, **during}))

    def priorities(self, **during: Unpack[During]) -> Priorities:
        """How the priority scores of what was received are spread, and what was escalated."""
        return _as(Priorities, self._get("stats/priority", during))

    def team(self, **during: Unpack[During]) -> tuple[ConsultantFigures, ...]:
        """What each consultant has, got and resolved, by id."""
        return _as(tuple[ConsultantFigures, ...], _part(self._get("stats/consultants", during), "items"))

    def models(self) -> Models:
        """The model that is loaded, its held-out figures, and every version that ever answered."""
        return _as(Models, self._get("models"))

    def model_figures(self, **during: Unpack[During]) -> ModelFigures:
        """How sure the models were of the predictions made in a window, and how right where people judged."""
        return _as(ModelFigures, self._get("stats/models", during))

    def pipeline_figures(self) -> PipelineFigures:
        """What is owed, the last hour minute by minute, whether workers are there, and a day of measurements."""
        return _as(PipelineFigures, self._get("stats/pipeline"))

    def consultants(self) -> tuple[Consultant, ...]:
        """Every consultant, by id."""
        return _as(tuple[Consultant, ...], _part(self._get("consultants"), "items"))

    def set_available(self, consultant: str, *, available: bool) -> Consultant:
        """Say that a consultant is there or away."""
        return _as(Consultant, self._call("PATCH", _desk(consultant), {"available": available}))

    def queue(self, consultant: str, *, limit: int = 50, cursor: str | None = None) -> ConsultantQueue:
        """A consultant's open inquiries by priority, and what waits beside them."""
        return _as(
            ConsultantQueue,
            self._get(f"consultants/{quote(consultant, safe='')}/queue", {"limit": limit, "cursor": cursor}),
        )

    def change_status(
        self, inquiry_id: UUID, status: Status, *, actor: str | None = None, reason: str | None = None
    ) -> Inquiry:
        """Take an inquiry a step further."""
        sent = _given(status=status, actor=actor, reason=reason)
        return _as(Inquiry, self._call("PATCH", f"inquiries/{inquiry_id}", sent))

    def feedback(
        self,
        inquiry_id: UUID,
        *,
        actor: str,
        category: str | None = None,
        sentiment: Sentiment | None = None,
        urgency: Urgency | None = None,
        confirm: bool = False,
        comment: str | None = None,
        reroute: bool | None = None,
    ) -> Inquiry:
        """Say which labels are right, or `confirm` all as they stand. Answers with the inquiry as it is then."""
        sent = _given(actor=actor, category=category, sentiment=sentiment, urgency=urgency, comment=comment)
        sent |= _given(reroute=reroute) | ({"confirm": True} if confirm else {})
        return _as(Inquiry, self._post(f"inquiries/{inquiry_id}/feedback", sent))

    def assign(
        self,
        inquiry_id: UUID,
        consultant: str | None,
        *,
        actor: str,
        reason: str | None = None,
        held_by: str | None = _LEFT_OUT,
    ) -> Inquiry:
        """Give an inquiry to a consultant, or with None back to the queue.

        `held_by` is who had it when you looked (None: it waited). `ApiError` 409 if that is no longer so, or, where it
        was left out, if it is with anybody but the actor.
        """
        sent = {"consultant": consultant, **_given(actor=actor, reason=reason)}
        sent |= {} if held_by is _LEFT_OUT else {"held_by": held_by}
        return _as(Inquiry, self._post(f"inquiries/{inquiry_id}/assignment", sent))

    def dead_letters(self, *, page: int = 100) -> Iterator[DeadLetter]:
        """Inquiries that could not be assessed, latest first."""
        return self._pages(DeadLetter, "dead-letters", {}, page=page)

    def retry(self, inquiry_id: UUID) -> None:
        """Try a dead letter again."""
        self._post(f"dead-letters/{inquiry_id}/retry", None)

    def rules(self) -> Rules:
        """The routing rules in force."""
        return _as(Rules, self._get("rules"))

    def health(self) -> Health:
        """How the service is; also what is unavailable answers, unless it is gone."""
        return _as(Health, self._call("GET", "health", None, accept=(200, 503)))

    def _pages(self, shape: type[T], path: str, wanted: Mapping[str, Any], *, page: int) -> Iterator[T]:
        cursor: str | None = None
        while True:
            answer = self._get(path, {**wanted, "limit": page, "cursor": cursor})
            for item in _part(answer, "items"):
                yield _as(shape, item)
            cursor = _part(answer, "next_cursor")
            if cursor is None:
                return

    def _get(self, path: str, parameters: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        return self._call("GET", path, None, parameters=parameters)

    def _post(
        self,
        path: str,
        sent: object,
        *,
        parameters: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - JSON
        return self._call("POST", path, sent, parameters=parameters, headers=headers)

    def _call(
        self,
        method: str,
        path: str,
        sent: object,
        *,
        parameters: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: Sequence[int] = (200, 201, 202),
    ) -> Any:  # noqa: ANN401 - JSON
        """The JSON of an answer. Raises `ApiError`."""
        known = {name: _parameter(value) for name, value in (parameters or {}).items() if value is not None}
        try:
            answer = self._http.request(
                method, path, json=None if sent is None else _plain(sent), params=known, headers=headers
            )
        except httpx.HTTPError as error:
            why = f"No answer from {self._http.base_url}: {error or type(error).__name__}"
            raise ApiError(Problem(status=0, title="No answer", detail=why)) from error
        if answer.status_code not in accept:
            raise ApiError(_problem(answer))
        try:
            return answer.json()
        except ValueError as error:
            raise _unexpected(f"no JSON from {answer.url}") from error


def _base(url: str) -> httpx.URL:
    """Where the API is, under the URL that was given. Raises `ApiError`, which names it."""
    try:
        base = httpx.URL(f"{url.rstrip('/')}/api/v1/")
        usable = base.scheme in ("http", "https") and base.host
        why = "" if usable else "it must begin with http:// or https:// and a host"
    except httpx.InvalidURL as error:
        why = str(error)
    if why:
        detail = f"{url!r} is not the URL of an API, such as http://127.0.0.1:8000: {why}"
        raise ApiError(Problem(status=0, title="No URL of an API", detail=detail))
    return base


def _as(shape: type[T], value: object) -> T:
    """The answer as a dataclass. Raises `ApiError` where it is of another shape."""
    try:
        return read(shape, value)
    except UnexpectedAnswer as error:
        raise _unexpected(str(error)) from error


def _part(answer: object, name: str) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(answer, dict) or name not in answer:
        raise _unexpected(f"answer.{name} is missing")
    return answer[name]


def _unexpected(what: str) -> ApiError:
    detail = f"The server is of another kind or version than this client: {what}"
    return ApiError(Problem(status=0, title="Unexpected answer", detail=detail))


def _desk(consultant: str) -> str:
    return f"consultants/{quote(consultant, safe='')}"


def _given(**values: object) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever JSON or a query can carry
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value


def _parameter(value: Any) -> Any:  # noqa: ANN401 - whatever a query can carry
    return str(value).lower() if isinstance(value, bool) else _plain(value)


def _problem(answer: httpx.Response) -> Problem:
    """The problem document of an answer, or one made of what there is: a proxy may have answered."""
    try:
        return read(Problem, answer.json())
    except ValueError:
        detail = answer.text[:200] or "The answer says nothing"
        return Problem(status=answer.status_code, title=answer.reason_phrase, detail=detail)

"""What the viewer does to an inquiry: each asks the API, and says in one sentence what came of it."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from inquiry_pipeline.client import ApiError, Inquiry, Sentiment, Status, Urgency
from inquiry_pipeline.entrypoints.dashboard import connection, formatting, notices
from inquiry_pipeline.entrypoints.dashboard.connection import api

TASKS: Final = ("category", "sentiment", "urgency")
LABELS: Final = {
    "sentiment": tuple(one.value for one in Sentiment),
    "urgency": tuple(one.value for one in Urgency),
}


def take(one: Inquiry, me: str) -> None:
    """Take an inquiry, as it was seen: from the queue, or from whoever had it."""
    _attempt(one, lambda: api().assign(one.id, me, actor=me, held_by=_holder(one)), "It is yours now.", me)


def give_back(one: Inquiry, me: str, reason: str | None = None) -> None:
    """Put an inquiry back into the queue."""

    def act() -> Inquiry:
        return api().assign(one.id, None, actor=me, reason=reason, held_by=_holder(one))

    _attempt(one, act, lambda after: f"Given back. {_where(after)}", me)


def hand_over(one: Inquiry, to: str, me: str, reason: str | None = None) -> None:
    """Give an inquiry to somebody else."""

    def act() -> Inquiry:
        return api().assign(one.id, to, actor=me, reason=reason, held_by=_holder(one))

    _attempt(one, act, lambda after: f"Handed over. {_where(after)}", me)


def start(one: Inquiry, me: str) -> None:
    """Begin to work on an inquiry."""

    def act() -> Inquiry:
        return api().change_status(one.id, Status.IN_PROGRESS, actor=me)

    if _unmoved(one, me):
        _attempt(one, act, "Started.", me)


def resolve(one: Inquiry, me: str) -> None:
    """Call an inquiry done; what was not begun is begun by that."""
    now = _unmoved(one, me)
    if now is None:
        return

    def act() -> Inquiry:
        if now.status is not Status.IN_PROGRESS:
            api().change_status(one.id, Status.IN_PROGRESS, actor=me)
        return api().change_status(one.id, Status.RESOLVED, actor=me)

    _attempt(one, act, "Resolved.", me)


def reopen(one: Inquiry, me: str) -> None:
    """Take up again what was done."""
    act = lambda: api().change_status(one.id, Status.REOPENED, actor=me)  # noqa: E731
    _attempt(one, act, lambda after: f"Reopened. {_where(after)}", me)


def confirm(one: Inquiry, me: str) -> None:
    """Say that all labels are right as they stand."""
    said = "Confirmed: all three labels stand."
    _attempt(one, lambda: api().feedback(one.id, actor=me, confirm=True), said, me)


def correct(one: Inquiry, me: str, *, task: str, label: str, comment: str | None = None) -> None:
    """Say which label is right, and what became of the inquiry by that."""

    def act() -> Inquiry:
        if task == "category":
            return api().feedback(one.id, actor=me, category=label, comment=comment)
        if task == "sentiment":
            return api().feedback(one.id, actor=me, sentiment=Sentiment(label), comment=comment)
        return api().feedback(one.id, actor=me, urgency=Urgency(label), comment=comment)

    was = getattr(one.labels, task, None)
    change = f"{formatting.words(task)} corrected: {formatting.words(was or '?')} → {formatting.words(label)}."

    def told(after: Inquiry) -> str:
        rate = _rate() if task == "category" else ""  # it is that of categories
        return " ".join(part for part in (change, _where(after), rate) if part)

    _attempt(one, act, told, me)


def say_it_is_gone(inquiry: UUID, me: str) -> None:
    """Say what became of an inquiry that is no longer where the viewer saw it."""
    try:
        text = _meanwhile(api().get(inquiry), me)
    except ApiError as error:
        text = connection.in_words(error)
    notices.say(text, icon="sync_problem")


def set_available(consultant: str, *, available: bool) -> None:
    """Say that a consultant is there or away."""
    try:
        after = api().set_available(consultant, available=available)
    except ApiError as error:
        notices.say(connection.in_words(error), icon="error")
        return
    if available:
        notices.say(f"Welcome back. You have {after.open_inquiries} open inquiries.", icon="waving_hand")
    else:
        notices.say("You are away: nothing new comes to you. What you have stays on your desk.", icon="bedtime")


def _attempt(one: Inquiry, act: Callable[[], Inquiry], said: str | Callable[[Inquiry], str], me: str) -> None:
    try:
        after = act()
    except ApiError as error:
        notices.say(_refusal(one, error, me), icon="sync_problem" if error.problem.status == 409 else "error")
    else:
        notices.say(said if isinstance(said, str) else said(after))


def _unmoved(one: Inquiry, me: str) -> Inquiry | None:
    """The inquiry as it is now, if it is still with whom the viewer saw it; else None, after saying where it is.

    The API refuses to hand over what has moved; steps of the status it takes from anybody.
    """
    try:
        now = api().get(one.id)
    except ApiError as error:
        notices.say(connection.in_words(error), icon="error")
        return None
    if _holder(now) != _holder(one):
        notices.say(_meanwhile(now, me), icon="sync_problem")
        return None
    return now


def _refusal(one: Inquiry, error: ApiError, me: str) -> str:
    """Why it was not done; where somebody was quicker, who."""
    if error.problem.status != 409:
        return connection.in_words(error)
    try:
        now = api().get(one.id)
    except ApiError:
        return connection.in_words(error)
    return _meanwhile(now, me) if _holder(now) != _holder(one) else connection.in_words(error)


def _meanwhile(now: Inquiry, me: str) -> str:
    """What became of an inquiry while the viewer looked at it; what they did themselves is said as that."""
    if _holder(now) == me:
        return "It is resolved already." if now.status is Status.RESOLVED else "It is yours already."
    name = now.routing.consultant_name if now.routing else None
    if now.status is Status.RESOLVED:
        return f"It was resolved meanwhile{f' by {name}' if name else ''}. Nothing was changed."
    return f"{name} took it meanwhile. Nothing was changed." if name else "It went back to the queue meanwhile."


def _holder(one: Inquiry) -> str | None:
    return one.routing.consultant if one.routing else None


def _where(after: Inquiry) -> str:
    routing = after.routing
    if routing is None or after.status is Status.RESOLVED:
        return ""
    department = formatting.words(routing.department)
    if routing.waiting:
        return f"It waits in {department} for somebody with room."
    return f"It is with {routing.consultant_name or routing.consultant}, {department}."


def _rate() -> str:
    """The override rate after a correction: people see that it counts."""
    try:
        rates = api().stats(hours=24).overrides
    except ApiError:
        return ""
    return f"Corrected by people in 24 hours: {formatting.share(rates.overall.rate, digits=1)}." if rates else ""

"""Days before today, filled as if the pipeline had run all the time: through its own verbs, with the clock set back."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Final

from uuid_utils.compat import uuid7

from inquiry_pipeline.core.feedback import TASKS, Judgement
from inquiry_pipeline.core.inquiry import Inquiry, Status
from inquiry_pipeline.core.prediction import Sentiment, Urgency
from inquiry_pipeline.entrypoints.demo.messages import DemoMessage, everyday, incident
from inquiry_pipeline.entrypoints.demo.staff import judgement
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store import demo, inquiries
from inquiry_pipeline.store.demo import DEMO, Life

_DAYS: Final = (1.0, 1.05, 1.0, 0.95, 0.9, 0.35, 0.25)
"""How much comes in on each day of the week, Monday first."""
_HOURS: Final = (1, 1, 1, 1, 1, 2, 4, 8, 13, 16, 16, 14, 11, 12, 14, 14, 12, 9, 7, 6, 5, 4, 3, 2)
_INCIDENT_DAY: Final = 0.7
"""When an outage happened, as a share of the whole time."""
_INCIDENT_REPORTS: Final = 36
_HOURS_TO_BEGIN: Final[Mapping[str, float]] = {"critical": 0.15, "high": 0.6, "medium": 2.0, "low": 4.0}
_HOURS_AT_WORK: Final = 0.6
_LONGEST: Final = 20.0
"""Hours after which even the slowest is begun: the worker would otherwise escalate the past."""
_TOGETHER: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PastOptions:
    """How far back, and how many inquiries on an ordinary working day. The same seed is the same past."""

    length: timedelta
    per_day: int = 130
    seed: int = 2


def past_arrivals(options: PastOptions, now: datetime) -> list[tuple[datetime, DemoMessage]]:
    """What came in during the past, in its order."""
    chance = random.Random(options.seed)  # noqa: S311 - no secret
    begin = now - options.length
    moments = []
    for number in range(options.length.days + 2):
        day = begin.date() + timedelta(days=number)
        midnight = datetime.combine(day, time(), begin.tzinfo)
        expected = options.per_day * _DAYS[day.weekday()] * chance.uniform(0.85, 1.15)
        for hour in chance.choices(range(24), _HOURS, k=round(expected)):
            moment = midnight + timedelta(hours=hour, seconds=chance.uniform(0, 3600))
            if begin <= moment < now:
                moments.append(moment)
    ordinary = list(zip(moments, everyday(len(moments), chance), strict=True))
    outage = begin + options.length * _INCIDENT_DAY
    reports = [
        (outage + timedelta(minutes=chance.triangular(0, 90, 5)), one) for one in incident(_INCIDENT_REPORTS, chance)
    ]
    known = [*ordinary, *((moment, one) for moment, one in reports if moment < now)]
    return sorted(known, key=lambda arrival: arrival[0])


def fill(
    pipeline: Pipeline, options: PastOptions, now: datetime, *, told: Callable[[int, int], None] = lambda *_: None
) -> int:
    """Store the past; `told` hears how many of how many are done. Returns how many."""
    arrivals = past_arrivals(options, now)
    chance = random.Random(options.seed)  # noqa: S311 - no secret
    lives: list[Life] = []
    for number, (moment, message) in enumerate(arrivals, start=1):
        lives.append(_live(pipeline, moment, message, now, chance))
        if number % _TOGETHER == 0 or number == len(arrivals):
            with pipeline.database.transaction() as connection:
                demo.backdate(connection, lives)
            lives = []
        told(number, len(arrivals))
    with pipeline.database.transaction() as connection:
        demo.forget_measured(connection, since=now)
    return len(arrivals)


def _live(pipeline: Pipeline, moment: datetime, message: DemoMessage, now: datetime, chance: random.Random) -> Life:
    """Take one inquiry through its whole life, as of then."""
    inquiry = Inquiry(
        id=uuid7(nanoseconds=round(moment.timestamp() * 1e9)),  # ids sort by the time of acceptance
        subject=message.inquiry.message.subject,
        body=message.inquiry.message.body,
        sender_name=message.sender_name,
        sender_email=message.sender_email,
        channel=message.channel,
        received_at=moment,
        created_at=moment,
        metadata={DEMO: "past"},
    )
    routed_at = moment + timedelta(seconds=chance.lognormvariate(-3.6, 0.4))
    pipeline.clock = lambda: routed_at
    life = Life(inquiry_id=inquiry.id, received_at=moment, routed_at=routed_at)
    lease = pipeline.accept(inquiry, via="demo").lease
    if lease is None:
        return life
    pipeline.record(pipeline.assess([inquiry], interactive=False), lease, by="demo")
    begun_at = moment + timedelta(hours=_hours_to_begin(message, chance))
    resolved_at = begun_at + timedelta(hours=chance.lognormvariate(0, 0.8) * _HOURS_AT_WORK)
    holder = _begun_by(pipeline, inquiry, message, chance) if begun_at < now else None
    if holder is None:
        return life
    if resolved_at >= now:
        return replace(life, begun_at=begun_at)
    with pipeline.database.transaction() as connection:
        inquiries.change_status(connection, inquiry.id, to=Status.RESOLVED, actor=holder)
    return replace(life, begun_at=begun_at, resolved_at=resolved_at)


def _hours_to_begin(message: DemoMessage, chance: random.Random) -> float:
    typical = _HOURS_TO_BEGIN.get(message.inquiry.urgency or "low", 4.0)
    return min(typical * chance.lognormvariate(0, 0.7), _LONGEST)


def _begun_by(pipeline: Pipeline, inquiry: Inquiry, message: DemoMessage, chance: random.Random) -> str | None:
    """Let its consultant correct what is wrong, and whoever has it then begin; None where nobody has it."""
    with pipeline.database.transaction() as connection:
        stored = inquiries.get(connection, inquiry.id)
    if stored.decision is None or stored.decision.consultant is None or stored.labels is None:
        return None
    standing = {task: getattr(stored.labels, task) for task in TASKS}
    said = judgement(standing, message.inquiry, chance)
    if said is not None:
        pipeline.correct(inquiry.id, _judgement_of(stored.decision.consultant, said))
    with pipeline.database.transaction() as connection:
        decision = inquiries.get(connection, inquiry.id).decision
        if decision is None or decision.consultant is None:
            return None
        inquiries.change_status(connection, inquiry.id, to=Status.IN_PROGRESS, actor=decision.consultant)
    return decision.consultant


def _judgement_of(actor: str, said: Mapping[str, str]) -> Judgement:
    return Judgement(
        actor=actor,
        category=said.get("category"),
        sentiment=Sentiment(said["sentiment"]) if "sentiment" in said else None,
        urgency=Urgency(said["urgency"]) if "urgency" in said else None,
        as_it_is=not said,
    )

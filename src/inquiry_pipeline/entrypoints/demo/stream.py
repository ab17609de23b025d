"""The demo, played against a running API in real time."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from inquiry_pipeline.client import ApiError, Client
from inquiry_pipeline.entrypoints.demo.messages import DemoMessage
from inquiry_pipeline.entrypoints.demo.script import Absence, Arrival, script
from inquiry_pipeline.entrypoints.demo.staff import Staff
from inquiry_pipeline.store.demo import DEMO

_STEPS_PER_ARRIVAL: Final = 1.4
"""An inquiry takes two steps to be resolved: so two thirds of them are at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOptions:
    """How many inquiries, and how many of them a minute. The same seed is the same play."""

    count: int
    per_minute: float
    seed: int = 1


@dataclass(slots=True)
class Stream:
    """The play under way. `away` are the consultants whom it sent away and who are not back yet."""

    staff: Staff
    present: list[str]
    run: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    away: list[str] = field(default_factory=list)
    sent: int = 0

    def happen(self, event: Arrival | Absence) -> None:
        """Let one thing happen now, and the staff take their next steps."""
        if isinstance(event, Absence):
            self._change(event)
            return
        self._submit(event.message)
        steps = _STEPS_PER_ARRIVAL + self.staff.chance.random() - 0.5
        for consultant in self.staff.chance.choices(self.present, k=round(steps)) if self.present else ():
            self.staff.work(consultant)

    def _submit(self, message: DemoMessage) -> None:
        answer = self.staff.api.submit(
            message.inquiry.message.body,
            subject=message.inquiry.message.subject or "",
            sender_email=message.sender_email,
            sender_name=message.sender_name,
            channel=message.channel,
            metadata={DEMO: self.run},
        )
        self.staff.truths[answer.id] = message.inquiry
        self.sent += 1

    def _change(self, event: Absence) -> None:
        self.staff.api.set_available(event.consultant, available=event.available)
        mine, other = (self.away, self.present) if event.available else (self.present, self.away)
        mine.remove(event.consultant)
        other.append(event.consultant)


@contextmanager
def stream(api: Client, options: StreamOptions) -> Iterator[tuple[Stream, list[Arrival | Absence]]]:
    """A play that is ready to begin, and what will happen in it.

    Afterwards everybody is back at their desk; whom the API did not let back stay in `away`.
    """
    chance = random.Random(options.seed)  # noqa: S311 - no secret
    present = [one.id for one in api.consultants() if one.available]
    seconds = options.count / options.per_minute * 60
    play = Stream(staff=Staff(api=api, chance=chance), present=present)
    try:
        yield play, script(options.count, seconds=seconds, consultants=present, chance=chance)
    finally:
        for consultant in tuple(play.away):
            with suppress(ApiError):
                api.set_available(consultant, available=True)
                play.away.remove(consultant)


def play(
    api: Client,
    options: StreamOptions,
    *,
    told: Callable[[Stream], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Stream:
    """Play all of it; `told` hears after each event how far it is. Raises `ApiError`."""
    with stream(api, options) as (running, events):
        started = time.monotonic()
        for event in events:
            sleep(max(0.0, started + event.at - time.monotonic()))
            running.happen(event)
            told(running)
    return running

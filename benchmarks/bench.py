"""What every measurement is given: how much to do, where to put the figures, and the notes of the run."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console

from benchmarks.machine import Company
from benchmarks.result import Goal, Result, Row
from benchmarks.summary import spread

QUIET: Final = 0.05
"""Up to this share of the machine for others, a figure counts as undisturbed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured. Requests are a repetition's; seconds those of a sustained load or an encoder run."""

    repetitions: int
    records: int
    one_client: int
    eight_clients: int
    sustained_seconds: float
    encoder_seconds: float
    backlog: int
    starts: int


FULL = Size(
    repetitions=3, records=2000, one_client=150, eight_clients=300,
    sustained_seconds=15.0, encoder_seconds=1.0, backlog=1000, starts=3,
)  # fmt: skip
QUICK = Size(
    repetitions=1, records=600, one_client=80, eight_clients=160,
    sustained_seconds=2.0, encoder_seconds=0.3, backlog=250, starts=1,
)  # fmt: skip


@dataclass(slots=True)
class Bench:
    """One run under way.

    `encoder_rates`: passes a second over the corpus, `fresh_starts`: seconds to ready on new folders, each as they
    are measured. `next_text`: the number of the first inquiry that nothing has used yet.
    """

    size: Size
    result: Result
    company: Company
    console: Console
    encoder_rates: list[float] = field(default_factory=list)
    fresh_starts: list[float] = field(default_factory=list)
    next_text: int = 100_000

    @contextmanager
    def section(self, name: str) -> Iterator["Section"]:
        """Rows of one kind; their time is watched for company."""
        self.console.print(f"[dim]{name} …[/dim]")
        yield Section(bench=self, name=name, began=time.monotonic())

    def fresh(self, count: int) -> int:
        """The first of `count` numbers of inquiries that were never used."""
        first = self.next_text
        self.next_text += count
        return first


@dataclass(slots=True)
class Section:
    """Where the rows of one kind go."""

    bench: Bench
    name: str
    began: float

    def restart_watch(self) -> None:
        """What is added from here on was measured from here on."""
        self.began = time.monotonic()

    def add(self, name: str, unit: str, values: Sequence[float], goal: Goal | None = None) -> None:
        """Note a figure, with all its repetitions."""
        others = self.bench.company.since(self.began)
        row = Row(section=self.name, name=name, unit=unit, value=spread(values), goal=goal, others=round(others, 3))
        self.bench.result.rows.append(row)


def at_most(value: float) -> Goal:
    """A goal that a smaller figure meets."""
    return Goal(kind="at_most", value=value)


def at_least(value: float) -> Goal:
    """A goal that a greater figure meets."""
    return Goal(kind="at_least", value=value)

"""What a benchmark gives: rows, each a figure with its goal where it has one; and what a whole run is."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from benchmarks.summary import Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A figure to reach: at most or at least `value`, in the row's unit."""

    kind: Literal["at_most", "at_least"]
    value: float

    def met(self, measured: float) -> bool:
        """Whether a measured figure reaches it."""
        return measured <= self.value if self.kind == "at_most" else measured >= self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured figure. `others`: the largest share of the machine (0 to 1) that strangers took meanwhile."""

    section: str
    name: str
    unit: str
    value: Spread
    goal: Goal | None = None
    others: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without one."""
        return self.goal.met(self.value.median) if self.goal else None


@dataclass(slots=True)
class Result:
    """A whole run: where it was made, its rows, and what else is worth knowing."""

    machine: dict[str, Any]
    rows: list[Row] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """In the form of the result file."""
        return {"machine": self.machine, "rows": [{**asdict(row), "met": row.met} for row in self.rows]}


def result_of(content: dict[str, Any]) -> Result:
    """A result from its file's content."""
    return Result(machine=content["machine"], rows=[_row(row) for row in content["rows"]])


def _row(content: dict[str, Any]) -> Row:
    goal = Goal(**content["goal"]) if content["goal"] else None
    known = {name: value for name, value in content.items() if name not in {"met", "goal", "value"}}
    return Row(**known, goal=goal, value=Spread(**content["value"]))

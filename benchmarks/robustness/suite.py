"""All cases of robustness, and their outcomes by group."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from benchmarks.robustness.cases import Case, Outcome
from benchmarks.robustness.expectation import abstention_cases, direction_cases, minimum_cases
from benchmarks.robustness.hostile import hostile_cases
from benchmarks.robustness.invariance import invariance_cases


def all_cases() -> Iterator[Case]:
    """Every case, in the order of the report."""
    yield from minimum_cases()
    yield from invariance_cases()
    yield from direction_cases()
    yield from hostile_cases()
    yield from abstention_cases()


def by_group(found: Iterable[Outcome]) -> Mapping[tuple[str, str, str], Sequence[Outcome]]:
    """Outcomes by kind, group and task, in the order in which they come."""
    groups: dict[tuple[str, str, str], list[Outcome]] = defaultdict(list)
    for one in found:
        groups[one.case.kind, one.case.group, one.case.task].append(one)
    return groups

"""`python -m benchmarks.robustness [BUNDLE]`: how often the model answers as it must under changes of the text.

Prints a table of shares by group, in Markdown, and with `--failures` every case that fails. The cases are written for
this purpose; `tests/model` guards the shares of the default bundle.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry

from benchmarks.robustness.cases import TASKS, WHOLE, Outcome, outcomes
from benchmarks.robustness.suite import all_cases, by_group
from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE
from inquiry_pipeline.nlp.cache import LocalCache
from inquiry_pipeline.nlp.predictor import Predictor, PredictorOptions
from inquiry_pipeline.telemetry.metrics import Metrics


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, nargs="?", default=DEFAULT_BUNDLE)
    parser.add_argument("--failures", action="store_true", help="print every case that fails, too")
    given = parser.parse_args()
    predictor = Predictor(given.bundle, PredictorOptions(), Metrics(CollectorRegistry()).model, LocalCache(0))
    found = outcomes(predictor, all_cases())
    version = predictor.status().version
    predictor.close()
    print(f"{version}: {sum(one.wrong is None for one in found)} of {len(found)} cases as they must be\n")
    print(markdown(found))
    if given.failures:
        print("\n".join(_failures(found)))


def markdown(found: Sequence[Outcome]) -> str:
    """A table: one row a group, one column a task, in the cells how many of how many cases are as they must be."""
    columns = (*TASKS, WHOLE)
    lines = [f"| kind | group | {' | '.join(columns)} |", "|---" * (len(columns) + 2) + "|"]
    cells = by_group(found)
    for kind, group in dict.fromkeys((kind, group) for kind, group, _ in cells):
        shares = [_share(cells.get((kind, group, task), [])) for task in columns]
        lines.append(f"| {kind} | {group} | {' | '.join(shares)} |")
    return "\n".join(lines)


def _share(found: Sequence[Outcome]) -> str:
    right = sum(one.wrong is None for one in found)
    return f"{right}/{len(found)} ({right / len(found):.0%})" if found else ""


def _failures(found: Sequence[Outcome]) -> list[str]:
    return [
        f"{one.case.kind}, {one.case.group}, {one.case.task}: {one.case.name[:200]!a}: {one.wrong}"
        for one in found
        if one.wrong is not None
    ]


if __name__ == "__main__":
    main()

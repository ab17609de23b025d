"""`python -m benchmarks.agreement`: how far two annotators agree, and how far a bundle agrees with them.

`data/second_annotation.jsonl` holds the labels that a second annotator gave to messages which no encoder learns from
(`data/validation`, and some of the held-out files of `data/written`), without seeing the first ones. By task and file:
the share of equal labels with Cohen's kappa (Cohen 1960), how often the bundle gives the first label, and how often
where both annotators give the same. The last one is what compares with a test set of undisputed labels.
"""

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry
from rich.console import Console
from rich.table import Table

from inquiry_pipeline.core.prediction import Prediction
from inquiry_pipeline.learning.datasets import TASKS, LabelledInquiry, read_folder
from inquiry_pipeline.learning.evaluation import wilson_interval
from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE
from inquiry_pipeline.nlp.cache import LocalCache
from inquiry_pipeline.nlp.predictor import Predictor, PredictorOptions
from inquiry_pipeline.telemetry.metrics import Metrics

DATA: Final = Path("data")
FOLDERS: Final = ("validation", "written")


@dataclass(frozen=True, slots=True, kw_only=True)
class Twice:
    """An inquiry of one of the folders, and the labels that a second annotator gave it, by task."""

    folder: str
    inquiry: LabelledInquiry
    second: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One message for one task: the labels of two annotators, and the model's."""

    first: str
    second: str
    model: str

    @property
    def undisputed(self) -> bool:
        """Whether both annotators give the same label."""
        return self.first == self.second


def main() -> None:
    """Read, answer, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=DEFAULT_BUNDLE)
    bundle = parser.parse_args().bundle
    twice = labelled_twice(DATA)
    predictions = _answers(bundle, [one.inquiry for one in twice])
    table = Table("task", "messages", "n", "annotators agree", "kappa", "model right", "where they agree")
    for task in TASKS:
        for name, rows in parts(twice).items():
            judged = [_judged(twice[row], predictions[row], task) for row in rows]
            table.add_row(task, name, str(len(judged)), *figures(judged))
        table.add_section()
    Console(width=max(Console().width, 150)).print(table)


def labelled_twice(data: Path) -> list[Twice]:
    """Every message that has a second annotation, with it; KeyError names one that is not in the data."""
    known = {
        (inquiry.source, inquiry.id): (folder, inquiry) for folder in FOLDERS for inquiry in read_folder(data / folder)
    }
    lines = (data / "second_annotation.jsonl").read_text("utf-8").splitlines()
    return [
        Twice(folder=folder, inquiry=inquiry, second=entry)
        for entry in map(json.loads, lines)
        for folder, inquiry in [known[entry["source"], entry["id"]]]
    ]


def figures(judged: Sequence[Judged]) -> tuple[str, str, str, str]:
    """Agreement, kappa, the model's accuracy on the first labels, and on those that both annotators give."""
    undisputed = [one for one in judged if one.undisputed]
    return (
        _share(len(undisputed), len(judged)),
        f"{kappa([one.first for one in judged], [one.second for one in judged]):.2f}",
        _share(sum(one.model == one.first for one in judged), len(judged)),
        _share(sum(one.model == one.first for one in undisputed), len(undisputed)),
    )


def kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Agreement beyond chance: 1 where all labels are equal, 0 where as many are as by chance."""
    n = len(first)
    equal = sum(one == other for one, other in zip(first, second, strict=True)) / n
    shares, others = Counter(first), Counter(second)
    by_chance = sum(shares[label] * others[label] for label in shares) / n**2
    return (equal - by_chance) / (1 - by_chance)


def _share(right: int, n: int) -> str:
    if not n:
        return "none"
    low, high = wilson_interval(right, n)
    return f"{right / n:.1%} ({low:.1%} to {high:.1%})"


def parts(twice: Sequence[Twice]) -> dict[str, list[int]]:
    """The rows of every file, then of the English messages and of the others of each folder together."""
    rows: dict[str, list[int]] = {source: [] for source in sorted({one.inquiry.source for one in twice})}
    for row, one in enumerate(twice):
        rows[one.inquiry.source].append(row)
        language = "English" if one.inquiry.language == "en" else "other languages"
        rows.setdefault(f"{one.folder}, {language}", []).append(row)
    return rows


def _answers(bundle: Path, inquiries: Sequence[LabelledInquiry]) -> list[Prediction]:
    predictor = Predictor(bundle, PredictorOptions(threads=2), Metrics(CollectorRegistry()).model, LocalCache(0))
    predictor.warm_up()
    try:
        return predictor.predict([inquiry.message for inquiry in inquiries], interactive=False)
    finally:
        predictor.close()


def _judged(one: Twice, prediction: Prediction, task: str) -> Judged:
    return Judged(first=one.inquiry.label(task) or "", second=one.second[task], model=str(getattr(prediction, task)))


if __name__ == "__main__":
    main()

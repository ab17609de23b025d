"""How far two annotators agree: what a model can be expected to reach on labels that one of them made.

`data/second_annotation.jsonl` holds the labels that a second annotator gave to 240 messages of held-out files,
without seeing the first ones. Prints, by task, the share of equal labels and Cohen's kappa (Cohen 1960).
"""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from inquiry_pipeline.learning.datasets import TASKS, read_folder
from inquiry_pipeline.learning.evaluation import wilson_interval

DATA = Path("data")


def kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Agreement beyond chance: 1 where all labels are equal, 0 where as many are as by chance."""
    n = len(first)
    equal = sum(one == other for one, other in zip(first, second, strict=True)) / n
    shares, others = Counter(first), Counter(second)
    by_chance = sum(shares[label] * others[label] for label in shares) / n**2
    return (equal - by_chance) / (1 - by_chance)


def main() -> None:
    """Print the agreement by task, over all and by file."""
    written = {(inquiry.source, inquiry.id): inquiry for inquiry in read_folder(DATA / "written")}
    lines = (DATA / "second_annotation.jsonl").read_text("utf-8").splitlines()
    second = [json.loads(line) for line in lines]
    sources = sorted({entry["source"] for entry in second})
    for task in TASKS:
        for name, chosen in (("all", sources), *((source, [source]) for source in sources)):
            own = [entry for entry in second if entry["source"] in chosen]
            labels = [written[entry["source"], entry["id"]].label(task) or "" for entry in own]
            others = [entry[task] for entry in own]
            equal = sum(one == other for one, other in zip(labels, others, strict=True))
            low, high = wilson_interval(equal, len(own))
            print(
                f"{task:10} {name:20} {equal / len(own):6.1%} of {len(own):3} ({low:.1%} to {high:.1%}),"
                f" kappa {kappa(labels, others):.2f}"
            )


if __name__ == "__main__":
    main()

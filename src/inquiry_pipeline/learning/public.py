"""A capped share of public data sets as labelled inquiries, so that none of them prevails.

Files are `NAME.ok.csv.gz` with the columns id, subject, text, department, sentiment, split and
neardup_cluster; an empty label means unknown. A model that learns from one source whole is good at that source
alone: of each, `_SHARES` names what is taken and how much of it. Banking77 and CLINC150 teach nothing: own categories
are measured on them.
"""

import csv
import gzip
import random
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.learning.datasets import LabelledInquiry

_DEPARTMENTS: Final = {
    "Technical Support": "technical_support",
    "Billing": "billing",
    "Sales": "sales",
    "HR": "hr",
    "Legal": "legal",
    "Product Feedback": "product_feedback",
}
_COLUMNS: Final = ("id", "subject", "text", "department", "sentiment", "split", "neardup_cluster")

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """At most `most` rows of every label that `label` finds; None leaves a row out."""

    most: int
    label: Callable[[Row], str | None]


def _department(row: Row) -> str | None:
    return _DEPARTMENTS.get(row["department"])


def _sentiment(row: Row) -> str | None:
    return row["sentiment"] or None


_SHARES: Final[Mapping[str, _Share]] = {
    "goemotions_sent": _Share(most=400, label=_sentiment),
    "hr_multiwoz": _Share(most=150, label=_department),
    "reddit_train": _Share(most=150, label=_department),
    "topio_nlu": _Share(most=150, label=_department),
}


def read_public(folder: Path, *, seed: int) -> list[LabelledInquiry]:
    """The shares of all sources, one row of a near-duplicate cluster; DataError where a file is missing or bad."""
    return [inquiry for name, share in _SHARES.items() for inquiry in _take(folder, name, share, seed)]


def _take(folder: Path, name: str, share: _Share, seed: int) -> Iterator[LabelledInquiry]:
    rows = [row for row in _rows(folder / f"{name}.ok.csv.gz") if row["split"] == "train"]
    random.Random(f"{seed} {name}").shuffle(rows)  # noqa: S311 - no secret
    clusters: set[str] = set()
    taken: Counter[str] = Counter()
    for row in rows:
        label = share.label(row)
        if label is not None and row["neardup_cluster"] not in clusters and taken[label] < share.most:
            taken[label] += 1
            clusters.add(row["neardup_cluster"])
            yield _inquiry(row, name)


def _inquiry(row: Row, name: str) -> LabelledInquiry:
    return LabelledInquiry(
        id=row["id"],
        message=Message(subject=row["subject"] or None, body=row["text"]),
        source=name,
        language="en",
        category=_department(row),
        sentiment=_sentiment(row),
    )


def _rows(path: Path) -> Iterator[Row]:
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines)
            missing = sorted(set(_COLUMNS) - set(rows.fieldnames or ()))
            if missing:
                raise DataError(f"{path}, line 1: the columns {', '.join(missing)} are missing.")
            yield from rows
    except (OSError, EOFError, zlib.error, csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error

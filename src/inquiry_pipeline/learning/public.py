"""A capped share of public data sets as labelled inquiries, so that none of them prevails.

Files are `NAME.ok.csv.gz` with the columns id, subject, text, department, sentiment, urgency, source_label, split and
neardup_cluster; an empty label means unknown. A model that learns from one source whole is good at that source
alone: of each, `_SHARES` names what is taken and how much of it.
"""

import csv
import gzip
import random
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
_COLUMNS: Final = ("id", "subject", "text", "department", "sentiment", "split", "source_label", "neardup_cluster")

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """At most `most` rows of every label that `label` finds; None leaves a row out."""

    most: int
    label: Callable[[Row], str | None]
    out_of_scope: bool = False


def _department(row: Row) -> str | None:
    return _DEPARTMENTS.get(row["department"])


def _sentiment(row: Row) -> str | None:
    return row["sentiment"] or None


def _nothing_of_ours(row: Row) -> str | None:
    """Requests to an assistant that no department handles; bank and work matters are near to ours, and left out."""
    theme = row["source_label"].partition("/")[0]
    near = ("banking", "credit_cards", "work")
    return None if row["department"] or theme in near else theme


_SHARES: Final[Mapping[str, tuple[_Share, ...]]] = {
    "banking77": (_Share(most=250, label=_department),),
    "clinc150": (
        _Share(most=250, label=_department),
        _Share(most=20, label=_nothing_of_ours, out_of_scope=True),
    ),
    "goemotions_sent": (_Share(most=500, label=_sentiment),),
    "hr_multiwoz": (_Share(most=150, label=_department),),
    "reddit_train": (_Share(most=300, label=_department),),
    "topio_nlu": (_Share(most=150, label=_department),),
}


def read_public(folder: Path, *, seed: int) -> list[LabelledInquiry]:
    """The shares of all sources, one row of a near-duplicate cluster; DataError where a file is missing or bad."""
    return [inquiry for name, shares in _SHARES.items() for inquiry in _take(folder, name, shares, seed)]


def _take(folder: Path, name: str, shares: tuple[_Share, ...], seed: int) -> Iterator[LabelledInquiry]:
    rows = [row for row in _rows(folder / f"{name}.ok.csv.gz") if row["split"] == "train"]
    random.Random(f"{seed} {name}").shuffle(rows)  # noqa: S311 - no secret
    clusters: set[str] = set()
    for share in shares:
        taken: dict[str, int] = {}
        for row in rows:
            label = share.label(row)
            if label is None or row["neardup_cluster"] in clusters or taken.get(label, 0) >= share.most:
                continue
            taken[label] = taken.get(label, 0) + 1
            clusters.add(row["neardup_cluster"])
            yield _inquiry(row, name, out_of_scope=share.out_of_scope)


def _inquiry(row: Row, name: str, *, out_of_scope: bool) -> LabelledInquiry:
    return LabelledInquiry(
        id=row["id"],
        message=Message(subject=row["subject"] or None, body=row["text"]),
        source=name,
        language="en",
        category=None if out_of_scope else _department(row),
        sentiment=None if out_of_scope else _sentiment(row),
        out_of_scope=out_of_scope,
    )


def _rows(path: Path) -> Iterator[Row]:
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines)
            missing = sorted(set(_COLUMNS) - set(rows.fieldnames or ()))
            if missing:
                raise DataError(f"{path}, line 1: the columns {', '.join(missing)} are missing.")
            yield from rows
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error

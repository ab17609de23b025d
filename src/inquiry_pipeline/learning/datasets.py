"""Labelled inquiries from JSON Lines, with where each came from and which resemble each other too closely."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.core.prediction import UNKNOWN_LANGUAGE, Sentiment, Urgency
from inquiry_pipeline.nlp.cleaning import clean

TASKS: Final = ("category", "sentiment", "urgency")
_FIXED: Final[Mapping[str, frozenset[str]]] = {"sentiment": frozenset(Sentiment), "urgency": frozenset(Urgency)}
_WORD: Final = re.compile(r"\w+")
_SHINGLE_WORDS: Final = 5
_SHARED_SHINGLES: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledInquiry:
    """An inquiry with what people say about it; a label that is None is not known.

    `source` is the file it came from, without its extension: one author, one setting. Inquiries of one `group`
    belong on one side of any split.
    """

    id: str
    message: Message
    source: str
    language: str = UNKNOWN_LANGUAGE
    category: str | None = None
    sentiment: str | None = None
    urgency: str | None = None
    out_of_scope: bool = False
    group: str | None = None

    def label(self, task: str) -> str | None:
        """The label for `category`, `sentiment` or `urgency`."""
        value: str | None = getattr(self, task)
        return value


def read_inquiries(path: Path) -> Iterator[LabelledInquiry]:
    """Read one file; DataError names the file, the line and the field that is not as it should be."""
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _inquiry(line, path, number)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def read_folder(folder: Path) -> list[LabelledInquiry]:
    """Read every `.jsonl` file of a folder, in the order of their names."""
    paths = sorted(folder.glob("*.jsonl"))
    if not paths:
        raise DataError(f"{folder} holds no .jsonl file.")
    return [inquiry for path in paths for inquiry in read_inquiries(path)]


def fingerprint(inquiries: Sequence[LabelledInquiry]) -> str:
    """SHA-256 of all that is learned from, whatever its order."""
    digests = sorted(hashlib.sha256(repr(inquiry).encode("utf-8", "replace")).digest() for inquiry in inquiries)
    return hashlib.sha256(b"".join(digests)).hexdigest()


def clean_texts(inquiries: Sequence[LabelledInquiry]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The clean text of every inquiry, and the number of its near-duplicate cluster [inquiries]."""
    texts = [clean(inquiry.message) for inquiry in inquiries]
    return texts, np.array(near_duplicates(texts, [inquiry.group for inquiry in inquiries]), np.int64)


def near_duplicates(texts: Sequence[str], groups: Sequence[str | None]) -> list[int]:
    """A cluster number for every text; texts that share half of their five-word runs, or a group, share it.

    The number is the row of the cluster's first text.
    """
    shingles = [_shingles(text) for text in texts]
    parents = list(range(len(texts)))
    by_shingle: dict[int, list[int]] = defaultdict(list)
    by_group: dict[str, int] = {}
    for index, own in enumerate(shingles):
        shared = Counter(other for shingle in own for other in by_shingle[shingle])
        for other, count in shared.items():
            if count >= _SHARED_SHINGLES * min(len(own), len(shingles[other])):
                _join(parents, index, other)
        for shingle in own:
            by_shingle[shingle].append(index)
        group = groups[index]
        if group is not None:
            _join(parents, index, by_group.setdefault(group, index))
    return [_root(parents, index) for index in range(len(texts))]


def _shingles(text: str) -> frozenset[int]:
    words = _WORD.findall(text.lower())
    if len(words) <= _SHINGLE_WORDS:
        return frozenset({hash(tuple(words))})
    return frozenset(
        hash(tuple(words[start : start + _SHINGLE_WORDS])) for start in range(len(words) - _SHINGLE_WORDS + 1)
    )


def _root(parents: list[int], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = parents[index]
    return index


def _join(parents: list[int], first: int, second: int) -> None:
    low, high = sorted((_root(parents, first), _root(parents, second)))
    parents[high] = low


def _inquiry(line: str, path: Path, number: int) -> LabelledInquiry:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise DataError(f"{path}, line {number}: not valid JSON: {error}") from error
    if not isinstance(record, dict):
        raise DataError(f"{path}, line {number}: not a JSON object.")
    place = f"{path}, line {number}"
    subject = _text(record, "subject", place, default="")
    body = _text(record, "body", place, default="" if subject else None)
    labels = {task: _label(record, task, place) for task in TASKS}
    out_of_scope = record.get("out_of_scope") or False
    if not isinstance(out_of_scope, bool):
        raise DataError(f"{place}, field out_of_scope: must be true or false.")
    return LabelledInquiry(
        id=_identifier(record, place, number),
        message=Message(subject=subject or None, body=body or ""),
        source=path.stem,
        language=_text(record, "language", place, default=UNKNOWN_LANGUAGE) or UNKNOWN_LANGUAGE,
        out_of_scope=out_of_scope,
        group=_text(record, "group", place, default="") or None,
        **labels,
    )


def _identifier(record: Mapping[str, Any], place: str, number: int) -> str:
    value = record.get("id", number)
    if not isinstance(value, str | int):
        raise DataError(f"{place}, field id: must be a text or a number.")
    return str(value)


def _text(record: Mapping[str, Any], name: str, place: str, *, default: str | None) -> str | None:
    value = record.get(name)
    if value is None:
        value = default
    if not isinstance(value, str):
        raise DataError(f"{place}, field {name}: must be a text{'' if value is not None else ', and is missing'}.")
    return value


def _label(record: Mapping[str, Any], task: str, place: str) -> str | None:
    value = record.get(task)
    if value is None or value == "":
        return None
    allowed = _FIXED.get(task)
    if not isinstance(value, str) or (allowed and value not in allowed):
        expected = f"one of {', '.join(sorted(allowed))}" if allowed else "a text"
        raise DataError(f"{place}, field {task}: must be {expected}, is {value!r}.")
    return value

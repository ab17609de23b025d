"""Files with categories of one's own: examples as CSV or JSON Lines, names and descriptions as YAML or JSON."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeGuard

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.core.prediction import UNKNOWN_LANGUAGE
from inquiry_pipeline.entrypoints.cli.records import FORMATS, Record, read_records
from inquiry_pipeline.learning.datasets import LabelledInquiry
from inquiry_pipeline.routing.document import Document, Problem, Where, read_document

_LONGEST_NAME: Final = 100
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")


def read_examples(path: Path) -> list[LabelledInquiry]:
    """Read examples: `text` (or `body`, with or without `subject`) and `category`, and perhaps `language`.

    Each is identified by its file and line. DataError names file, line and field of the first that is not usable.
    """
    if path.suffix.lower() not in FORMATS:
        raise DataError(f"{path}: examples must be a .csv or .jsonl file.")
    if not path.is_file():
        raise DataError(f"{path}: there is no such file.")
    examples = [_example(record, path) for record in read_records(path, on_bytes=lambda _: None)]
    if not examples:
        raise DataError(f"{path} holds no example.")
    return examples


def read_labels(path: Path) -> dict[str, tuple[str, ...]]:
    """Read categories with their descriptions: `name: a sentence`, or a list of sentences, below `categories`.

    DataError names file and line of everything that is not usable.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    document = read_document(text, source=str(path))
    problems = list(document.problems)
    labels = {} if problems else _labels(document, problems)
    if problems:
        raise DataError(document.render(problems))
    return labels


def _example(record: Record, path: Path) -> LabelledInquiry:
    if record.message is None:
        raise DataError(f"{record.error}.")
    fields = {name.strip().lower(): value for name, value in record.fields.items()}
    place = f"{path}, line {record.line}"
    language = fields.get("language") or UNKNOWN_LANGUAGE
    if not is_language(language):
        raise DataError(f"{place}, field language: must be an ISO 639-1 code such as en, is {language!r}.")
    return LabelledInquiry(
        id=place,
        message=record.message,
        source=path.stem,
        language=language,
        category=_category(fields.get("category"), place),
    )


def _category(value: object, place: str) -> str:
    problem = name_problem(value)
    if problem:
        raise DataError(f"{place}, field category: {problem}.")
    return str(value).strip()


def is_language(value: object) -> TypeGuard[str]:
    """Whether a value can be a language's code."""
    return isinstance(value, str) and _LANGUAGE.fullmatch(value) is not None


def name_problem(value: object) -> str | None:
    """What is wrong with a category's name; None where nothing is."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return "is missing"
    if not isinstance(value, str):
        return f"must be a text, is {value!r}"
    if len(value.strip()) > _LONGEST_NAME or not value.strip().isprintable():
        return f"must be at most {_LONGEST_NAME} characters without line breaks, is {value[:_LONGEST_NAME]!r}"
    return None


def _labels(document: Document, problems: list[Problem]) -> dict[str, tuple[str, ...]]:
    data = document.data
    where: Where = ()
    if isinstance(data, dict) and set(data) == {"categories"}:
        data, where = data["categories"], ("categories",)
    if not isinstance(data, dict) or len(data) < 2:
        problems.append(Problem(where, "must be a mapping of at least two categories to their descriptions"))
        return {}
    labels: dict[str, tuple[str, ...]] = {}
    for name, value in data.items():
        sentences = _sentences(value)
        problem = name_problem(name)
        if problem:
            problems.append(Problem((*where, name), f"the name {problem}"))
        elif sentences is None:
            problems.append(Problem((*where, name), "must be a sentence or a list of sentences, or empty"))
        else:
            labels[str(name).strip()] = sentences
    return labels


def _sentences(value: Any) -> tuple[str, ...] | None:  # noqa: ANN401 - whatever the file holds
    """The descriptions; an empty value means that the name says it all."""
    if value is None:
        return ()
    texts: Sequence[object] = value if isinstance(value, list) else [value]
    if isinstance(value, Mapping) or not all(isinstance(text, str) and text.strip() for text in texts):
        return None
    return tuple(str(text).strip() for text in texts)

"""CSV and JSON Lines files as streams of records, and back. One bad record says where and why, and stops nothing."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, TextIO

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.core.inquiry import Message

CSV: Final = ".csv"
JSONL: Final = ".jsonl"
FORMATS: Final = (CSV, JSONL)
_LONGEST_FIELD: Final = 10_000_000
_BODY_NAMES: Final = ("body", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record: its line in the file, its fields, and the message in it, or what is wrong (`error`)."""

    line: int
    fields: Mapping[str, Any]
    message: Message | None = None
    error: str | None = None


class Writer(Protocol):
    """Where records go."""

    def write(self, fields: Mapping[str, Any]) -> None:
        """Append one record; DataError where it does not fit."""


def read_records(path: Path, *, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Record]:
    """Every record of a .csv or .jsonl file; `on_bytes` is told how many bytes each line took.

    DataError where the file as a whole is not usable: it cannot be opened, or a CSV has no header that names a body.
    """
    if path.suffix.lower() not in FORMATS:
        raise DataError(f"{path}: only .csv and .jsonl files can be read.")
    try:
        with path.open("rb") as file:
            lines = _decoded(file, on_bytes)
            yield from (_csv_records if path.suffix.lower() == CSV else _json_records)(lines, path)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error


def writer(file: TextIO, suffix: str) -> Writer:
    """A writer for files of this suffix."""
    return _CsvWriter(file) if suffix == CSV else _JsonWriter(file)


class _JsonWriter:
    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, fields: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(fields, ensure_ascii=False) + "\n")


class _CsvWriter:
    """The first record's fields are the columns; what is not text goes as JSON."""

    def __init__(self, file: TextIO) -> None:
        self._writer = csv.writer(file)
        self._columns: list[str] | None = None

    def write(self, fields: Mapping[str, Any]) -> None:
        flat = {name: value for name, value in fields.items() if name != "probabilities"}
        if self._columns is None:
            self._columns = list(flat)
            self._writer.writerow(self._columns)
        unknown = [name for name in flat if name not in self._columns]
        if unknown:
            raise DataError(f"field {unknown[0]}: the first record, which set the columns, has none of this name")
        self._writer.writerow([_cell(flat.get(name)) for name in self._columns])


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _decoded(file: BinaryIO, on_bytes: Callable[[int], None]) -> Iterator[str]:
    for number, line in enumerate(file):
        on_bytes(len(line))
        yield line.decode("utf-8-sig" if number == 0 else "utf-8", "surrogateescape")


def _json_records(lines: Iterator[str], path: Path) -> Iterator[Record]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Record(line=number, fields={}, error=f"{path}, line {number}: not valid JSON: {error}")
            continue
        if isinstance(fields, dict):
            yield _record(fields, path, number)
        else:
            yield Record(line=number, fields={}, error=f"{path}, line {number}: not a JSON object")


def _csv_records(lines: Iterator[str], path: Path) -> Iterator[Record]:
    csv.field_size_limit(_LONGEST_FIELD)
    first = next(lines, "")
    delimiter = ";" if ";" in first and "," not in first else ","
    columns = next(csv.reader([first], delimiter=delimiter), [])
    if not any(column.strip().lower() in _BODY_NAMES for column in columns):
        raise DataError(f"{path}, line 1: no column is named body or text, but: {', '.join(columns) or 'nothing'}.")
    rows = csv.reader(lines, delimiter=delimiter)
    while True:
        line = rows.line_num + 2
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(line=line, fields={}, error=f"{path}, line {line}: not valid CSV: {error}")
            continue
        if row:
            yield _csv_record(columns, row, path, line)


def _csv_record(columns: Sequence[str], row: Sequence[str], path: Path, line: int) -> Record:
    if len(row) != len(columns):
        error = f"{path}, line {line}: has {len(row)} fields, the header has {len(columns)}"
        return Record(line=line, fields={}, error=error)
    return _record(dict(zip(columns, row, strict=True)), path, line)


def _record(fields: Mapping[str, Any], path: Path, line: int) -> Record:
    names = {name.strip().lower(): name for name in fields}
    subject = fields[names["subject"]] if "subject" in names else None
    body_name = next((names[name] for name in _BODY_NAMES if name in names), "body")
    body = fields.get(body_name)
    for name, value in (("subject", subject), (body_name, body)):
        problem = _problem(value)
        if problem and not (name == "subject" and value is None):
            return Record(line=line, fields=fields, error=f"{path}, line {line}, field {name}: {problem}")
    if not f"{subject or ''}{body}".strip():
        return Record(line=line, fields=fields, error=f"{path}, line {line}, field {body_name}: is empty")
    try:
        received_at = _moment(fields[names["received_at"]]) if "received_at" in names else None
    except ValueError:
        error = f"{path}, line {line}, field {names['received_at']}: must be a time in ISO 8601"
        return Record(line=line, fields=fields, error=error)
    message = Message(subject=subject or None, body=body or "", received_at=received_at)
    return Record(line=line, fields=fields, message=message)


def _moment(value: object) -> datetime | None:
    """A time, in UTC unless it says otherwise; None where there is none. ValueError where it is no time."""
    if value is None or value == "":
        return None
    moment = datetime.fromisoformat(str(value).strip())
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _problem(value: object) -> str | None:
    if value is None:
        return "is missing"
    if not isinstance(value, str):
        return "must be a text"
    if any("\ud800" <= character <= "\udfff" for character in value):
        return "is not valid UTF-8"
    return None

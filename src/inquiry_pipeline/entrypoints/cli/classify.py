"""`inquiry classify`: one text, or a whole file record by record."""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TextIO

import typer

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.core.explanation import Explanation
from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.core.prediction import Prediction
from inquiry_pipeline.entrypoints.answers import ExplainedPrediction, PredictionAnswer
from inquiry_pipeline.entrypoints.cli.highlighting import show_explanation
from inquiry_pipeline.entrypoints.cli.records import FORMATS, Record, Writer, read_records, writer
from inquiry_pipeline.settings import load_settings

if TYPE_CHECKING:
    from inquiry_pipeline.nlp.predictor import Predictor

_CHUNK: Final = 512
_SHOWN_ERRORS: Final = 20


def classify(
    source: Annotated[str, typer.Argument(help="A text, '-' for standard input, or a .csv or .jsonl file.")],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write a file's predictions (.csv or .jsonl).")
    ] = None,
    subject: Annotated[str | None, typer.Option(help="The subject that goes with a text.")] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="Folder of the model bundle; by default INQUIRY_BUNDLE_DIR, or the package's.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the words that moved the answers to a text.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what the API would answer.")] = False,
) -> None:
    """Classify a text, or every record of a file, as if received now, without storing anything.

    A file needs a column `body` or `text`, and may have `subject` and `received_at`: the moment that deadlines are
    relative to, in ISO 8601, UTC where it names no offset. All its columns are kept and the prediction's are
    appended. Records that cannot be read are listed in OUTPUT.errors.jsonl; the exit code is 1 then.
    """
    if output is None and Path(source).suffix.lower() in FORMATS and Path(source).is_file():
        raise typer.BadParameter("a file needs --output", param_hint="--output")
    if explain and output is not None:
        raise typer.BadParameter("explains one text, not the records of a file", param_hint="--explain")
    with _predictor(bundle) as predictor:
        if output is not None:
            failed = classify_file(Path(source), output, predictor)
            raise typer.Exit(1 if failed else 0)
        text = sys.stdin.read() if source == "-" else source
        message = Message(subject=subject, body=text, received_at=datetime.now(UTC))
        prediction = predictor.predict([message])[0]
        explanation = predictor.explain(message) if explain else None
    if as_json:
        fields = prediction_fields(prediction) if explanation is None else explained_fields(prediction, explanation)
        typer.echo(json.dumps(fields, indent=2, ensure_ascii=False))
        return
    _show(prediction)
    if explanation is not None:
        show_explanation(explanation)


def classify_file(source: Path, output: Path, predictor: "Predictor") -> int:
    """Classify every record of `source` into `output`; return how many could not be.

    `output` appears when it is complete, never half-written. DataError where a file as a whole is not usable.
    """
    if output.suffix.lower() not in FORMATS:
        raise DataError(f"{output}: only .csv and .jsonl files can be written.")
    if not source.is_file():
        raise DataError(f"{source}: there is no such file.")
    errors_path = output.with_name(f"{output.name}.errors.jsonl")
    with (
        _replacing(output) as file,
        _replacing(errors_path) as errors_file,
        _progress(source.stat().st_size) as advance,
    ):
        run = _Run(writer(file, output.suffix.lower()), errors_file, str(source), datetime.now(UTC))
        for chunk in _chunks(read_records(source, on_bytes=advance)):
            run.classify(chunk, predictor)
    if not run.failed:
        errors_path.unlink()
    typer.echo(f"{run.written} classified, {run.failed} not, see {errors_path if run.failed else output}", err=True)
    return run.failed


def prediction_fields(prediction: Prediction) -> dict[str, Any]:
    """A prediction in the API's shape."""
    return PredictionAnswer.model_validate(prediction).model_dump(mode="json")


def explained_fields(prediction: Prediction, explanation: Explanation) -> dict[str, Any]:
    """A prediction with its explanation, in the API's shape."""
    return ExplainedPrediction.explaining(prediction, explanation).model_dump(mode="json")


@dataclass(slots=True)
class _Run:
    """The classification of one file under way; `now` is when what does not say otherwise counts as received."""

    writer: Writer
    errors: TextIO
    source: str
    now: datetime
    written: int = field(default=0, init=False)
    failed: int = field(default=0, init=False)

    def classify(self, records: list[Record], predictor: "Predictor") -> None:
        messages = [
            replace(record.message, received_at=record.message.received_at or self.now)
            for record in records
            if record.message is not None
        ]
        predictions = iter(predictor.predict(messages, interactive=False))
        for record in records:
            if record.message is None:
                self._fail(record, record.error or "")
                continue
            try:
                self.writer.write(_with_prediction(record.fields, next(predictions)))
                self.written += 1
            except DataError as error:
                self._fail(record, f"{self.source}, line {record.line}, {error}")

    def _fail(self, record: Record, error: str) -> None:
        self.failed += 1
        self.errors.write(json.dumps({"line": record.line, "error": error, "record": record.fields}) + "\n")
        if self.failed <= _SHOWN_ERRORS:
            typer.echo(error.encode("utf-8", "replace").decode(), err=True)
        elif self.failed == _SHOWN_ERRORS + 1:
            typer.echo("… more", err=True)


def _with_prediction(fields: Mapping[str, Any], prediction: Prediction) -> dict[str, Any]:
    """The record with the prediction's fields after it; one whose name is taken is called predicted_<name>."""
    added = prediction_fields(prediction).items()
    return {**fields, **{(f"predicted_{name}" if name in fields else name): value for name, value in added}}


def _chunks(records: Iterable[Record]) -> Iterator[list[Record]]:
    iterator = iter(records)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk


@contextmanager
def _predictor(bundle: Path | None) -> Iterator["Predictor"]:
    """The predictor over this bundle, or the configured one. BundleError where a named bundle is not usable."""
    from inquiry_pipeline.nlp.manifest import read_manifest
    from inquiry_pipeline.wiring import build_metrics, build_predictor

    if bundle is not None:
        read_manifest(bundle)
    settings = load_settings() if bundle is None else load_settings(bundle_dir=bundle)
    predictor = build_predictor(settings, build_metrics())
    try:
        yield predictor
    finally:
        predictor.close()


@contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    """A file that takes the place of `path` when the block ends well, and vanishes when it does not."""
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}") from error
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def _progress(size: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error where that is a terminal; what it gives is called with every step in bytes."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("classifying"), BarColumn(), TextColumn("{task.percentage:.0f} %"), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("classify", total=max(size, 1))
        yield lambda step: progress.advance(task, step)


def _show(prediction: Prediction) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", "answer", "confidence")
    table.add_row("category", prediction.category, f"{prediction.confidence:.0%}")
    table.add_row("sentiment", prediction.sentiment, f"{prediction.sentiment_confidence:.0%}")
    table.add_row("urgency", prediction.urgency, f"{prediction.urgency_confidence:.0%}")
    table.add_row("language", prediction.language, "")
    console = Console(markup=False, highlight=False)
    console.print(table)
    for reason in prediction.urgency_reasons:
        console.print(f"urgency: {reason}", soft_wrap=True)
    if prediction.abstained:
        suggested = " or ".join(prediction.suggestions)
        console.print(f"The category is a suggestion only ({suggested}): a person should look.", soft_wrap=True)
    if prediction.degraded:
        console.print("Keyword rules answered, because the model could not.")
    console.print(f"model {prediction.model_version}")

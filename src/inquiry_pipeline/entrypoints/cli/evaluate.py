"""`inquiry evaluate`: how good the model in use is on labelled inquiries."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.entrypoints.cli.classify import prediction_fields
from inquiry_pipeline.learning.datasets import TASKS, read_inquiries
from inquiry_pipeline.settings import load_settings

_CHUNK: Final = 512


def evaluate(
    file: Annotated[Path, typer.Argument(help="Labelled inquiries, one JSON object a line.")],
    *,
    report: Annotated[Path, typer.Option(help="Where to write the figures, as JSON.")],
    predictions: Annotated[Path | None, typer.Option(help="Where to write every prediction, as JSON Lines.")] = None,
) -> None:
    """Score the model on labelled inquiries: accuracy, F1, calibration, confusion, by class and language.

    A record has `body`, and may have `id`, `subject`, `category`, `sentiment`, `urgency`, `language` and
    `out_of_scope`. A label that is null is left out of its task.
    """
    from inquiry_pipeline.learning.evaluation import evaluate as score
    from inquiry_pipeline.learning.evaluation import language_report
    from inquiry_pipeline.wiring import build_metrics, build_predictor

    inquiries = list(read_inquiries(file))
    if not inquiries:
        raise DataError(f"{file} holds no inquiry.")
    predictor = build_predictor(load_settings(), build_metrics())
    try:
        answers = [
            prediction
            for start in range(0, len(inquiries), _CHUNK)
            for prediction in predictor.predict(
                [inquiry.message for inquiry in inquiries[start : start + _CHUNK]], interactive=False
            )
        ]
    finally:
        predictor.close()
    figures = score(inquiries, answers)
    detected = language_report(inquiries, answers)
    figures["language"] = {key: detected[key] for key in ("n", "accuracy", "interval", "per_language")}
    _write(report, json.dumps(figures, indent=2) + "\n")
    if predictions is not None:
        lines = (
            json.dumps({"id": inquiry.id, **prediction_fields(answer)}, ensure_ascii=False)
            for inquiry, answer in zip(inquiries, answers, strict=True)
        )
        _write(predictions, "".join(f"{line}\n" for line in lines))
    _show(figures)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}") from error


def _show(figures: Mapping[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("task", "n", "accuracy", "95 %", "macro F1", "ECE")
    for task in TASKS:
        own = figures[task]
        if own["n"]:
            low, high = own["interval"]
            interval = f"{low:.1%}–{high:.1%}"  # noqa: RUF001
            table.add_row(
                task, str(own["n"]), f"{own['accuracy']:.1%}", interval, f"{own['macro_f1']:.1%}", f"{own['ece']:.3f}"
            )
    console = Console(markup=False, highlight=False)
    console.print(table)
    abstention = figures["abstention"]
    if abstention["rate"] is not None:
        decided = abstention["accuracy_decided"]
        console.print(
            f"abstains on {abstention['rate']:.1%}; of the rest {'–' if decided is None else f'{decided:.1%}'} right"  # noqa: RUF001
        )
    if figures["degraded"]:
        console.print(f"{figures['degraded']} answered by keyword rules, because the model could not")

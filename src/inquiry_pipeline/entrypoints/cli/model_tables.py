"""Bundles and thresholds as tables for people and as plain data for programs."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Table

from inquiry_pipeline.learning.derivation import Base
from inquiry_pipeline.learning.evaluation import wilson_interval
from inquiry_pipeline.learning.evidence import EVIDENCE
from inquiry_pipeline.learning.thresholds import LEAST_DECIDED, Cell, Origin, Outcome
from inquiry_pipeline.nlp.manifest import ANY_LANGUAGE

if TYPE_CHECKING:
    from inquiry_pipeline.learning.own_categories import Fitted

_TASKS: Final = ("category", "sentiment", "urgency")
_LEAST_WIDTH: Final = 120
_ORIGINS: Final[Mapping[Origin, str]] = {
    Origin.OWN: "own answers",
    Origin.LANGUAGE: "all classes of the language",
    Origin.CATEGORY: "the class in all languages",
    Origin.ALL: "all answers",
    Origin.CONFIDENCE: "few: the confidence itself",
    Origin.NONE: "out of reach",
}


def description(base: Base) -> dict[str, Any]:
    """A bundle as plain data: what its manifest says, and its held-out figures where it has some."""
    manifest = base.manifest
    return {
        "folder": str(base.folder),
        "name": manifest.name,
        "version": manifest.model_version,
        "created": manifest.created,
        "languages": list(manifest.languages),
        "labels": {task: list(labels) for task, labels in manifest.labels.items()},
        "thresholds": {language: dict(own) for language, own in manifest.thresholds.items()},
        "held_out_answers": EVIDENCE in manifest.checksums,
        "data": dict(manifest.data),
        "evaluation": base.report(),
    }


def print_description(shown: Mapping[str, Any]) -> None:
    """Print a bundle: its head, its figures by task and by language, and its thresholds."""
    console = _console()
    head = Table(show_header=False, title=shown["version"])
    head.add_row("folder", shown["folder"])
    head.add_row("created", shown["created"])
    head.add_row("decides in", " ".join(shown["languages"]) or "no language")
    for task, labels in shown["labels"].items():
        head.add_row(task, ", ".join(labels))
    console.print(head)
    report = shown["evaluation"]
    if any(task in report for task in _TASKS):
        console.print(_figures(report))
        console.print(_language_figures(report))
    if "category" not in report:
        console.print("Nothing is known of how right its categories are: they were never measured.")
    console.print(_threshold_table(shown["thresholds"]))


def outcome_fields(found: Outcome) -> dict[str, Any]:
    """What a target precision comes to, as plain data."""
    return {
        "target_precision": found.aim.precision,
        "cautious": found.aim.cautious,
        "cells": [
            {
                "language": cell.language,
                "category": cell.category,
                "threshold": _plain(cell.choice.threshold),
                "chosen_on": cell.choice.origin.value,
                "precision": cell.precision,
                "interval": cell.interval,
                "automation": cell.automation,
                "decided": cell.decided,
                "answers": cell.answers,
            }
            for cell in found.cells
        ],
        "any_language": {category: _plain(one.threshold) for category, one in found.choices[ANY_LANGUAGE].items()},
        "inquiries": found.inquiries,
        "decided": found.decided,
        "right": found.right,
        "automation": found.decided / found.inquiries if found.inquiries else None,
        "precision": found.right / found.decided if found.decided else None,
        "interval": wilson_interval(found.right, found.decided) if found.decided else None,
        "out_of_scope": found.out_of_scope,
        "out_of_scope_decided": found.out_of_scope_decided,
    }


def print_outcome(found: Outcome) -> None:
    """Print what a target precision comes to, class by class and language by language, and in all."""
    console = _console()
    goal = f"at least {found.aim.precision:.1%}" + (", even at the interval's lower end" if found.aim.cautious else "")
    table = Table(title=f"Decided right: {goal}")
    for heading in ("Language", "Class", "Threshold", "Chosen on", "Precision", "95 % interval", "Automated", "n"):
        table.add_column(heading, justify="left" if heading in ("Language", "Class", "Chosen on") else "right")
    for language, cells in groupby(found.cells, key=lambda cell: cell.language):
        own = list(cells)
        for cell in own:
            table.add_row(*_cell_row(cell))
        table.add_row(language, "all", "", "", *_counts(own), style="bold", end_section=True)
    console.print(table)
    console.print(
        f"n: decided of all held-out answers. A class with fewer than {LEAST_DECIDED} to decide borrows the threshold."
    )
    for sentence in _totals(found):
        console.print(sentence)


def print_fitted(fitted: "Fitted") -> None:
    """Print what came of examples: accuracy, its interval, and what is decided."""
    console = _console()
    own, manifest = fitted.report["category"], fitted.manifest
    console.print(
        f"{own['n']} examples of {len(manifest.labels['category'])} categories; cross-validated accuracy "
        f"{_share(own)}, calibration error {own['ece']:.3f}."
    )
    weak = sorted(own["per_class"].items(), key=lambda item: item[1]["f1"])[:3]
    console.print("Weakest: " + ", ".join(f"{label} (F1 {figures['f1']:.2f})" for label, figures in weak) + ".")
    console.print(f"Decides in: {' '.join(manifest.languages) or 'no language'}.")
    for sentence in _totals(fitted.outcome):
        console.print(sentence)


def _cell_row(cell: Cell) -> tuple[str, ...]:
    choice = cell.choice
    return (cell.language, cell.category, _threshold(choice.threshold), _ORIGINS[choice.origin], *_counts([cell]))


def _counts(cells: Sequence[Cell]) -> tuple[str, str, str, str]:
    """Precision, its interval, automation and n, over some cells."""
    answers, decided, right = (sum(getattr(cell, name) for cell in cells) for name in ("answers", "decided", "right"))
    automated = f"{decided / answers:.0%}" if answers else "-"
    if not decided:
        return "-", "-", automated, f"0 of {answers}"
    low, high = wilson_interval(right, decided)
    return f"{right / decided:.1%}", f"{low:.1%} to {high:.1%}", automated, f"{decided} of {answers}"


def _totals(found: Outcome) -> list[str]:
    if not found.inquiries:
        return ["There is no held-out inquiry."]
    sentences = [f"Automated in all: {found.decided / found.inquiries:.1%} of {found.inquiries} held-out inquiries."]
    if found.decided:
        low, high = wilson_interval(found.right, found.decided)
        sentences.append(f"Right of those: {found.right / found.decided:.1%} ({low:.1%} to {high:.1%}).")
    if found.out_of_scope:
        sentences.append(f"Of {found.out_of_scope} texts out of scope, {found.out_of_scope_decided} are decided.")
    return sentences


def _figures(report: Mapping[str, Any]) -> Table:
    table = Table("", "n", "accuracy", "macro F1", "ECE", title="On held-out inquiries, with 95 % intervals")
    for task in (task for task in _TASKS if task in report):
        own = report[task]
        table.add_row(task, str(own["n"]), _share(own), f"{own['macro_f1']:.3f}", f"{own['ece']:.3f}")
    if "abstention" in report:
        own = report["abstention"]
        decided = own["accuracy_decided"]
        right = "" if decided is None else f", {decided:.1%} of them right"
        table.caption = f"{own['decided']} categories decided{right}"
    return table


def _language_figures(report: Mapping[str, Any]) -> Table:
    tasks = [task for task in _TASKS if task in report]
    table = Table("language", *tasks, title="Accuracy by language")
    for language in sorted({language for task in tasks for language in report[task]["per_language"]}):
        cells = [report[task]["per_language"].get(language) for task in tasks]
        table.add_row(language, *("-" if own is None else f"{_share(own)} of {own['n']}" for own in cells))
    return table


def _threshold_table(thresholds: Mapping[str, Mapping[str, float]]) -> Table:
    languages = sorted(thresholds, key=lambda language: (language != ANY_LANGUAGE, language))
    names = ["other or unknown" if language == ANY_LANGUAGE else language for language in languages]
    table = Table("Decided from", *names)
    for category in dict.fromkeys(category for own in thresholds.values() for category in own):
        cells = [thresholds[language].get(category) for language in languages]
        table.add_row(category, *("" if least is None else _threshold(least) for least in cells))
    return table


def _share(figures: Mapping[str, Any]) -> str:
    if figures["accuracy"] is None:
        return "-"
    low, high = figures["interval"]
    return f"{figures['accuracy']:.1%} ({low:.1%} to {high:.1%})"


def _threshold(value: float) -> str:
    return f"{value:.2%}" if value <= 1 else "abstains"


def _plain(threshold: float) -> float | None:
    return threshold if threshold <= 1 else None


def _console() -> Console:
    console = Console(markup=False, highlight=False)
    console.width = max(console.width, _LEAST_WIDTH)
    return console

"""The README inside a bundle: what it is, where it comes from, and how good it was on held-out inquiries."""

from inquiry_pipeline.learning.datasets import TASKS
from inquiry_pipeline.learning.evaluation import Report
from inquiry_pipeline.learning.holdout import Finetuning

_HEAD = """# Model bundle `{name}`

Reads an inquiry and says its department, sentiment and urgency, with calibrated confidence.

- `encoder.onnx`, `tokenizer.json`: all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0), {tuning}, its weights
  quantised to int8 and exported to ONNX for this bundle.
- `heads.npz`: multinomial logistic regression over its embedding.
- `evaluation.json`: the figures below in full.
- `manifest.json`: labels, temperatures, thresholds, languages, checksums.

{validation} 95 % intervals (Wilson).

| task | n | accuracy | macro F1 | ECE |
|---|---|---|---|---|
"""
_CROSS_VALIDATED = """Cross-validated by source: each figure is from inquiries whose whole file (another author, another
setting) was held out, and calibrated by the other files."""
_HELD_OUT = """From {inquiries} inquiries that neither encoder nor heads learned from: the whole files {files} and
a third of the texts out of scope. Each figure is calibrated by four fifths of them and taken on the last fifth, in
turn."""


def bundle_readme(name: str, report: Report, finetuning: Finetuning | None = None) -> str:
    """The README's text from the held-out figures."""
    tuning, validation = "not fine-tuned", _CROSS_VALIDATED
    if finetuning is not None:
        tuning = f"fine-tuned for {len(finetuning.epochs)} epochs (`finetuning.json`)"
        validation = _HELD_OUT.format(inquiries=report["inquiries"], files=", ".join(finetuning.held_out))
    lines = [_HEAD.format(name=name, tuning=tuning, validation=validation)]
    for task in TASKS:
        own = report[task]
        lines.append(f"| {task} | {own['n']} | {_share(own)} | {own['macro_f1']:.3f} | {own['ece']:.3f} |\n")
    lines.append("\n| language | n | category | sentiment | urgency |\n|---|---|---|---|---|\n")
    for language, figures in report["category"]["per_language"].items():
        shares = [_share(report[task]["per_language"].get(language, {})) for task in TASKS]
        lines.append(f"| {language} | {figures['n']} | {' | '.join(shares)} |\n")
    lines.append("\n| category | n | precision | recall | F1 |\n|---|---|---|---|---|\n")
    for label, figures in report["category"]["per_class"].items():
        values = " | ".join(_figure(figures[key]) for key in ("precision", "recall", "f1"))
        lines.append(f"| {label} | {figures['support']} | {values} |\n")
    return "".join(lines) + _abstention(report["abstention"])


def _abstention(figures: Report) -> str:
    rate, right, left_open, auroc = (
        _figure(figures[key]) for key in ("rate", "accuracy_decided", "out_of_scope_abstained", "auroc")
    )
    return (
        f"\nThe category is left open for {rate} of the inquiries in scope; of the {figures['decided']} decided,"
        f" {right} are right. Of {figures['out_of_scope']} texts out of scope, {left_open} are left open (AUROC of"
        f" the confidence {auroc}).\n"
    )


def _share(figures: Report) -> str:
    if not figures or figures["accuracy"] is None:
        return "-"
    low, high = figures["interval"]
    return f"{figures['accuracy']:.3f} ({low:.3f} to {high:.3f})"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

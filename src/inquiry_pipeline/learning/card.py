"""The README inside a bundle: what it is, where it comes from, and how good it was on held-out inquiries."""

from collections.abc import Iterator, Mapping, Sequence

from inquiry_pipeline.learning.datasets import TASKS
from inquiry_pipeline.learning.evaluation import Report
from inquiry_pipeline.learning.holdout import Finetuning

_HEAD = """# Model bundle `{name}`

Reads an inquiry and says its department, sentiment and urgency, with calibrated confidence.

- `encoder.onnx`, `tokenizer.json`: all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0), {tuning},
  its weights quantised to int8 and exported to ONNX for this bundle.
- `heads.npz`: multinomial logistic regression over its embedding.
- `evaluation.json`: the figures below in full.
- `evidence.npz`: the held-out answers, without texts, that thresholds are chosen on.
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


_OWN = """# Model bundle `{name}`

Reads an inquiry and says which of {count} own categories it belongs to, with its sentiment and urgency.

- Encoder, tokenizer and the heads for sentiment and urgency are those of `{base}`.
- The category's head was fitted on {inquiries} examples by linear discriminant analysis over the embedding.
- `evaluation.json`, `evidence.npz`: the figures below in full, and the answers that they and the thresholds come from.

Cross-validated over the examples: each answer is from a head that saw neither the example nor its like. They say
how the head does on inquiries such as the examples, and nothing about others. 95 % intervals (Wilson).

| n | accuracy | macro F1 | ECE |
|---|---|---|---|
| {inquiries} | {accuracy} | {f1} | {ece} |

| category | n | precision | recall | F1 |
|---|---|---|---|---|
"""
_DESCRIBED = """# Model bundle `{name}`

Reads an inquiry and says which of {count} own categories it belongs to, with its sentiment and urgency.

- Encoder, tokenizer and the heads for sentiment and urgency are those of `{base}`.
- The category is the one whose name and descriptions resemble the text most. Nothing was learned and nothing was
  measured: its confidence is not calibrated on these categories. Give a few examples each for one that is
  (`inquiry models fit-heads`).

| category | descriptions |
|---|---|
"""


def own_categories_readme(name: str, report: Report, base: str) -> str:
    """The README of a bundle whose categories were learned from a few examples each."""
    own = report["category"]
    head = _OWN.format(
        name=name,
        base=base,
        count=len(own["per_class"]),
        inquiries=own["n"],
        accuracy=_share(own),
        f1=_figure(own["macro_f1"]),
        ece=_figure(own["ece"]),
    )
    return head + "".join(_class_lines(report)) + _abstention(report["abstention"])


def described_readme(name: str, labels: Mapping[str, Sequence[str]], base: str) -> str:
    """The README of a bundle whose categories are known by description alone."""
    lines = [f"| {label} | {' '.join(own).replace('|', '/')} |\n" for label, own in labels.items()]
    return _DESCRIBED.format(name=name, base=base, count=len(labels)) + "".join(lines)


def bundle_readme(name: str, report: Report, finetuning: Finetuning | None = None) -> str:
    """The README's text from the held-out figures."""
    tuning, validation = "not fine-tuned", _CROSS_VALIDATED
    if finetuning is not None:
        tuning = "fine-tuned (`finetuning.json`)"
        validation = _HELD_OUT.format(inquiries=report["inquiries"], files=", ".join(finetuning.held_out))
    lines = [_HEAD.format(name=name, tuning=tuning, validation=validation)]
    for task in TASKS:
        own = report[task]
        lines.append(f"| {task} | {own['n']} | {_share(own)} | {own['macro_f1']:.3f} | {own['ece']:.3f} |\n")
    lines.append("\n| language | n | category | sentiment | urgency |\n|---|---|---|---|---|\n")
    for language, figures in report["category"]["per_language"].items():
        shares = [_share(report[task]["per_language"].get(language, {})) for task in TASKS]
        lines.append(f"| {language} | {figures['n']} | {' | '.join(shares)} |\n")
    lines.append("\n| length of the body | n | category | sentiment | urgency |\n|---|---|---|---|---|\n")
    for length, figures in report["category"]["per_length"].items():
        shares = [_share(report[task]["per_length"].get(length, {})) for task in TASKS]
        lines.append(f"| {length} | {figures['n']} | {' | '.join(shares)} |\n")
    lines.append("\n| category | n | precision | recall | F1 |\n|---|---|---|---|---|\n")
    lines.extend(_class_lines(report))
    return "".join(lines) + _abstention(report["abstention"])


def _class_lines(report: Report) -> Iterator[str]:
    for label, figures in report["category"]["per_class"].items():
        values = " | ".join(_figure(figures[key]) for key in ("precision", "recall", "f1"))
        yield f"| {label} | {figures['support']} | {values} |\n"


def _abstention(figures: Report) -> str:
    rate, right, left_open, auroc = (
        _figure(figures[key]) for key in ("rate", "accuracy_decided", "out_of_scope_abstained", "auroc")
    )
    text = (
        f"\nThe category is left open for {rate} of the inquiries in scope; of the {figures['decided']} decided,"
        f" {right} are right."
    )
    if not figures["out_of_scope"]:
        return f"{text}\n"
    return (
        f"{text} Of {figures['out_of_scope']} texts out of scope, {left_open} are left open (AUROC of"
        f" the confidence {auroc}).\n"
    )


def _share(figures: Report) -> str:
    if not figures or figures["accuracy"] is None:
        return "-"
    low, high = figures["interval"]
    return f"{figures['accuracy']:.3f} ({low:.3f} to {high:.3f})"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

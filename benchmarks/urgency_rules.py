"""`python -m benchmarks.urgency_rules DATA BUNDLE`: what the rules of urgency change, and which points fit best.

DATA is a folder of labelled inquiries, BUNDLE a bundle. What the bundle's encoder was fine-tuned on is left out and
its own heads answer the rest; where it was not fine-tuned, heads cross-validated by source answer everything. So no
head is judged, and no points are fitted, on what it has seen. `--only` and `--without` choose sources: what chose
the points must not measure them. Labels know no time of receipt, so only deadlines relative to it count here; the
effect on mail that has one is larger.

The points in `nlp/urgency.py` lie between two fits, rounded: on cross-validated heads over a frozen encoder, whose
unsure heads gain most, and on a fine-tuned bundle's answers for sources it had not seen. Bundle minilm-49bb53723d,
which had not seen the files `wave8`, was right on them in 86.5 % without points, 87.4 % with three quarters of them
and 87.2 % with all (log loss 0.372, 0.350, 0.349); points fitted anew there, cross-validated, came to 0.350.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize  # type: ignore[import-untyped]
from scipy.special import logsumexp  # type: ignore[import-untyped]

from inquiry_pipeline.core.prediction import Urgency
from inquiry_pipeline.learning.datasets import LabelledInquiry, near_duplicates, read_folder
from inquiry_pipeline.learning.heads import TrainingSet, held_out_logits
from inquiry_pipeline.learning.holdout import read_finetuning
from inquiry_pipeline.nlp.bundle import Bundle, load_bundle
from inquiry_pipeline.nlp.cleaning import clean
from inquiry_pipeline.nlp.language import LanguageDetector
from inquiry_pipeline.nlp.urgency import RULES, find_evidence

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_LABELS: Final = tuple(Urgency)
_SHARES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_PRIOR: Final = 2.0
"""Strength of the prior that points are 0: a rule that fires rarely stays close to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The heads' log-probabilities [texts, 4], the true labels [texts], and which rules fired [texts, rules]."""

    logits: Floats
    truth: Integers
    fired: Floats
    sources: npt.NDArray[np.str_]

    def only(self, rows: npt.NDArray[np.bool_]) -> "Answers":
        """The texts that are true."""
        return Answers(
            logits=self.logits[rows], truth=self.truth[rows], fired=self.fired[rows], sources=self.sources[rows]
        )


def main() -> None:
    """Measure, fit, and print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--without", nargs="*", default=[])
    given = parser.parse_args()
    inquiries = [
        inquiry
        for inquiry in read_folder(given.data)
        if inquiry.urgency and inquiry.source not in given.without and (inquiry.source in given.only or not given.only)
    ]
    answers = _answers(inquiries, given.bundle)
    points = _points()
    for source in sorted(set(answers.sources.tolist())):
        _show(source, answers.only(answers.sources == source), points)
    _show("all", answers, points)
    _show_shares(answers, points)
    _show_fit(answers)


def _answers(inquiries: Sequence[LabelledInquiry], folder: Path) -> Answers:
    bundle = load_bundle(folder)
    finetuning = read_finetuning(folder)
    if finetuning is not None:
        inquiries = [inquiry for inquiry in inquiries if inquiry.source not in finetuning.learned]
    texts = [clean(inquiry.message) for inquiry in inquiries]
    detector = LanguageDetector()
    languages = [detector.detect(text).code for text in texts]
    fired = np.zeros((len(texts), len(RULES)))
    for row, (text, language) in enumerate(zip(texts, languages, strict=True)):
        for evidence in find_evidence(text, language=language, received_at=None):
            fired[row, RULES.index(evidence.rule)] = 1
    logits = _cross_validated(inquiries, texts, bundle) if finetuning is None else _own(texts, languages, bundle)
    return Answers(
        logits=logits,
        truth=np.array([_LABELS.index(Urgency(str(inquiry.urgency))) for inquiry in inquiries]),
        fired=fired,
        sources=np.array([inquiry.source for inquiry in inquiries]),
    )


def _own(texts: Sequence[str], languages: Sequence[str], bundle: Bundle) -> Floats:
    found = [
        bundle.heads.answer(bundle.encoder.embed(text), language).urgency
        for text, language in zip(texts, languages, strict=True)
    ]
    return np.asarray(np.log([[one[label] for label in _LABELS] for one in found]), np.float64)


def _cross_validated(inquiries: Sequence[LabelledInquiry], texts: Sequence[str], bundle: Bundle) -> Floats:
    training = TrainingSet(
        inquiries=inquiries,
        embeddings=np.stack([bundle.encoder.embed(text) for text in texts]),
        clusters=np.array(near_duplicates(texts, [inquiry.group for inquiry in inquiries])),
    )
    columns = [sorted(_LABELS).index(label) for label in _LABELS]  # heads have their labels by name
    return np.asarray(held_out_logits(training)["urgency"][:, columns], np.float64)


def _points() -> Floats:
    """The points in use [rules, 4]."""
    return np.array([[rule.points.get(label, 0.0) for label in _LABELS] for rule in RULES])


def _show(name: str, answers: Answers, points: Floats) -> None:
    for way, logits in (("learned", answers.logits), ("with rules", answers.logits + answers.fired @ points)):
        chosen, truth = logits.argmax(axis=1), answers.truth
        figures = [f"accuracy {(chosen == truth).mean():.1%}"]
        for title, least in (("high or critical", 2), ("critical", 3)):
            right = ((chosen >= least) & (truth >= least)).sum()
            found, wanted = max(1, (chosen >= least).sum()), max(1, (truth >= least).sum())
            figures.append(f"{title}: recall {right / wanted:.1%}, precision {right / found:.1%}")
        print(f"{name:30} {way:10} {len(truth):5} texts, {'; '.join(figures)}")


def _show_shares(answers: Answers, points: Floats) -> None:
    """How all answers would be with a share of the points: surer heads want less of them."""
    rows = np.arange(len(answers.truth))
    for share in _SHARES:
        logits = answers.logits + share * answers.fired @ points
        log_shares = logits - logsumexp(logits, axis=1, keepdims=True)
        accuracy = (logits.argmax(axis=1) == answers.truth).mean()
        loss = -log_shares[rows, answers.truth].mean()
        print(f"{share:4.0%} of the points: accuracy {accuracy:.2%}, log loss {loss:.4f}")


def _show_fit(answers: Answers) -> None:
    """The points of greatest likelihood, none below 0, under a normal prior; only where a rule has some now."""
    free = np.argwhere(_points() > 0)
    one_hot = np.eye(len(_LABELS))[answers.truth]

    def loss(values: Floats) -> Any:  # noqa: ANN401 - a pair, as scipy wants it
        points = np.zeros((len(RULES), len(_LABELS)))
        points[free[:, 0], free[:, 1]] = values
        logits = answers.logits + answers.fired @ points
        logits -= logits.max(axis=1, keepdims=True)
        log_shares = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        slope = answers.fired.T @ (np.exp(log_shares) - one_hot)
        return (
            -(log_shares * one_hot).sum() + _PRIOR / 2 * (values**2).sum(),
            slope[free[:, 0], free[:, 1]] + _PRIOR * values,
        )

    fitted = minimize(loss, np.zeros(len(free)), jac=True, bounds=[(0, None)] * len(free)).x
    for (rule, label), value in zip(free, fitted, strict=True):
        count = int(answers.fired[:, rule].sum())
        print(
            f"{RULES[rule].name:10} {_LABELS[label]:9} fits best with {value:.1f}, has {_points()[rule, label]:.1f}"
            f" (fired {count} times)"
        )


if __name__ == "__main__":
    main()

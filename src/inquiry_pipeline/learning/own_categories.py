"""A bundle for categories of one's own: from a few examples each, or from names and descriptions alone.

The encoder and the heads for sentiment and urgency are those of another bundle; only the category's is new. It
takes seconds on a CPU, and nothing that serving does not need.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.core.prediction import UNKNOWN_LANGUAGE
from inquiry_pipeline.learning.calibration import calibrated, fit_temperatures
from inquiry_pipeline.learning.card import described_readme, own_categories_readme
from inquiry_pipeline.learning.datasets import LabelledInquiry, clean_texts, fingerprint
from inquiry_pipeline.learning.derivation import (
    Base,
    finish,
    new_bundle,
    read_base,
    replace_category_head,
    with_category,
    write_report,
)
from inquiry_pipeline.learning.discriminant import SHRINKAGES, fit_discriminant, held_out_logits
from inquiry_pipeline.learning.embedding import embed_all
from inquiry_pipeline.learning.evaluation import Report, Scored, abstention_report, task_report
from inquiry_pipeline.learning.evidence import SUPPORTED_ACCURACY, HeldOut
from inquiry_pipeline.learning.thresholds import Aim, Outcome, decide, outcome
from inquiry_pipeline.nlp.bundle import Bundle, load_bundle
from inquiry_pipeline.nlp.heads import IN_SCOPE, Head, Heads
from inquiry_pipeline.nlp.language import LanguageDetector
from inquiry_pipeline.nlp.manifest import ANY_LANGUAGE, Manifest

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

_FOLDS: Final = 5
_LEAST_IN_LANGUAGE: Final = 30
_SCOPE_FITS: Final = 0.9
"""The scope head stays if it takes at least so many of the examples for inquiries."""
SIMILARITY_SCALE: Final = 20.0
"""What similarities are multiplied with: the best calibrated over Banking77 and CLINC150, with six categories and
with all, see docs/own-categories.md."""
SIMILARITY_THRESHOLD: Final = 0.9
_LEAST_SIZE: Final = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOptions:
    """`languages`: those to decide in; by default those that the examples show to be read well enough."""

    name: str
    target_precision: float = 0.95
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What became of examples.

    `held_out` answers and `outcome` are cross-validated; `scope_kept` says whether the base's head for texts that
    are no inquiries stayed.
    """

    manifest: Manifest
    report: Report
    held_out: HeldOut
    outcome: Outcome
    shrinkage: float
    scope_kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Examples:
    """Examples ready to learn from: all arrays are [n]; `scope` is the probability that it is an inquiry."""

    labels: tuple[str, ...]
    embeddings: Floats
    classes: Integers
    folds: Integers
    languages: Sequence[str]
    scope: Floats


def fit_heads(folder: Path, examples: Sequence[LabelledInquiry], out: Path, options: OwnOptions) -> Fitted:
    """Make a bundle in `out` from that in `folder` and examples with categories of one's own.

    DataError, naming what to add, where a category has fewer than two examples that differ, where there are fewer
    than two categories, or where one text stands under two of them.
    """
    base, bundle = read_base(folder), load_bundle(folder)
    prepared = _prepare(bundle, examples)
    scope_kept = bool((prepared.scope > 0.5).mean() >= _SCOPE_FITS)
    scale = prepared.scope if scope_kept else np.ones_like(prepared.scope)
    shrinkage, logits = _cross_validated(prepared)
    temperatures = fit_temperatures(logits, prepared.classes, prepared.languages, scale=scale)
    held_out = _held_out(prepared, logits, scale)
    languages = options.languages or _supported(held_out, base.manifest)
    aim = Aim(precision=options.target_precision, otherwise=options.target_precision)
    weight, bias = fit_discriminant(
        prepared.embeddings, prepared.classes, count=len(prepared.labels), shrinkage=shrinkage
    )
    head = Head(labels=prepared.labels, weight=weight, bias=bias, temperatures=temperatures)
    found = outcome(held_out, languages, aim)
    report = _report(base, prepared, held_out, decide(held_out, languages, aim))
    with new_bundle(base, out) as new:
        replace_category_head(base, new, head, scope=scope_kept)
        held_out.save(new)
        write_report(new, report, own_categories_readme(options.name, report, base.manifest.model_version))
        manifest = finish(
            base,
            new,
            name=options.name,
            thresholds=found.thresholds,
            languages=tuple(languages),
            data=_data(base, examples, options) | {"shrinkage": shrinkage},
            **with_category(base.manifest, head, scope=scope_kept),
        )
    return Fitted(
        manifest=manifest, report=report, held_out=held_out, outcome=found, shrinkage=shrinkage, scope_kept=scope_kept
    )


def from_labels(
    folder: Path, labels: Mapping[str, Sequence[str]], out: Path, *, name: str, threshold: float, scope: bool
) -> Manifest:
    """Make a bundle in `out` from that in `folder` and categories with descriptions, by similarity alone.

    A category's weight is the mean embedding of its name and its descriptions, without what only sentiment, urgency
    and scope look at. As nothing was learned, nothing is
    validated: confidence follows from similarities by a fixed scale, and the threshold is the same for all. In
    terms of two categories it asks for a margin between their cosines of ln(t / (1 - t)) / SIMILARITY_SCALE.
    """
    base, bundle = read_base(folder), load_bundle(folder)
    means = np.stack([_mean_embedding(bundle, category, own) for category, own in labels.items()])
    topical = _without(means, _looked_at(bundle.heads))
    weight = topical.T / np.linalg.norm(topical, axis=1)
    head = Head(
        labels=tuple(labels),
        weight=(SIMILARITY_SCALE * weight).astype(np.float32),
        bias=np.zeros(len(labels), np.float32),
    )
    figures = {task: own for task, own in base.report().items() if task in {"sentiment", "urgency"}}
    with new_bundle(base, out) as new:
        replace_category_head(base, new, head, scope=scope)
        write_report(new, figures, described_readme(name, labels, base.manifest.model_version))
        return finish(
            base,
            new,
            name=name,
            thresholds={ANY_LANGUAGE: dict.fromkeys(labels, threshold)},
            data={"base": base.manifest.model_version, "descriptions": {key: list(own) for key, own in labels.items()}},
            **with_category(base.manifest, head, scope=scope),
        )


def words_of(name: str) -> str:
    """A category's name as words: `card_arrival` is read as "card arrival"."""
    return " ".join(name.replace("_", " ").replace("-", " ").split())


def _mean_embedding(bundle: Bundle, name: str, descriptions: Sequence[str]) -> Floats:
    mean: Floats = np.mean([bundle.encoder.embed(text) for text in (words_of(name), *descriptions)], axis=0)
    return mean


def _looked_at(heads: Heads) -> Floats:
    """Directions [count, dimensions] in which the heads for sentiment, urgency and scope look, all at right angles.

    A fine-tuned encoder spreads texts along them whatever their topic.
    """
    others = [head for head in (heads.sentiment, heads.urgency, heads.scope) if head is not None]
    weights = np.concatenate([head.weight - head.weight.mean(axis=1, keepdims=True) for head in others], axis=1)
    _, sizes, directions = np.linalg.svd(weights.T, full_matrices=False)
    kept: Floats = directions[sizes > _LEAST_SIZE * float(sizes[0])].astype(np.float32)
    return kept


def _without(vectors: Floats, directions: Floats) -> Floats:
    """The vectors [n, dimensions] without their share in these directions."""
    return (vectors - vectors @ directions.T @ directions).astype(np.float32)


def _prepare(bundle: Bundle, examples: Sequence[LabelledInquiry]) -> _Examples:
    texts, clusters = clean_texts(examples)
    categories = [example.category or "" for example in examples]
    _check_texts(examples, texts)
    labels, classes = np.unique(categories, return_inverse=True)
    _check_classes(labels.tolist(), classes, clusters)
    detector = LanguageDetector()
    languages = [
        detector.detect(text).code if example.language == UNKNOWN_LANGUAGE else example.language
        for example, text in zip(examples, texts, strict=True)
    ]
    embeddings = embed_all(bundle.encoder, texts)
    return _Examples(
        labels=tuple(labels.tolist()),
        embeddings=embeddings,
        classes=classes.astype(np.int64),
        folds=_folds(classes, clusters),
        languages=languages,
        scope=_scope(bundle, embeddings, languages),
    )


def _check_texts(examples: Sequence[LabelledInquiry], texts: Sequence[str]) -> None:
    first: dict[str, LabelledInquiry] = {}
    for example, text in zip(examples, texts, strict=True):
        if not text.strip():
            raise DataError(f"Example {example.id}: nothing is left of the text without quotes and signature.")
        other = first.setdefault(text.casefold(), example)
        if other.category != example.category:
            raise DataError(
                f"Example {example.id} has the text of example {other.id}, but another category: "
                f"{example.category} and {other.category}."
            )


def _check_classes(labels: Sequence[str], classes: Integers, clusters: Integers) -> None:
    if len(labels) < 2:
        raise DataError(f"The examples have {len(labels)} category, at least two are needed.")
    differing = Counter(int(one) for one, _ in set(zip(classes.tolist(), clusters.tolist(), strict=True)))
    lacking = [label for number, label in enumerate(labels) if differing[number] < 2]
    if lacking:
        raise DataError(
            f"Fewer than two examples that differ: {', '.join(lacking)}. Every category needs two, better eight."
        )


def _folds(classes: Integers, clusters: Integers) -> Integers:
    """A fold [n] for every example: classes spread evenly, near-duplicates together."""
    folds = np.zeros(len(classes), np.int64)
    placed: dict[int, int] = {}
    turns: Counter[int] = Counter()
    for row, (one, cluster) in enumerate(zip(classes.tolist(), clusters.tolist(), strict=True)):
        if cluster not in placed:
            placed[cluster] = turns[one] % _FOLDS
            turns[one] += 1
        folds[row] = placed[cluster]
    return folds


def _scope(bundle: Bundle, embeddings: Floats, languages: Sequence[str]) -> Floats:
    head = bundle.heads.scope
    if head is None:
        return np.ones(len(embeddings), np.float32)
    column = head.labels.index(IN_SCOPE)
    pairs = zip(embeddings, languages, strict=True)
    return np.array([head.probabilities(one, language)[column] for one, language in pairs], np.float32)


def _cross_validated(examples: _Examples) -> tuple[float, Floats]:
    """The shrinkage that is right most often on held-out folds, and its held-out logits."""
    tried = {
        shrinkage: held_out_logits(
            examples.embeddings, examples.classes, examples.folds, count=len(examples.labels), shrinkage=shrinkage
        )
        for shrinkage in SHRINKAGES
    }
    best = max(tried, key=lambda shrinkage: int((tried[shrinkage].argmax(axis=1) == examples.classes).sum()))
    return best, tried[best]


def _held_out(examples: _Examples, logits: Floats, scale: Floats) -> HeldOut:
    """The cross-validated answers, each calibrated by the other folds."""
    confidence = np.zeros(len(logits), np.float32)
    languages = np.array(examples.languages)
    for fold in np.unique(examples.folds):
        own = examples.folds == fold
        temperatures = fit_temperatures(
            logits[~own], examples.classes[~own], languages[~own].tolist(), scale=scale[~own]
        )
        confidence[own] = calibrated(logits[own], languages[own].tolist(), temperatures).max(axis=1) * scale[own]
    predicted = logits.argmax(axis=1)
    return HeldOut(
        categories=examples.labels,
        confidence=confidence,
        predicted=predicted.astype(np.int16),
        right=predicted == examples.classes,
        languages=languages,
        sources=np.zeros(len(logits), np.int16),
        in_scope=np.ones(len(logits), bool),
        folds=examples.folds.astype(np.int8),
    )


def _supported(held_out: HeldOut, base: Manifest) -> tuple[str, ...]:
    """Languages that the base reads and at least one in twenty examples is in, and those proven by 30 examples."""
    names, counts = np.unique(held_out.languages, return_counts=True)
    return tuple(
        str(name)
        for name, count in zip(names, counts, strict=True)
        if name != UNKNOWN_LANGUAGE
        and (
            (name in base.languages and count * 20 >= len(held_out.right))
            or (count >= _LEAST_IN_LANGUAGE and held_out.right[held_out.languages == name].mean() >= SUPPORTED_ACCURACY)
        )
    )


def _report(base: Base, examples: _Examples, held_out: HeldOut, decided: npt.NDArray[np.bool_]) -> Report:
    """The category's cross-validated figures; sentiment and urgency keep those of the base."""
    everything = np.ones(len(decided), bool)
    rows = zip(
        examples.classes.tolist(),
        held_out.predicted.tolist(),
        held_out.confidence.tolist(),
        examples.languages,
        strict=True,
    )
    scored = [
        Scored(truth=examples.labels[truth], predicted=examples.labels[said], confidence=confidence, language=language)
        for truth, said, confidence, language in rows
    ]
    kept = {task: own for task, own in base.report().items() if task in {"sentiment", "urgency"}}
    return {
        "inquiries": len(decided),
        "model_versions": ["cross-validated"],
        "category": task_report(scored),
        **kept,
        "abstention": abstention_report(
            confidence=held_out.confidence.astype(np.float64),
            abstained=~decided,
            correct=held_out.right,
            labelled=everything,
            out_of_scope=~everything,
        ),
    }


def _data(base: Base, examples: Sequence[LabelledInquiry], options: OwnOptions) -> dict[str, object]:
    return {
        "base": base.manifest.model_version,
        "inquiries": len(examples),
        "sources": sorted({example.source for example in examples}),
        "sha256": fingerprint(examples),
        "target_precision": options.target_precision,
    }

"""From weights and labelled inquiries to a finished bundle: embed, cross-validate, calibrate, fit, write."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inquiry_pipeline.core.prediction import Prediction, Sentiment, Urgency
from inquiry_pipeline.learning.calibration import calibrated, fit_temperatures
from inquiry_pipeline.learning.card import bundle_readme
from inquiry_pipeline.learning.datasets import TASKS, LabelledInquiry, clean_texts, fingerprint
from inquiry_pipeline.learning.derivation import EVALUATION
from inquiry_pipeline.learning.embedding import embed_all
from inquiry_pipeline.learning.evaluation import Report, evaluate
from inquiry_pipeline.learning.evidence import SUPPORTED_ACCURACY, HeldOut
from inquiry_pipeline.learning.heads import (
    ALL_TASKS,
    FOLDS,
    TrainingSet,
    assign_folds,
    held_out_logits,
    train_head,
)
from inquiry_pipeline.learning.holdout import (
    Finetuning,
    copy_record,
    held_out_rows,
    learnable_rows,
    read_finetuning,
)
from inquiry_pipeline.learning.thresholds import Aim, Outcome, decide, outcome
from inquiry_pipeline.nlp.bundle import load_bundle
from inquiry_pipeline.nlp.cleaning import clean
from inquiry_pipeline.nlp.encoder import Encoder
from inquiry_pipeline.nlp.heads import IN_SCOPE, OUT_OF_SCOPE, SCOPE, Head, save_heads, softmax
from inquiry_pipeline.nlp.manifest import (
    ENCODER,
    HEADS,
    TOKENIZER,
    Manifest,
    checksums,
    write_manifest,
)

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadOptions:
    """How heads are made. A language counts as supported from 70 % category accuracy on held-out sources."""

    name: str = "minilm"
    max_tokens: int = 256
    target_precision: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    """Inquiries with logits from heads that saw neither them nor their like; folds [inquiries] of 0..FOLDS-1."""

    training: TrainingSet
    logits: Mapping[str, Floats]
    folds: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Validation:
    """What the evidence says: temperatures by task, supported languages, held-out answers, thresholds, figures."""

    temperatures: Mapping[str, Mapping[str, float]]
    languages: tuple[str, ...]
    held_out: HeldOut
    outcome: Outcome
    report: Report


def train_heads(
    encoder: Path,
    inquiries: Sequence[LabelledInquiry],
    out: Path,
    options: HeadOptions,
    *,
    float32: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Train heads on the encoder in folder `encoder`, write the bundle to `out`, return the held-out figures.

    Heads over inquiries that the encoder was fine-tuned on are too sure of themselves: then figures, temperatures
    and thresholds come from what was held out of both, and heads are fitted on the rest. Otherwise they are
    cross-validated by source, and fitted on everything. `float32`: the encoder before quantisation, to compare.
    """
    progress(f"embedding {len(inquiries)} inquiries")
    training = prepare(encoder, inquiries, max_tokens=options.max_tokens)
    record = read_finetuning(encoder)
    seen = record is not None and record.has_seen(inquiries)
    if record is not None and seen:
        progress(f"fitting heads without {', '.join(record.held_out)}")
        heads, evidence = _held_out(training, record)
    else:
        progress(f"cross-validating over {FOLDS} folds of sources")
        heads, evidence = _cross_validated(training)
    validation = _validate(evidence, training, Aim(precision=options.target_precision))
    report = validation.report
    if seen and float32 is not None:
        progress("comparing with float32")
        exact = Encoder(float32, encoder / TOKENIZER, max_tokens=options.max_tokens)
        report["quantisation"] = _quantisation_cost(evidence.training, heads, exact)
    out.mkdir(parents=True, exist_ok=True)
    for name in (ENCODER, TOKENIZER):
        if (encoder / name).resolve() != (out / name).resolve():
            shutil.copyfile(encoder / name, out / name)
    copy_record(encoder, out)
    _write_bundle(out, heads, validation, training, options)
    load_bundle(out)
    return report


def prepare(encoder: Path, inquiries: Sequence[LabelledInquiry], *, max_tokens: int) -> TrainingSet:
    """Clean and embed the inquiries as serving does, and cluster near-duplicates."""
    texts, clusters = clean_texts(inquiries)
    embeddings = embed_all(Encoder(encoder / ENCODER, encoder / TOKENIZER, max_tokens=max_tokens), texts)
    return TrainingSet(inquiries=inquiries, embeddings=embeddings, clusters=clusters)


def _cross_validated(training: TrainingSet) -> tuple[Mapping[str, Head], _Evidence]:
    evidence = _Evidence(training=training, logits=held_out_logits(training), folds=assign_folds(training))
    return {task: train_head(training, task) for task in ALL_TASKS}, evidence


def _held_out(training: TrainingSet, record: Finetuning) -> tuple[Mapping[str, Head], _Evidence]:
    rows = held_out_rows(training.inquiries, record.held_out)
    learnable = learnable_rows(rows, training.clusters)
    heads = {task: train_head(training, task, rows=learnable) for task in ALL_TASKS}
    unseen = training.only(rows)
    logits = {task: unseen.embeddings @ head.weight + head.bias for task, head in heads.items()}
    return heads, _Evidence(training=unseen, logits=logits, folds=unseen.clusters % FOLDS)


def _write_bundle(
    out: Path, heads: Mapping[str, Head], validation: _Validation, training: TrainingSet, options: HeadOptions
) -> None:
    report = validation.report
    save_heads(out / HEADS, heads)
    validation.held_out.save(out)
    (out / EVALUATION).write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    (out / "README.md").write_text(bundle_readme(options.name, report, read_finetuning(out)), "utf-8")
    write_manifest(
        out,
        Manifest(
            name=options.name,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            labels={task: head.labels for task, head in heads.items()},
            temperatures=validation.temperatures,
            thresholds=validation.outcome.thresholds,
            languages=validation.languages,
            max_tokens=options.max_tokens,
            checksums=checksums(out),
            data={
                "inquiries": len(training.inquiries),
                "sources": _sources(training),
                "sha256": fingerprint(training.inquiries),
                "target_precision": options.target_precision,
            },
        ),
    )


def _quantisation_cost(unseen: TrainingSet, heads: Mapping[str, Head], exact: Encoder) -> Report:
    """By task: accuracy with int8 and with float32, and the share of inquiries to which both say the same."""
    embeddings = embed_all(exact, [clean(inquiry.message) for inquiry in unseen.inquiries])
    cost: Report = {}
    for task in TASKS:
        labels, head = unseen.labels(task), heads[task]
        names, known = np.array(head.labels), labels != ""
        both = [names[(own @ head.weight + head.bias).argmax(1)] for own in (unseen.embeddings, embeddings)]
        int8, float32 = (float((own == labels)[known].mean()) for own in both)
        cost[task] = {"int8": int8, "float32": float32, "agreement": float((both[0] == both[1])[known].mean())}
    return cost


def _validate(evidence: _Evidence, training: TrainingSet, aim: Aim) -> _Validation:
    """All that the held-out logits say; `training` is everything that the bundle is made from."""
    unseen = evidence.training
    temperatures = _temperatures(unseen, evidence.logits, np.ones(len(evidence.folds), bool))
    predictions = _cross_fitted_predictions(evidence)
    labelled = (unseen.labels("category") != "") | (unseen.labels(SCOPE) == OUT_OF_SCOPE)
    held_out = _held_out_answers(evidence, predictions, _sources(training)).only(labelled)
    languages = _supported(held_out)
    open_ = np.ones(len(predictions), bool)
    open_[labelled] = ~decide(held_out, languages, aim)
    answers = [replace(one, abstained=bool(left)) for one, left in zip(predictions, open_, strict=True)]
    report = evaluate(unseen.inquiries, answers) | {"per_source": _by_source(unseen.inquiries, answers)}
    return _Validation(
        temperatures=temperatures,
        languages=languages,
        held_out=held_out,
        outcome=outcome(held_out, languages, aim),
        report=report,
    )


def _temperatures(
    training: TrainingSet, logits: Mapping[str, Floats], rows: npt.NDArray[np.bool_]
) -> Mapping[str, Mapping[str, float]]:
    """Temperatures by task and language from the held-out logits of these rows."""
    languages = np.array([inquiry.language for inquiry in training.inquiries])
    scale = _in_scope(logits[SCOPE])
    temperatures: dict[str, dict[str, float]] = {}
    for task in TASKS:
        labels = training.labels(task)
        chosen = rows & (labels != "")
        truth = np.searchsorted(np.unique(labels[labels != ""]), labels[chosen])
        temperatures[task] = fit_temperatures(
            logits[task][chosen],
            truth,
            languages[chosen].tolist(),
            scale=scale[chosen] if task == "category" else None,
        )
    return temperatures


def _held_out_answers(evidence: _Evidence, predictions: Sequence[Prediction], sources: Sequence[str]) -> HeldOut:
    inquiries = evidence.training.inquiries
    labels = evidence.training.labels("category")
    names = np.unique(labels[labels != ""])
    predicted = np.array([prediction.category for prediction in predictions])
    return HeldOut(
        categories=tuple(names.tolist()),
        confidence=np.array([prediction.confidence for prediction in predictions], np.float32),
        predicted=np.searchsorted(names, predicted).astype(np.int16),
        right=predicted == labels,
        languages=np.array([inquiry.language for inquiry in inquiries]),
        sources=np.array([sources.index(inquiry.source) for inquiry in inquiries], np.int16),
        in_scope=np.array([not inquiry.out_of_scope for inquiry in inquiries], bool),
        folds=evidence.folds.astype(np.int8),
    )


def _supported(held_out: HeldOut) -> tuple[str, ...]:
    """The languages with at least 100 held-out inquiries of which enough are read rightly."""
    return tuple(
        str(language)
        for language in np.unique(held_out.languages)
        if (own := held_out.in_scope & (held_out.languages == language)).sum() >= 100
        and held_out.right[own].mean() >= SUPPORTED_ACCURACY
    )


def _sources(training: TrainingSet) -> list[str]:
    return sorted({inquiry.source for inquiry in training.inquiries})


def _category_probabilities(
    training: TrainingSet, logits: Mapping[str, Floats], temperatures: Mapping[str, Mapping[str, float]]
) -> Floats:
    languages = [inquiry.language for inquiry in training.inquiries]
    return calibrated(logits["category"], languages, temperatures["category"]) * _in_scope(logits[SCOPE])[:, None]


def _in_scope(logits: Floats) -> Floats:
    """Probability [n] that a text is an inquiry; the head's labels are in the order of the alphabet."""
    return softmax(logits)[:, sorted((IN_SCOPE, OUT_OF_SCOPE)).index(IN_SCOPE)]


def _cross_fitted_predictions(evidence: _Evidence) -> list[Prediction]:
    """The held-out answers, each calibrated by what the other folds say."""
    training, logits = evidence.training, evidence.logits
    languages = [inquiry.language for inquiry in training.inquiries]
    predictions: dict[int, Prediction] = {}
    for fold in range(FOLDS):
        rows = evidence.folds == fold
        temperatures = _temperatures(training, logits, ~rows)
        by_task = {task: calibrated(logits[task], languages, temperatures[task]) for task in TASKS} | {
            "category": _category_probabilities(training, logits, temperatures)
        }
        for index in map(int, np.flatnonzero(rows)):
            predictions[index] = _prediction(training, by_task, index)
    return [predictions[index] for index in range(len(predictions))]


def _by_source(inquiries: Sequence[LabelledInquiry], predictions: Sequence[Prediction]) -> Report:
    figures: Report = {}
    for source in sorted({inquiry.source for inquiry in inquiries if not inquiry.out_of_scope}):
        rows = [row for row, inquiry in enumerate(inquiries) if inquiry.source == source]
        own = evaluate([inquiries[row] for row in rows], [predictions[row] for row in rows])
        figures[source] = {task: {key: own[task][key] for key in ("n", "accuracy", "interval")} for task in TASKS}
    return figures


def _prediction(training: TrainingSet, by_task: Mapping[str, Floats], index: int) -> Prediction:
    shares: dict[str, dict[str, float]] = {}
    for task, probabilities in by_task.items():
        labels = np.unique(training.labels(task))
        shares[task] = dict(zip(labels[labels != ""].tolist(), probabilities[index].tolist(), strict=True))
    category, sentiment, urgency = (max(shares[task], key=shares[task].__getitem__) for task in TASKS)
    return Prediction(
        category=category,
        confidence=shares["category"][category],
        probabilities=shares["category"],
        sentiment=Sentiment(sentiment),
        sentiment_confidence=shares["sentiment"][sentiment],
        sentiment_probabilities=shares["sentiment"],
        urgency=Urgency(urgency),
        urgency_confidence=shares["urgency"][urgency],
        urgency_probabilities=shares["urgency"],
        language=training.inquiries[index].language,
        model_version="held-out",
    )

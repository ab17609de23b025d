"""From weights and labelled inquiries to a finished bundle: embed, cross-validate, calibrate, fit, write."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from inquiry_pipeline.core.prediction import Prediction, Sentiment, Urgency
from inquiry_pipeline.learning.calibration import calibrated, choose_thresholds, fit_temperatures
from inquiry_pipeline.learning.card import bundle_readme
from inquiry_pipeline.learning.datasets import TASKS, LabelledInquiry, fingerprint, near_duplicates
from inquiry_pipeline.learning.evaluation import Report, evaluate
from inquiry_pipeline.learning.heads import (
    ALL_TASKS,
    FOLDS,
    TrainingSet,
    assign_folds,
    held_out_logits,
    train_head,
)
from inquiry_pipeline.nlp.bundle import load_bundle
from inquiry_pipeline.nlp.cleaning import clean
from inquiry_pipeline.nlp.encoder import Encoder
from inquiry_pipeline.nlp.heads import IN_SCOPE, OUT_OF_SCOPE, SCOPE, save_heads, softmax
from inquiry_pipeline.nlp.manifest import ENCODER, HEADS, TOKENIZER, Manifest, checksums, write_manifest

Floats = npt.NDArray[np.float32]

EVALUATION: Final = "evaluation.json"
_SUPPORTED_ACCURACY: Final = 0.70
_EMBEDDING_THREADS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadOptions:
    """How heads are made. A language counts as supported from 70 % category accuracy on held-out sources."""

    name: str = "minilm"
    max_tokens: int = 256
    target_precision: float = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class _Calibration:
    temperatures: Mapping[str, Mapping[str, float]]
    thresholds: Mapping[str, float]
    languages: tuple[str, ...]


def train_heads(
    encoder: Path,
    inquiries: Sequence[LabelledInquiry],
    out: Path,
    options: HeadOptions,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Train heads on the encoder in folder `encoder`, write the bundle to `out`, return the held-out figures."""
    progress(f"embedding {len(inquiries)} inquiries")
    training = prepare(encoder, inquiries, max_tokens=options.max_tokens)
    progress(f"cross-validating over {FOLDS} folds of sources")
    logits = held_out_logits(training)
    everything = np.ones(len(inquiries), bool)
    calibration = _calibrate(training, logits, everything, target_precision=options.target_precision)
    report = _cross_fitted_report(training, logits, options)
    progress("fitting the heads on everything")
    heads = {task: train_head(training, task) for task in ALL_TASKS}
    out.mkdir(parents=True, exist_ok=True)
    for name in (ENCODER, TOKENIZER):
        if (encoder / name).resolve() != (out / name).resolve():
            shutil.copyfile(encoder / name, out / name)
    save_heads(out / HEADS, heads)
    (out / EVALUATION).write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    (out / "README.md").write_text(bundle_readme(options.name, report), "utf-8")
    write_manifest(
        out,
        Manifest(
            name=options.name,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            labels={task: head.labels for task, head in heads.items()},
            temperatures=calibration.temperatures,
            thresholds=calibration.thresholds,
            languages=calibration.languages,
            max_tokens=options.max_tokens,
            checksums=checksums(out),
            data={
                "inquiries": len(inquiries),
                "sources": sorted({inquiry.source for inquiry in inquiries}),
                "sha256": fingerprint(inquiries),
                "target_precision": options.target_precision,
            },
        ),
    )
    load_bundle(out)
    return report


def prepare(encoder: Path, inquiries: Sequence[LabelledInquiry], *, max_tokens: int) -> TrainingSet:
    """Clean and embed the inquiries as serving does, and cluster near-duplicates."""
    texts = [clean(inquiry.message) for inquiry in inquiries]
    model = Encoder(encoder / ENCODER, encoder / TOKENIZER, max_tokens=max_tokens)
    with ThreadPoolExecutor(_EMBEDDING_THREADS) as threads:
        embeddings = np.stack(list(threads.map(model.embed, texts)))
    clusters = near_duplicates(texts, [inquiry.group for inquiry in inquiries])
    return TrainingSet(inquiries=inquiries, embeddings=embeddings, clusters=np.array(clusters, np.int64))


def _calibrate(
    training: TrainingSet, logits: Mapping[str, Floats], rows: npt.NDArray[np.bool_], *, target_precision: float
) -> _Calibration:
    """Temperatures, thresholds and supported languages from the held-out logits of these rows."""
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
    labels = training.labels("category")
    names = np.unique(labels[labels != ""])
    probabilities = _category_probabilities(training, logits, temperatures)
    predicted = probabilities.argmax(1)
    correct = names[predicted] == labels
    supported = tuple(
        str(language)
        for language in np.unique(languages)
        if (own := rows & (languages == language) & (labels != "")).sum() >= 100
        and correct[own].mean() >= _SUPPORTED_ACCURACY
    )
    decidable = rows & np.isin(languages, supported)
    thresholds = choose_thresholds(
        names.tolist(),
        predicted[decidable],
        probabilities.max(1)[decidable],
        correct[decidable],
        target_precision=target_precision,
    )
    return _Calibration(temperatures=temperatures, thresholds=thresholds, languages=supported)


def _category_probabilities(
    training: TrainingSet, logits: Mapping[str, Floats], temperatures: Mapping[str, Mapping[str, float]]
) -> Floats:
    languages = [inquiry.language for inquiry in training.inquiries]
    return calibrated(logits["category"], languages, temperatures["category"]) * _in_scope(logits[SCOPE])[:, None]


def _in_scope(logits: Floats) -> Floats:
    """Probability [n] that a text is an inquiry; the head's labels are in the order of the alphabet."""
    return softmax(logits)[:, sorted((IN_SCOPE, OUT_OF_SCOPE)).index(IN_SCOPE)]


def _cross_fitted_report(training: TrainingSet, logits: Mapping[str, Floats], options: HeadOptions) -> Report:
    """The figures of the held-out answers, each calibrated by what the other folds say."""
    folds = assign_folds(training)
    predictions: list[Prediction | None] = [None] * len(folds)
    for fold in range(FOLDS):
        rows = folds == fold
        calibration = _calibrate(training, logits, ~rows, target_precision=options.target_precision)
        by_task = {
            task: calibrated(logits[task], [i.language for i in training.inquiries], calibration.temperatures[task])
            for task in TASKS
        } | {"category": _category_probabilities(training, logits, calibration.temperatures)}
        for index in np.flatnonzero(rows):
            predictions[index] = _prediction(training, by_task, int(index), calibration)
    return evaluate(training.inquiries, [prediction for prediction in predictions if prediction is not None])


def _prediction(
    training: TrainingSet, by_task: Mapping[str, Floats], index: int, calibration: _Calibration
) -> Prediction:
    best: dict[str, Any] = {}
    for task, probabilities in by_task.items():
        labels = np.unique(training.labels(task))
        column = int(probabilities[index].argmax())
        best[task] = (str(labels[labels != ""][column]), float(probabilities[index, column]))
    language = training.inquiries[index].language
    category, confidence = best["category"]
    return Prediction(
        category=category,
        confidence=confidence,
        probabilities={},
        sentiment=Sentiment(best["sentiment"][0]),
        sentiment_confidence=best["sentiment"][1],
        sentiment_probabilities={},
        urgency=Urgency(best["urgency"][0]),
        urgency_confidence=best["urgency"][1],
        urgency_probabilities={},
        language=language,
        model_version="held-out",
        abstained=confidence < calibration.thresholds[category] or language not in calibration.languages,
    )

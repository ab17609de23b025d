"""How good predictions are: accuracy, F1, calibration, confusion, languages, abstention. Needs numpy only."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from inquiry_pipeline.core.prediction import UNKNOWN_LANGUAGE, Prediction
from inquiry_pipeline.learning.datasets import TASKS, LabelledInquiry

Report = dict[str, Any]

CALIBRATION_BINS: Final = 15
_LENGTHS: Final = (("up to 10 words", 0, 10), ("11-30", 11, 30), ("31-80", 31, 80), ("over 80", 81, 1_000_000))
_Z_95: Final = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One answer beside the truth. `confidence` is in 0..1, `length` in words of the message."""

    truth: str
    predicted: str
    confidence: float
    language: str
    length: int | None = None

    @property
    def correct(self) -> bool:
        """Whether the answer is the truth."""
        return self.truth == self.predicted


def evaluate(inquiries: Sequence[LabelledInquiry], predictions: Sequence[Prediction]) -> Report:
    """The whole report: an object a task, and one on abstention.

    A label that is not known is left out of its task. The category is scored by its first choice also where
    the prediction abstains; out-of-scope inquiries count for abstention alone.
    """
    pairs = list(zip(inquiries, predictions, strict=True))
    report: Report = {"inquiries": len(pairs), "model_versions": sorted({p.model_version for p in predictions})}
    for task in TASKS:
        scored = [
            Scored(
                truth=truth,
                predicted=answer[0],
                confidence=answer[1],
                language=inquiry.language,
                length=len(inquiry.message.body.split()),
            )
            for inquiry, prediction in pairs
            if (truth := inquiry.label(task)) is not None and not inquiry.out_of_scope
            for answer in [_answer(prediction, task)]
        ]
        report[task] = task_report(scored)
    report["abstention"] = abstention_report(
        confidence=np.array([prediction.confidence for prediction in predictions]),
        abstained=np.array([prediction.abstained for prediction in predictions], bool),
        correct=np.array([inquiry.category == prediction.category for inquiry, prediction in pairs], bool),
        labelled=np.array([inquiry.category is not None and not inquiry.out_of_scope for inquiry in inquiries]),
        out_of_scope=np.array([inquiry.out_of_scope for inquiry in inquiries], bool),
    )
    report["suggestions"] = suggestion_report(
        [(inquiry, p) for inquiry, p in pairs if inquiry.category is not None and not inquiry.out_of_scope]
    )
    report["degraded"] = sum(prediction.degraded for prediction in predictions)
    return report


def language_report(inquiries: Sequence[LabelledInquiry], predictions: Sequence[Prediction]) -> Report:
    """How often the language was detected rightly, by language; inquiries without a language are left out."""
    return task_report(
        [
            Scored(truth=inquiry.language, predicted=prediction.language, confidence=1.0, language=inquiry.language)
            for inquiry, prediction in zip(inquiries, predictions, strict=True)
            if inquiry.language != UNKNOWN_LANGUAGE
        ]
    )


def task_report(scored: Sequence[Scored]) -> Report:
    """Accuracy with its 95 % interval, macro F1, ECE, confusion (rows: truth), and figures by class, language, length.

    Every figure but the counts is null where there is nothing to score.
    """
    labels = sorted({s.truth for s in scored} | {s.predicted for s in scored})
    matrix = np.zeros((len(labels), len(labels)), int)
    place = {label: index for index, label in enumerate(labels)}
    for s in scored:
        matrix[place[s.truth], place[s.predicted]] += 1
    per_class = {label: _class_report(matrix, index) for label, index in place.items()}
    supported = [figures["f1"] for figures in per_class.values() if figures["support"]]
    confidence = np.array([s.confidence for s in scored])
    correct = np.array([s.correct for s in scored], bool)
    return {
        "n": len(scored),
        **_accuracy(scored),
        "macro_f1": float(np.mean(supported)) if supported else None,
        "ece": expected_calibration_error(confidence, correct),
        "reliability": reliability(confidence, correct),
        "confusion": {"labels": labels, "matrix": matrix.tolist()},
        "per_class": per_class,
        "per_language": {
            language: _accuracy(own) | {"n": len(own)}
            for language in sorted({s.language for s in scored})
            for own in [[s for s in scored if s.language == language]]
        },
        "per_length": {
            name: _accuracy(own) | {"n": len(own)}
            for name, shortest, longest in _LENGTHS
            if (own := [s for s in scored if s.length is not None and shortest <= s.length <= longest])
        },
    }


def abstention_report(
    *,
    confidence: npt.NDArray[np.float64],
    abstained: npt.NDArray[np.bool_],
    correct: npt.NDArray[np.bool_],
    labelled: npt.NDArray[np.bool_],
    out_of_scope: npt.NDArray[np.bool_],
) -> Report:
    """How often and how rightly the category is left open. All arrays are [inquiries].

    `auroc` is the probability that an inquiry in scope has a higher confidence than one out of scope.
    """
    decided = labelled & ~abstained
    return {
        "rate": _share(abstained[labelled]),
        "accuracy_decided": _share(correct[decided]),
        "decided": int(decided.sum()),
        "out_of_scope": int(out_of_scope.sum()),
        "out_of_scope_abstained": _share(abstained[out_of_scope]),
        "auroc": auroc(confidence[labelled], confidence[out_of_scope]),
    }


def suggestion_report(pairs: Sequence[tuple[LabelledInquiry, Prediction]]) -> Report:
    """How often the suggested categories hold the true one, and how many they are; also where it is left open."""
    report: Report = {}
    for name, own in (("all", pairs), ("left open", [pair for pair in pairs if pair[1].abstained])):
        report[name] = {
            "n": len(own),
            "hold the truth": _share(np.array([inquiry.category in p.suggestions for inquiry, p in own], bool)),
            "how many": float(np.mean([len(p.suggestions) for _, p in own])) if own else None,
        }
    return report


def expected_calibration_error(
    confidence: npt.NDArray[np.float64], correct: npt.NDArray[np.bool_], *, bins: int = CALIBRATION_BINS
) -> float | None:
    """Mean gap between confidence and accuracy over equal-width bins, weighted by size (Guo et al. 2017)."""
    if not len(confidence):
        return None
    gaps = np.bincount(_bin_numbers(confidence, bins), weights=confidence - correct, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def reliability(
    confidence: npt.NDArray[np.float64], correct: npt.NDArray[np.bool_], *, bins: int = CALIBRATION_BINS
) -> list[Report]:
    """Mean confidence and accuracy in each equal-width bin that holds anything: the points of a reliability diagram."""
    numbers = _bin_numbers(confidence, bins)
    return [
        {
            "from": number / bins,
            "to": (number + 1) / bins,
            "count": int(own.sum()),
            "confidence": float(confidence[own].mean()),
            "accuracy": float(correct[own].mean()),
        }
        for number in range(bins)
        if (own := numbers == number).any()
    ]


def _bin_numbers(confidence: npt.NDArray[np.float64], bins: int) -> npt.NDArray[np.int_]:
    numbers: npt.NDArray[np.int_] = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return numbers


def auroc(higher: npt.NDArray[np.float64], lower: npt.NDArray[np.float64]) -> float | None:
    """The probability that one of `higher` exceeds one of `lower`, ties counting half (Mann and Whitney 1947)."""
    if not len(higher) or not len(lower):
        return None
    ordered = np.sort(lower)
    below = np.searchsorted(ordered, higher, side="left")
    through = np.searchsorted(ordered, higher, side="right")
    return float((below + through).sum() / 2 / len(higher) / len(lower))


def wilson_interval(successes: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); `n` must be positive."""
    share = successes / n
    centre = share + _Z_95**2 / (2 * n)
    spread = _Z_95 * math.sqrt(share * (1 - share) / n + _Z_95**2 / (4 * n**2))
    scale = 1 + _Z_95**2 / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def _answer(prediction: Prediction, task: str) -> tuple[str, float]:
    if task == "sentiment":
        return prediction.sentiment, prediction.sentiment_confidence
    if task == "urgency":
        return prediction.urgency, prediction.urgency_confidence
    return prediction.category, prediction.confidence


def _accuracy(scored: Sequence[Scored]) -> Report:
    if not scored:
        return {"accuracy": None, "interval": None}
    right = sum(s.correct for s in scored)
    return {"accuracy": right / len(scored), "interval": list(wilson_interval(right, len(scored)))}


def _class_report(matrix: npt.NDArray[np.int_], index: int) -> Report:
    right, predicted, support = (int(n) for n in (matrix[index, index], matrix[:, index].sum(), matrix[index].sum()))
    return {
        "precision": right / predicted if predicted else None,
        "recall": right / support if support else None,
        "f1": 2 * right / (predicted + support) if predicted + support else 0.0,
        "support": support,
    }


def _share(flags: npt.NDArray[np.bool_]) -> float | None:
    return float(flags.mean()) if len(flags) else None

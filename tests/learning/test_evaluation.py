import numpy as np
import pytest

from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.core.prediction import Prediction, Sentiment, Urgency
from inquiry_pipeline.learning.datasets import LabelledInquiry
from inquiry_pipeline.learning.evaluation import (
    Scored,
    auroc,
    evaluate,
    expected_calibration_error,
    reliability,
    task_report,
    wilson_interval,
)


def scored(truth, predicted, confidence=0.9, language="en"):
    return Scored(truth=truth, predicted=predicted, confidence=confidence, language=language)


def predicted(category, confidence, *, abstained=False):
    return Prediction(
        category=category,
        confidence=confidence,
        probabilities={category: confidence},
        sentiment=Sentiment.NEUTRAL,
        sentiment_confidence=0.8,
        sentiment_probabilities={},
        urgency=Urgency.LOW,
        urgency_confidence=0.6,
        urgency_probabilities={},
        language="en",
        model_version="m-1",
        abstained=abstained,
    )


def labelled(**labels):
    return LabelledInquiry(id="1", message=Message(body="x"), source="s", language="en", **labels)


def test_task_report_matches_hand_computed_figures():
    report = task_report([scored("a", "a"), scored("a", "b"), scored("b", "b"), scored("b", "b", language="de")])
    assert report["n"] == 4
    assert report["accuracy"] == 0.75
    assert report["confusion"] == {"labels": ["a", "b"], "matrix": [[1, 1], [0, 2]]}
    assert report["per_class"]["a"] == {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "support": 2}
    assert report["per_class"]["b"]["f1"] == pytest.approx(0.8)
    assert report["macro_f1"] == pytest.approx((2 / 3 + 0.8) / 2)
    assert report["per_language"]["de"]["accuracy"] == 1.0
    assert report["per_language"]["en"]["n"] == 3


def test_task_report_agrees_with_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(1)
    truth, answers = random.choice(list("abc"), 300), random.choice(list("abc"), 300)
    report = task_report([scored(t, p) for t, p in zip(truth, answers, strict=True)])
    assert report["accuracy"] == pytest.approx(metrics.accuracy_score(truth, answers))
    assert report["macro_f1"] == pytest.approx(metrics.f1_score(truth, answers, average="macro"))
    assert report["confusion"]["matrix"] == metrics.confusion_matrix(truth, answers).tolist()


def test_auroc_agrees_with_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(2)
    higher, lower = random.integers(0, 12, 80) / 10, random.integers(0, 9, 50) / 10
    expected = metrics.roc_auc_score([1] * 80 + [0] * 50, np.concatenate([higher, lower]))
    assert auroc(higher, lower) == pytest.approx(expected)
    assert auroc(higher, np.array([])) is None


def test_calibration_error_of_a_perfect_and_of_an_overconfident_model():
    confidence = np.repeat([0.75, 0.25], 100)
    correct = np.concatenate([np.arange(100) < 75, np.arange(100) < 25])
    assert expected_calibration_error(confidence, correct) == pytest.approx(0)
    assert expected_calibration_error(np.ones(10), np.arange(10) < 4) == pytest.approx(0.6)
    assert expected_calibration_error(np.array([]), np.array([], bool)) is None


def test_reliability_has_a_point_for_each_bin_that_holds_anything_and_gives_the_calibration_error():
    confidence = np.array([0.02, 0.41, 0.45, 0.95, 1.0])
    correct = np.array([False, True, False, True, True])
    points = reliability(confidence, correct)
    assert [(point["count"], point["accuracy"]) for point in points] == [(1, 0.0), (2, 0.5), (2, 1.0)]
    assert (points[1]["from"], points[1]["to"]) == (pytest.approx(0.4), pytest.approx(7 / 15))
    assert points[1]["confidence"] == pytest.approx(0.43)
    weighted = sum(abs(point["confidence"] - point["accuracy"]) * point["count"] for point in points)
    assert weighted / 5 == pytest.approx(expected_calibration_error(confidence, correct))
    assert reliability(np.array([]), np.array([], bool)) == []


def test_wilson_interval_matches_the_published_example():
    # Newcombe 1998, table I: 81 of 263.
    low, high = wilson_interval(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert wilson_interval(0, 10)[0] == pytest.approx(0.0)
    assert wilson_interval(10, 10)[1] == pytest.approx(1.0)


def test_evaluate_skips_unknown_labels_and_counts_out_of_scope_for_abstention_alone():
    inquiries = [
        labelled(category="billing", sentiment="neutral"),
        labelled(category="hr", urgency="low"),
        labelled(category="billing", out_of_scope=True),
    ]
    predictions = [predicted("billing", 0.9), predicted("sales", 0.5, abstained=True), predicted("hr", 0.6)]
    report = evaluate(inquiries, predictions)
    assert report["category"]["n"] == 2
    assert report["category"]["accuracy"] == 0.5
    assert report["sentiment"]["n"] == report["urgency"]["n"] == 1
    assert report["abstention"] == {
        "rate": 0.5,
        "accuracy_decided": 1.0,
        "decided": 1,
        "out_of_scope": 1,
        "out_of_scope_abstained": 0.0,
        "auroc": 0.5,
    }


def test_evaluate_without_any_label_has_no_figures():
    report = evaluate([labelled()], [predicted("hr", 0.5)])
    assert report["category"]["n"] == 0
    assert report["category"]["accuracy"] is report["category"]["ece"] is report["category"]["macro_f1"] is None


def test_task_report_tells_lengths_apart():
    answers = [(3, True), (10, False), (11, True), (200, True), (None, True)]
    scored = [
        Scored(truth="hr", predicted="hr" if right else "legal", confidence=0.9, language="en", length=length)
        for length, right in answers
    ]
    found = {name: (figures["n"], figures["accuracy"]) for name, figures in task_report(scored)["per_length"].items()}
    assert found == {"up to 10 words": (2, 0.5), "11-30": (1, 1.0), "over 80": (1, 1.0)}

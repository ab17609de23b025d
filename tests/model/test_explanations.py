"""Explanations of the bundle that comes with the package: they name the words without which it would say otherwise."""

import statistics
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry

from benchmarks.explanations import faithfulness, sample
from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE, load_bundle
from inquiry_pipeline.nlp.cache import LocalCache
from inquiry_pipeline.nlp.predictor import Predictor, PredictorOptions
from inquiry_pipeline.telemetry.metrics import Metrics

_RECEIVED = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def predictor():
    predictor = Predictor(None, PredictorOptions(threads=2), Metrics(CollectorRegistry()).model, LocalCache(0))
    yield predictor
    predictor.close()


def heaviest(explanation, task):
    text = explanation.text
    return [text[span.start : span.end] for span in getattr(explanation, task).words if span.weight > 0][:3]


def test_removing_the_named_words_costs_more_than_removing_others(predictor, repository):
    messages = sample(repository / "data" / "written", DEFAULT_BUNDLE, count=12)
    explanations = [predictor.explain(message) for message in messages]
    for task, falls in faithfulness(load_bundle(DEFAULT_BUNDLE), explanations, top=3, draws=3).items():
        assert len(falls) >= 8, task
        named = statistics.fmean(fall.named for fall in falls)
        by_chance = statistics.fmean(fall.by_chance for fall in falls)
        assert named > by_chance + 0.1, task
        assert sum(fall.named > fall.by_chance for fall in falls) >= 0.8 * len(falls), task


@pytest.mark.parametrize(
    ("body", "task", "label", "word"),
    [
        ("Good morning. My name is Kim and I live in Leeds. I want a refund.", "category", "billing", "refund"),
        ("The parcel came on Monday. I am furious about it. It was a blue one.", "sentiment", "negative", "furious"),
        ("Here is the form you sent. We must have your answer by tomorrow noon.", "urgency", "high", "tomorrow"),
    ],
)
def test_the_obvious_word_is_among_the_heaviest(predictor, body, task, label, word):
    explanation = predictor.explain(Message(body=body, received_at=_RECEIVED))
    assert getattr(explanation, task).label == label
    assert any(word in words for words in heaviest(explanation, task))


def test_what_speaks_for_another_answer_weighs_against(predictor):
    body = (
        "I was charged twice for March, please refund one payment. By the way, your new design is beautiful, thank you!"
    )
    sentiment = predictor.explain(Message(body=body)).sentiment
    assert sentiment.words
    speak_against = [span for span in sentiment.words if span.weight < 0]
    assert speak_against
    assert all(span.towards != sentiment.label for span in speak_against)

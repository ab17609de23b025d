"""Explanations by a real predictor: the bundle's own answers, other models, keywords, and metrics."""

import shutil
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from inquiry_pipeline.core.explanation import Method
from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.nlp.backends import BackendOptions, ModelChoice, Task
from inquiry_pipeline.nlp.bundle import load_bundle
from inquiry_pipeline.nlp.cache import LocalCache
from inquiry_pipeline.nlp.encoder import Encoder
from inquiry_pipeline.nlp.explainer import MOST_PASSES
from inquiry_pipeline.nlp.heads import Head, save_heads
from inquiry_pipeline.nlp.keywords import KEYWORDS_VERSION
from inquiry_pipeline.nlp.manifest import HEADS, checksums, read_manifest, write_manifest
from inquiry_pipeline.nlp.occlusion import log_odds
from inquiry_pipeline.nlp.predictor import Predictor, PredictorOptions
from inquiry_pipeline.nlp.task_models import TaskModels
from inquiry_pipeline.telemetry.metrics import Metrics

BODY = "I was charged twice on my invoice. The service is terrible! Please refund the payment by tomorrow."
RECEIVED = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
TASKS = ("category", "sentiment", "urgency")


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def build(tiny_bundle, registry):
    built = []

    metrics = Metrics(registry).model

    def make(folder=tiny_bundle, **choices):
        models = TaskModels({Task(task): choice for task, choice in choices.items()}, BackendOptions(), metrics)
        predictor = Predictor(folder, PredictorOptions(threads=2), metrics, LocalCache(), models)
        built.append(predictor)
        return predictor

    yield make
    for predictor in built:
        predictor.close()


@pytest.fixture(scope="module")
def shared(tiny_bundle):
    predictor = Predictor(tiny_bundle, PredictorOptions(threads=1), Metrics(CollectorRegistry()).model, LocalCache())
    yield predictor
    predictor.close()


def spans_of(explanation):
    return [
        span
        for task in TASKS
        for level in ("sentences", "words")
        for span in getattr(getattr(explanation, task), level)
    ]


def labels_of(explanation):
    return [getattr(explanation, task).label for task in TASKS]


def test_an_explanation_is_of_what_the_predictor_says(build):
    predictor = build()
    message = Message(subject="Re: Invoice", body=f"<p>{BODY}</p>", received_at=RECEIVED)
    [prediction] = predictor.predict([message])
    explanation = predictor.explain(message)
    assert explanation.text == f"Invoice\n{BODY}"
    assert labels_of(explanation) == [prediction.category, prediction.sentiment, prediction.urgency]
    assert explanation.model_version == prediction.model_version
    assert explanation.urgency_rules == prediction.urgency_reasons[:-1]
    assert explanation.method is Method.OCCLUSION
    assert 10 < explanation.passes <= MOST_PASSES


def test_a_weight_is_what_the_model_says_without_the_words(build, tiny_bundle):
    bundle = load_bundle(tiny_bundle)
    explanation = build().explain(Message(body=BODY))
    task = explanation.category
    whole = bundle.heads.answer(bundle.encoder.embed(BODY), "en").category
    assert task.words
    for span in task.words:
        text = BODY[: span.start] + BODY[span.end :]
        without = bundle.heads.answer(bundle.encoder.embed(text), "en").category
        fall = log_odds(whole[task.label]) - log_odds(without[task.label])
        assert span.weight == pytest.approx(fall, abs=1e-2)


def test_a_deadline_moves_the_urgency_by_the_rules(build):
    message = Message(body="i cannot work and need the corrected numbers by tomorrow", received_at=RECEIVED)
    explanation = build().explain(message)
    words = {explanation.text[span.start : span.end]: span for span in explanation.urgency.words}
    assert explanation.urgency.label == "high"
    assert words["by tomorrow"].weight == max(span.weight for span in explanation.urgency.words) > 1


def test_explanations_are_the_same_every_time_and_count_as_no_predictions(build, registry):
    predictor = build()
    first = predictor.explain(Message(body=BODY))
    assert predictor.explain(Message(body=BODY)) == first
    sample = registry.get_sample_value
    assert sample("inquiry_model_explanations_total", {"method": "occlusion"}) == 2
    assert sample("inquiry_model_explanation_passes_total") == 2 * first.passes
    assert sample("inquiry_model_explanation_seconds_count") == 2
    assert sample("inquiry_model_inference_seconds_count") == 0
    assert sample("inquiry_prediction_cache_lookups_total", {"result": "miss"}) == 0


@pytest.mark.parametrize(
    "body",
    [
        "",
        " \n ",
        "?!",
        "x",
        "😀👍🏽",
        "\ud800",
        "e\u0301" * 25_000,
        "x" * 50_000,
        "word " * 10_000,
        "a. " * 16_000,
        "\n".join("ab" * 20_000),
        "名前" * 25_000,
        "<p>" * 10_000 + "invoice",
        "> only a quotation\n> of an invoice",
        "I was charged twice. " * 2_400,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_whatever_is_sent_is_explained_within_bounds(shared, body):
    explanation = shared.explain(Message(body=body))
    assert explanation.method is Method.OCCLUSION
    assert explanation.passes <= MOST_PASSES
    for span in spans_of(explanation):
        assert 0 <= span.start < span.end <= len(explanation.text)
        assert explanation.text[span.start : span.end].strip()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.text(max_size=200) | st.lists(st.sampled_from(BODY.split()), max_size=150).map(" ".join),
    subject=st.none() | st.text(max_size=40),
)
def test_every_span_lies_in_the_text_and_is_made_of_words(shared, body, subject):
    explanation = shared.explain(Message(subject=subject, body=body, received_at=RECEIVED))
    assert explanation.method is Method.OCCLUSION
    for span in spans_of(explanation):
        words = explanation.text[span.start : span.end]
        assert words == words.strip() != ""
        assert span.towards


def test_what_is_left_out_of_a_long_text_is_marked_as_unread(build):
    numbers = "0 1 2 3 4 5 6 7 8 9 " * 20
    explanation = build().explain(Message(body=f"{BODY} {numbers}"))
    assert explanation.unread
    left_out = "".join(explanation.text[start:end] for start, end in explanation.unread)
    assert len(left_out) > len(numbers) / 2
    assert set(left_out) <= set("0123456789 ")
    assert not any(
        span.start < end and start < span.end
        for start, end in explanation.unread
        for task in TASKS
        for span in getattr(explanation, task).words
    )
    assert build().explain(Message(body="Invoice first. Refund last.")).unread == ()


def test_keywords_explain_where_there_is_no_bundle(build, tmp_path, registry):
    predictor = build(tmp_path / "none")
    message = Message(body="No rush: my Invoice and the login are awful, not great.", received_at=RECEIVED)
    [prediction] = predictor.predict([message])
    explanation = predictor.explain(message)
    assert (explanation.method, explanation.model_version) == (Method.KEYWORDS, KEYWORDS_VERSION)
    assert labels_of(explanation) == [prediction.category, prediction.sentiment, prediction.urgency]
    assert explanation.urgency_rules == prediction.urgency_reasons[:-1] == ('No rush: "No rush"',)
    told = {explanation.text[span.start : span.end]: span.towards for span in explanation.category.words}
    assert told == {"Invoice": "billing", "login": "technical_support"}
    against = [span for span in explanation.category.words if span.weight < 0]
    assert [span.towards != explanation.category.label for span in against] == [True]
    assert registry.get_sample_value("inquiry_model_explanations_total", {"method": "keywords"}) == 1


def test_keywords_say_where_they_know_no_word(build, tmp_path):
    explanation = build(tmp_path / "none").explain(Message(body="Hm."))
    assert [getattr(explanation, task).words for task in TASKS] == [(), (), ()]
    assert explanation.category.note == "The keyword rules know none of the words."


def test_keywords_explain_where_the_model_fails_on_a_text(build, monkeypatch, caplog):
    def fail(self, ids):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(Encoder, "embed_ids", fail)
    explanation = build().explain(Message(body="My invoice is wrong."))
    assert explanation.method is Method.KEYWORDS
    assert "out of memory" in caplog.text


def test_a_closed_predictor_does_not_explain(build):
    predictor = build()
    predictor.close()
    with pytest.raises(RuntimeError, match="closed"):
        predictor.explain(Message(body=BODY))


def test_another_bundle_that_answers_a_task_is_explained_itself(build, tiny_bundle, tmp_path):
    other = _reversed_bundle(tiny_bundle, tmp_path / "other")
    predictor = build(category=ModelChoice(name=str(other)))
    message = Message(body="i was charged twice on my invoice")
    [prediction] = predictor.predict([message])
    explanation = predictor.explain(message)
    assert explanation.category.label == prediction.category
    assert explanation.model_version == prediction.model_version
    assert explanation.passes <= MOST_PASSES
    alone = build().explain(message)
    assert explanation.category != alone.category
    assert explanation.sentiment == alone.sentiment


def test_bundles_that_answer_all_tasks_are_explained_themselves(build, tiny_bundle, tmp_path):
    other = ModelChoice(name=str(_reversed_bundle(tiny_bundle, tmp_path / "other")))
    explanation = build(category=other, sentiment=other, urgency=other).explain(Message(body=BODY))
    assert explanation.method is Method.OCCLUSION
    assert all(spans_of(explanation))


def test_a_model_that_is_too_slow_to_be_asked_again_is_named(build, monkeypatch):
    class Slow:
        version = "slow-1"
        languages = frozenset({"en"})
        texts_at_once = 1

        def threshold(self, label, language):
            return 0.5

        def answer(self, texts):
            raise AssertionError("must not be asked for an explanation")

    monkeypatch.setattr(TaskModels, "ready", lambda self: {Task.SENTIMENT: Slow()})
    explanation = build().explain(Message(body=BODY))
    assert explanation.sentiment.label is None
    assert explanation.sentiment.note == "slow-1 answers this task, and is too slow to be asked many times."
    assert explanation.category.words
    assert explanation.model_version.endswith("+sentiment=slow-1")


def test_a_prediction_waits_for_one_pass_of_an_explanation_at_most(tiny_bundle, monkeypatch):
    metrics = Metrics(CollectorRegistry())
    predictor = Predictor(tiny_bundle, PredictorOptions(threads=1), metrics.model, LocalCache(0))
    predictor.warm_up()
    order, started, go_on = [], threading.Event(), threading.Event()
    embed = Encoder.embed_ids

    def slow(self, ids):
        started.set()
        assert go_on.wait(10)
        order.append(len(ids))
        return embed(self, ids)

    monkeypatch.setattr(Encoder, "embed_ids", slow)
    explaining = threading.Thread(target=predictor.explain, args=[Message(body=BODY)])
    predicting = threading.Thread(target=predictor.predict, args=[[Message(body="invoice " * 8)]])
    explaining.start()
    assert started.wait(10)
    predicting.start()
    while not predictor._pool._interactive:
        time.sleep(0.001)
    go_on.set()
    predicting.join(10)
    explaining.join(10)
    predictor.close()
    assert order.index(10) == 1
    assert len(order) > 10


def _reversed_bundle(tiny_bundle, folder):
    """The small bundle with heads that say the opposite; another version for it."""
    shutil.copytree(tiny_bundle, folder)
    manifest = read_manifest(folder)
    with np.load(folder / HEADS) as arrays:
        heads = {
            task: Head(labels=labels, weight=-arrays[f"{task}.weight"], bias=arrays[f"{task}.bias"])
            for task, labels in manifest.labels.items()
        }
    save_heads(folder / HEADS, heads)
    write_manifest(folder, replace(manifest, checksums=checksums(folder)))
    return folder

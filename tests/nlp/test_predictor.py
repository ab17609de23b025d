import logging
import random
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry

from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.nlp.bundle import load_bundle
from inquiry_pipeline.nlp.cache import CacheError, LocalCache
from inquiry_pipeline.nlp.encoder import Encoder
from inquiry_pipeline.nlp.manifest import ENCODER
from inquiry_pipeline.nlp.predictor import Predictor, PredictorOptions
from inquiry_pipeline.telemetry.metrics import Metrics

TEXTS = [
    "i was charged twice on my invoice",
    "password does not work",
    "great work, love it",
    "production is down for all customers now " * 8,
    "a quote for licences please",
    "x",
    "",
    "gdpr request to delete personal data " * 30,
]


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def build(tiny_bundle, registry):
    built = []

    def make(folder=tiny_bundle, cache=None, **options):
        options = {"threads": 2, **options}
        cache = cache or LocalCache()
        predictor = Predictor(folder, PredictorOptions(**options), Metrics(registry).model, cache)
        built.append(predictor)
        return predictor

    yield make
    for predictor in built:
        predictor.close()


class NoCache:
    def get_many(self, keys):
        return [None] * len(keys)

    def put_many(self, predictions):
        pass

    def ping(self):
        return 0.0


class BrokenCache:
    def get_many(self, keys):
        raise CacheError("down")

    def put_many(self, predictions):
        raise CacheError("down")

    def ping(self):
        raise CacheError("down")


def test_predict_answers_in_the_order_of_the_messages(build):
    predictor = build()
    predictions = predictor.predict([Message(body=text) for text in TEXTS])
    assert len(predictions) == len(TEXTS)
    assert predictions[0].category == "billing"
    assert predictions[1].category == "technical_support"
    assert predictions == [predictor.predict([Message(body=text)])[0] for text in TEXTS]


def test_predict_of_nothing_is_nothing(build):
    assert build().predict([]) == []


def test_predict_gives_the_same_answer_in_any_company(build):
    predictor = build(cache=NoCache())
    messages = [Message(body=text) for text in TEXTS]
    alone = [predictor.predict([message])[0] for message in messages]
    for seed in range(5):
        order = list(range(len(messages)))
        random.Random(seed).shuffle(order)
        together = predictor.predict([messages[index] for index in order], interactive=False)
        assert together == [alone[index] for index in order]


def test_predict_gives_the_same_answer_under_concurrency(build):
    predictor = build(cache=NoCache())
    alone = {text: predictor.predict([Message(body=text)])[0] for text in TEXTS}
    with ThreadPoolExecutor(16) as threads:
        for text, answer in zip(
            TEXTS * 20, threads.map(lambda t: predictor.predict([Message(body=t)])[0], TEXTS * 20), strict=True
        ):
            assert answer == alone[text]


def test_predict_runs_the_model_once_for_identical_texts(build, registry):
    predictor = build()
    predictor.predict([Message(body="password does not work")] * 10)
    predictor.predict([Message(body="password  does not work\n")])
    assert registry.get_sample_value("inquiry_model_inference_seconds_count") == 1
    assert registry.get_sample_value("inquiry_prediction_cache_lookups_total", {"result": "hit"}) == 1


def test_predict_reads_a_deadline_by_the_time_of_receipt_though_the_text_is_cached(build, registry):
    predictor = build()
    text = "the form is due on 25 november"
    moments = [datetime(2026, 11, day, 12, tzinfo=UTC) for day in (24, 2, 26, 24)]
    predictions = [predictor.predict([Message(body=text, received_at=moment)])[0] for moment in moments]
    together = predictor.predict([Message(body=text, received_at=moment) for moment in moments])
    assert registry.get_sample_value("inquiry_model_inference_seconds_count") == 1
    assert together == predictions
    assert predictions[0] == predictions[3]
    assert "36 hours after" in predictions[0].urgency_reasons[0]
    assert "23 days after" in predictions[1].urgency_reasons[0]
    assert len(predictions[2].urgency_reasons) == 1
    assert predictions[0].urgency_probabilities == predictions[2].urgency_probabilities


def test_predict_answers_without_the_rules_of_urgency_where_they_fail(build, monkeypatch, caplog):
    def with_rules(prediction, text, received_at):
        raise RecursionError("a pattern choked")

    monkeypatch.setattr("inquiry_pipeline.nlp.predictor.with_rules", with_rules)
    with caplog.at_level(logging.ERROR):
        [prediction] = build().predict([Message(body="refund the invoice")])
    assert prediction.category == "billing"
    assert "a pattern choked" in caplog.text


def test_keyword_answers_follow_the_rules_of_urgency_too(build, tmp_path):
    message = Message(body="All our branches are down.", received_at=datetime(2026, 11, 24, 12, tzinfo=UTC))
    [prediction] = build(tmp_path / "nowhere").predict([message])
    assert prediction.urgency_reasons == (
        'Outage of many: "All our branches are down"',
        f"Keywords: medium ({prediction.urgency_probabilities['medium']:.2f})",
    )


def test_predict_goes_on_without_its_cache(build, registry):
    prediction = build(cache=BrokenCache()).predict([Message(body=TEXTS[0])])[0]
    assert prediction.category == "billing"
    assert not prediction.degraded
    assert registry.get_sample_value("inquiry_prediction_cache_lookups_total", {"result": "error"}) > 0


def test_predict_loads_one_bundle_for_many_threads(build, monkeypatch):
    loads = []

    def load(folder):
        loads.append(folder)
        time.sleep(0.05)
        return real(folder)

    real = load_bundle
    monkeypatch.setattr("inquiry_pipeline.nlp.predictor.load_bundle", load)
    predictor = build()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: predictor.predict([Message(body="hello")]), range(8)))
    assert len(loads) == 1


def test_predict_answers_by_keywords_without_a_bundle(build, registry, tmp_path, caplog):
    predictor = build(tmp_path / "nowhere")
    with caplog.at_level(logging.ERROR):
        predictions = predictor.predict([Message(body="I want a refund for this invoice")] * 3)
        predictor.predict([Message(body="again")])
    assert all(p.degraded and p.category == "billing" and p.model_version == "keywords-1" for p in predictions)
    assert registry.get_sample_value("inquiry_model_fallbacks_total", {"reason": "bundle"}) == 4
    assert len(caplog.records) == 1
    status = predictor.status()
    assert status.state == "degraded"
    assert "no model bundle" in (status.error or "")


def test_predict_recovers_when_the_bundle_appears(build, tiny_bundle, tmp_path):
    folder = tmp_path / "late"
    predictor = build(folder, retry_seconds=0.05)
    assert predictor.predict([Message(body="refund")])[0].degraded
    shutil.copytree(tiny_bundle, folder)
    time.sleep(0.06)
    assert not predictor.predict([Message(body="refund")])[0].degraded
    assert predictor.status().state == "ready"


def test_predict_does_not_retry_a_damaged_bundle_at_once(build, tiny_bundle, tmp_path, monkeypatch):
    folder = shutil.copytree(tiny_bundle, tmp_path / "damaged")
    (folder / ENCODER).write_bytes(b"damaged")
    predictor = build(folder)
    assert predictor.predict([Message(body="refund")])[0].degraded
    monkeypatch.setattr("inquiry_pipeline.nlp.predictor.load_bundle", lambda folder: pytest.fail("retried"))
    assert predictor.predict([Message(body="refund")])[0].degraded


def test_predict_falls_back_for_the_failing_message_alone(build, registry, monkeypatch, tiny_bundle):
    real = Encoder.embed_ids
    poison = load_bundle(tiny_bundle).encoder.token_ids("poison refund")

    def embed_ids(self, ids):
        if ids == poison:
            raise RuntimeError("the model choked")
        return real(self, ids)

    monkeypatch.setattr(Encoder, "embed_ids", embed_ids)
    predictor = build()
    bodies = ["invoice charged twice", "poison refund", "password does not work"]
    degraded = [p.degraded for p in predictor.predict([Message(body=body) for body in bodies])]
    assert degraded == [False, True, False]
    assert registry.get_sample_value("inquiry_model_fallbacks_total", {"reason": "inference"}) == 1
    monkeypatch.setattr(Encoder, "embed_ids", real)
    # What keyword rules said is not remembered.
    assert not predictor.predict([Message(body="poison refund")])[0].degraded


def test_predict_answers_even_without_language_detection(build, monkeypatch):
    def detect(self, text):
        raise OSError("the model file is gone")

    monkeypatch.setattr("inquiry_pipeline.nlp.language.LanguageDetector.detect", detect)
    [prediction] = build().predict([Message(body="refund the invoice")])
    assert (prediction.degraded, prediction.category, prediction.language) == (True, "billing", "und")


def test_predict_survives_a_text_that_cannot_be_tokenized(build, monkeypatch):
    real = Encoder.token_ids

    def token_ids(self, text):
        if "poison" in text:
            raise ValueError("no tokens")
        return real(self, text)

    monkeypatch.setattr(Encoder, "token_ids", token_ids)
    predictions = build().predict([Message(body="poison refund"), Message(body="password does not work")])
    assert [prediction.degraded for prediction in predictions] == [True, False]


def test_predict_lets_requests_pass_bulk_work(build, monkeypatch, tiny_bundle):
    started = threading.Event()
    order: list[list[int]] = []
    real = Encoder.embed_ids

    def slow(self, ids):
        order.append(ids)
        started.set()
        time.sleep(0.01)
        return real(self, ids)

    monkeypatch.setattr(Encoder, "embed_ids", slow)
    predictor = build(threads=1, cache=NoCache())
    bulk = [Message(body=f"invoice number {n}") for n in range(60)]
    with ThreadPoolExecutor(1) as threads:
        under_way = threads.submit(lambda: predictor.predict(bulk, interactive=False))
        started.wait(5)
        predictor.predict([Message(body="urgent question")])
        position = order.index(load_bundle(tiny_bundle).encoder.token_ids("urgent question"))
        under_way.result()
    assert position < 40


def test_warm_up_makes_it_ready(build):
    predictor = build()
    assert predictor.status().state == "loading"
    status = predictor.warm_up()
    assert status.state == "ready"
    assert status.version.startswith("tiny-")


def test_warm_up_without_a_bundle_does_not_raise(build, tmp_path):
    assert build(tmp_path).warm_up().state == "degraded"


def test_predict_after_close_raises(build):
    predictor = build()
    predictor.close()
    with pytest.raises(RuntimeError, match="closed"):
        predictor.predict([Message(body="hello")])


def test_close_ends_the_threads(build):
    others = set(threading.enumerate())
    predictor = build(threads=3)
    predictor.predict([Message(body=text) for text in TEXTS])
    assert set(threading.enumerate()) - others
    predictor.close()
    assert not set(threading.enumerate()) - others

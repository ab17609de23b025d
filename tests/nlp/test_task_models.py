import logging
import shutil
import time
from importlib.util import find_spec

import pytest
from prometheus_client import CollectorRegistry

from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.nlp.backends import BackendOptions, ModelChoice, Task
from inquiry_pipeline.nlp.bundle import load_bundle
from inquiry_pipeline.nlp.bundle_backend import BundleBackend
from inquiry_pipeline.nlp.cache import LocalCache
from inquiry_pipeline.nlp.predictor import Predictor, PredictorOptions
from inquiry_pipeline.nlp.task_models import TaskModels
from inquiry_pipeline.telemetry.metrics import Metrics
from tests.support.tiny_bundle import make_tiny_bundle

ENGLISH = "i was charged twice on my invoice and the refund of the payment is wrong"
GERMAN = "Guten Tag, ich kann mich seit heute Morgen nicht mehr anmelden, bitte helfen Sie mir mit dem Passwort."


@pytest.fixture(scope="module")
def other_bundle(tmp_path_factory):
    """A bundle that decides nothing and reads English alone: easily told from the small one."""
    return make_tiny_bundle(tmp_path_factory.mktemp("other") / "bundle", thresholds=1.0, languages=("en",))


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def build(tiny_bundle, registry):
    built = []
    metrics = Metrics(registry).model

    def make(*, bundle=tiny_bundle, cache=None, options=None, **folders):
        choices = {Task(task): ModelChoice(name=str(folder)) for task, folder in folders.items()}
        tasks = TaskModels(choices, options or BackendOptions(), metrics)
        built.append(Predictor(bundle, PredictorOptions(threads=2), metrics, cache or LocalCache(), tasks))
        return built[-1]

    yield make
    for predictor in built:
        predictor.close()


def counted(registry, task, outcome):
    return registry.get_sample_value("inquiry_model_backend_answers_total", {"task": task, "outcome": outcome}) or 0


def ask(predictor, *texts, **options):
    return predictor.predict([Message(body=text) for text in texts], **options)


def test_a_model_of_a_task_answers_that_task_alone(build, registry, other_bundle):
    [prediction] = ask(build(category=other_bundle), ENGLISH)
    [expected] = ask(build(), ENGLISH)
    other = load_bundle(other_bundle)
    assert prediction.probabilities == other.heads.answer(other.encoder.embed(ENGLISH), "en").category
    assert prediction.category == "billing"
    assert prediction.abstained
    assert not expected.abstained
    assert prediction.sentiment_probabilities == expected.sentiment_probabilities
    assert prediction.urgency_reasons == expected.urgency_reasons
    assert prediction.model_version == f"{expected.model_version}+category={other.model_version}"
    assert not prediction.degraded
    assert counted(registry, "category", "answered") == 1


def test_answers_keep_the_order_of_the_messages(build, other_bundle):
    predictor = build(category=other_bundle, sentiment=other_bundle, urgency=other_bundle)
    texts = [f"{ENGLISH} number {number}" for number in range(70)] + [GERMAN]
    together = ask(predictor, *texts, interactive=False)
    fresh = build(category=other_bundle, sentiment=other_bundle, urgency=other_bundle)
    assert together == [ask(fresh, text)[0] for text in texts]
    assert together[0].model_version.count("+") == 3


def test_the_bundle_answers_languages_that_the_model_does_not_read(build, registry, other_bundle):
    english, german = ask(build(category=other_bundle), ENGLISH, GERMAN)
    assert (english.language, german.language) == ("en", "de")
    assert "+category=" in english.model_version
    assert "+" not in german.model_version
    assert counted(registry, "category", "language") == 1


def test_the_bundle_answers_for_a_model_that_cannot_be_loaded(build, registry, tmp_path, caplog):
    (tmp_path / "manifest.json").write_text("{}")
    predictor = build(category=tmp_path)
    with caplog.at_level(logging.WARNING):
        predictions = ask(predictor, ENGLISH, GERMAN)
        ask(predictor, ENGLISH)
    assert all("+" not in prediction.model_version and not prediction.degraded for prediction in predictions)
    assert predictions[0].category == "billing"
    assert counted(registry, "category", "unavailable") == 2
    assert len(caplog.records) == 1
    status = predictor.status()
    assert status.state == "degraded"
    assert "The model for category is not in use, the bundle answers: " in status.error
    assert "manifest.json" in status.error


@pytest.mark.skipif(find_spec("transformers") is not None, reason="transformers is installed here")
def test_a_model_of_the_hub_without_transformers_says_what_is_missing(build, registry):
    predictor = build(category="facebook/bart-large-mnli", sentiment="cardiffnlp/twitter-roberta-base-sentiment-latest")
    [prediction] = ask(predictor, ENGLISH)
    assert (prediction.category, prediction.degraded) == ("billing", False)
    assert predictor.status().error.startswith(
        "The model for category is not in use, the bundle answers: facebook/bart-large-mnli needs the extra "
        "`transformers` of this package and torch, which are not installed (No module named"
    )
    assert "The model for sentiment is not in use" in predictor.status().error
    assert counted(registry, "category", "unavailable") == counted(registry, "sentiment", "unavailable") == 1


def test_a_model_that_appears_is_used_from_the_next_attempt_on(build, other_bundle, tmp_path):
    folder = tmp_path / "late"
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")
    predictor = build(category=folder, options=BackendOptions(retry_seconds=0.05))
    assert "+" not in ask(predictor, ENGLISH)[0].model_version
    shutil.copytree(other_bundle, folder, dirs_exist_ok=True)
    deadline = time.monotonic() + 10
    while "+" not in ask(predictor, ENGLISH)[0].model_version:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert predictor.status().state == "ready"
    assert predictor.status().error is None
    assert "+category=" in predictor.status().version


def test_a_failing_message_gets_the_bundle_s_answer_and_takes_no_other_with_it(
    build, registry, monkeypatch, other_bundle
):
    real = BundleBackend._answer

    def answer(self, item):
        if "poison" in item.text:
            raise RuntimeError("the model choked")
        return real(self, item)

    monkeypatch.setattr(BundleBackend, "_answer", answer)
    predictor = build(category=other_bundle)
    texts = [ENGLISH, f"poison {ENGLISH}", f"{ENGLISH} please"]
    predictions = ask(predictor, *texts)
    assert ["+category=" in prediction.model_version for prediction in predictions] == [True, False, True]
    assert not predictions[1].degraded
    assert not predictions[1].abstained
    assert counted(registry, "category", "failed") == 1
    assert counted(registry, "category", "answered") == 2
    monkeypatch.setattr(BundleBackend, "_answer", real)
    # What stood in for the model is not remembered.
    assert "+category=" in ask(predictor, texts[1])[0].model_version


def test_keywords_answer_only_what_no_model_does(build, registry, other_bundle, tmp_path):
    [partly] = ask(build(bundle=tmp_path / "nowhere", category=other_bundle), ENGLISH)
    assert partly.degraded
    assert partly.model_version.startswith("keywords-1+category=")
    [wholly] = ask(
        build(bundle=tmp_path / "nowhere", category=other_bundle, sentiment=other_bundle, urgency=other_bundle), ENGLISH
    )
    assert not wholly.degraded
    assert wholly.model_version.startswith("keywords-1+category=")


def test_the_cache_knows_which_models_answered(build, registry, other_bundle):
    cache = LocalCache()
    [plain] = ask(build(cache=cache), ENGLISH)
    with_model = build(cache=cache, category=other_bundle)
    assert ask(with_model, ENGLISH)[0].probabilities is not plain.probabilities
    assert counted(registry, "category", "answered") == 1
    assert ask(with_model, ENGLISH)[0].model_version != plain.model_version
    assert counted(registry, "category", "answered") == 1


def test_warm_up_loads_and_runs_every_model(build, registry, other_bundle):
    predictor = build(category=other_bundle, urgency=other_bundle)
    status = predictor.warm_up()
    assert status.state == "ready"
    assert status.version.count("+") == 2
    assert counted(registry, "category", "answered") == counted(registry, "urgency", "answered") == 1


def test_urgency_rules_have_their_say_on_a_model_s_urgency(build, other_bundle):
    [prediction] = ask(build(urgency=other_bundle), f"{ENGLISH}. no rush at all, whenever you have time")
    assert "+urgency=" in prediction.model_version
    assert any(reason.startswith("No rush") for reason in prediction.urgency_reasons)

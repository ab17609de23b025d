import json
import os
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch", reason="needs torch: make test-torch")
transformers = pytest.importorskip("transformers", reason="needs transformers: make test-torch")

from prometheus_client import CollectorRegistry  # noqa: E402

from inquiry_pipeline.core.inquiry import Message  # noqa: E402
from inquiry_pipeline.settings import load_settings  # noqa: E402
from inquiry_pipeline.telemetry.metrics import Metrics  # noqa: E402
from inquiry_pipeline.wiring import build_predictor  # noqa: E402
from tests.hub.building import COMMIT, as_hub_cache, save_bart, save_roberta  # noqa: E402

BART = "facebook/bart-large-mnli"
ROBERTA = "cardiffnlp/twitter-roberta-base-sentiment-latest"
ENGLISH = "i was charged twice on my invoice and the refund of the payment is wrong"
GERMAN = "Guten Tag, ich kann mich seit heute Morgen nicht mehr anmelden, bitte helfen Sie mir mit dem Passwort."


@pytest.fixture(scope="module")
def hf_home(tmp_path_factory):
    """A home of the hub's library that holds both models under their names."""
    folder = tmp_path_factory.mktemp("models")
    as_hub_cache(save_bart(folder / "bart"), folder / "home" / "hub", BART)
    as_hub_cache(save_roberta(folder / "roberta"), folder / "home" / "hub", ROBERTA)
    return folder / "home"


def classify(*arguments, **environment):
    """`inquiry classify --json` as its own process; what it answers and what it says beside."""
    program = [sys.executable, "-m", "inquiry_pipeline.entrypoints.cli", "classify", "--json", *arguments]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(program, env=kept | environment, capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout), done.stderr


@pytest.fixture
def models(tiny_bundle, hf_home):
    return {
        "INQUIRY_BUNDLE_DIR": str(tiny_bundle),
        "INQUIRY_CATEGORY_MODEL": f"zero-shot:{BART}",
        "INQUIRY_SENTIMENT_MODEL": f"classifier:{ROBERTA}",
        "INQUIRY_URGENCY_MODEL": BART,
        "HF_HOME": str(hf_home),
        "HF_HUB_OFFLINE": "1",
    }


@pytest.mark.parametrize("variable", ["HF_HOME", "TRANSFORMERS_CACHE"])
def test_classify_asks_the_models_that_the_environment_names(models, hf_home, variable):
    home = models.pop("HF_HOME")
    answer, said = classify(ENGLISH, **models, **{variable: home if variable == "HF_HOME" else f"{home}/hub"})
    assert said == ""
    for part in (f"+category=zero-shot:{BART}@{COMMIT[:10]}-", f"+sentiment=classifier:{ROBERTA}@", "+urgency="):
        assert part in answer["model_version"]
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    assert answer["abstained"] == (answer["confidence"] < 0.7)
    assert not answer["degraded"]


def test_classify_says_why_the_bundle_answers(models, tmp_path):
    answer, said = classify(ENGLISH, **models | {"HF_HOME": str(tmp_path)})
    assert answer["model_version"].startswith("tiny-")
    assert "+" not in answer["model_version"]
    assert f"The model for category is not in use, the bundle answers: The model {BART} cannot be loaded: " in said


def test_own_categories_come_from_a_file(models, tmp_path):
    words = tmp_path / "words.yaml"
    words.write_text("category: {labels: {returns: goods sent back, press: a journalist's question}}")
    answer, _ = classify(ENGLISH, **models, INQUIRY_LABEL_DESCRIPTIONS=str(words), INQUIRY_MODEL_THRESHOLD="0")
    assert set(answer["probabilities"]) == {"returns", "press"}
    assert not answer["abstained"]


def test_torch_is_not_loaded_where_no_model_needs_it(tiny_bundle):
    program = (
        "import sys; from inquiry_pipeline.settings import load_settings;"
        "from inquiry_pipeline.wiring import build_metrics, build_predictor;"
        "predictor = build_predictor(load_settings(), build_metrics()); predictor.warm_up(); predictor.close();"
        "print(sorted({'torch', 'transformers', 'huggingface_hub'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"INQUIRY_BUNDLE_DIR": str(tiny_bundle)}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


@pytest.fixture
def predictor(monkeypatch, models):
    """The predictor that the settings ask for, and its registry."""
    for name, value in models.items():
        monkeypatch.setenv(name, value)
    registry = CollectorRegistry()
    predictor = build_predictor(load_settings(), Metrics(registry))
    yield predictor, registry
    predictor.close()


def test_other_languages_are_the_bundle_s(predictor):
    english, german = predictor[0].predict([Message(body=ENGLISH), Message(body=GERMAN)])
    assert english.model_version.count("+") == 3
    assert (german.language, german.model_version.count("+")) == ("de", 0)


def test_a_batch_gives_what_single_requests_give(predictor):
    texts = [f"{ENGLISH} {'again and ' * number}now" for number in range(11)]
    together = predictor[0].predict([Message(body=text) for text in texts], interactive=False)
    for text, found in zip(texts, together, strict=True):
        [alone] = predictor[0].predict([Message(body=f"{text} ")])  # the cache knows it
        assert alone == found
    registry = predictor[1]
    answered = registry.get_sample_value(
        "inquiry_model_backend_answers_total", {"task": "category", "outcome": "answered"}
    )
    assert answered == len(texts)


def test_weights_that_give_no_numbers_leave_the_answer_to_the_bundle(tiny_bundle, tmp_path, monkeypatch):
    folder = save_bart(tmp_path / "broken")
    model = transformers.BartForSequenceClassification.from_pretrained(folder)
    with torch.no_grad():
        model.classification_head.out_proj.weight.fill_(float("nan"))
    model.save_pretrained(folder)
    monkeypatch.setenv("INQUIRY_BUNDLE_DIR", str(tiny_bundle))
    monkeypatch.setenv("INQUIRY_CATEGORY_MODEL", str(folder))
    registry = CollectorRegistry()
    predictor = build_predictor(load_settings(), Metrics(registry))
    [prediction] = predictor.predict([Message(body=ENGLISH)])
    predictor.close()
    assert (prediction.category, prediction.model_version.count("+")) == ("billing", 0)
    assert (
        registry.get_sample_value("inquiry_model_backend_answers_total", {"task": "category", "outcome": "failed"}) == 1
    )

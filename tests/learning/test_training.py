import json

import numpy as np
import pytest

from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.learning.calibration import calibrated, fit_temperatures
from inquiry_pipeline.learning.datasets import LabelledInquiry
from inquiry_pipeline.learning.encoder import quantise
from inquiry_pipeline.learning.evidence import EVIDENCE, read_held_out
from inquiry_pipeline.learning.heads import TrainingSet, assign_folds
from inquiry_pipeline.learning.thresholds import Aim, outcome
from inquiry_pipeline.learning.training import HeadOptions, prepare, train_heads
from inquiry_pipeline.nlp.bundle import load_bundle
from inquiry_pipeline.nlp.heads import softmax
from inquiry_pipeline.nlp.manifest import read_manifest

WORDS = {
    "billing": "invoice refund charged payment",
    "hr": "salary leave payroll vacancy",
    "legal": "gdpr lawyer court contract",
    "product_feedback": "suggest feature feedback design",
    "sales": "quote pricing demo licences",
    "technical_support": "error crash password update",
}


def written(count=240):
    random = np.random.default_rng(3)
    for number in range(count):
        category = list(WORDS)[number % 6]
        mood, speed = number % 3, number % 4
        words = [str(word) for word in random.permutation(WORDS[category].split())]
        words += [["angry terrible", "question", "great love"][mood], ["outage", "urgent", "whenever", "fix"][speed]]
        yield LabelledInquiry(
            id=str(number),
            message=Message(body=f"{' '.join(words)} number {number} {number * 7}"),
            source=f"author{number % 7}",
            language="en",
            category=category,
            sentiment=["negative", "neutral", "positive"][mood],
            urgency=["critical", "high", "low", "medium"][speed],
        )
    for number in range(30):
        body = f"qwerty asdf lorem ipsum {number * 31} casino winner {number}"
        yield LabelledInquiry(
            id=f"o{number}", message=Message(body=body), source="oos", language="und", out_of_scope=True
        )


def test_train_heads_writes_a_bundle_that_serves(tiny_bundle, tmp_path):
    pytest.importorskip("sklearn")
    inquiries = list(written())
    report = train_heads(tiny_bundle, inquiries, tmp_path / "out", HeadOptions(name="test", max_tokens=64))
    assert report["category"]["accuracy"] > 0.8
    assert report["category"]["n"] == 240
    bundle = load_bundle(tmp_path / "out")
    assert bundle.model_version.startswith("test-")
    assert bundle.manifest.languages == ("en",)
    assert bundle.manifest.data["inquiries"] == 270
    answer = bundle.heads.answer(bundle.encoder.embed("refund the payment, charged invoice"), "en")
    assert max(answer.category, key=answer.category.__getitem__) == "billing"
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text())["category"] == report["category"]


def test_train_heads_keeps_the_held_out_answers_that_its_thresholds_come_from(tiny_bundle, tmp_path):
    pytest.importorskip("sklearn")
    inquiries = list(written())
    report = train_heads(tiny_bundle, inquiries, tmp_path / "out", HeadOptions(max_tokens=64, target_precision=0.9))
    manifest = read_manifest(tmp_path / "out")
    held_out = read_held_out(tmp_path / "out", manifest)
    assert len(held_out.right) == 270
    assert held_out.in_scope.sum() == 240
    assert held_out.right[held_out.in_scope].mean() == pytest.approx(report["category"]["accuracy"])
    assert not held_out.right[~held_out.in_scope].any()
    assert manifest.data["sources"][held_out.sources[0]] == inquiries[0].source
    assert b"invoice" not in (tmp_path / "out" / EVIDENCE).read_bytes()
    again = outcome(held_out, manifest.languages, Aim(precision=0.9))
    assert again.thresholds == manifest.thresholds
    assert again.decided == report["abstention"]["decided"]


def test_fit_temperatures_does_not_make_a_few_right_answers_certain():
    logits = np.eye(3, dtype=np.float32)[np.arange(12) % 3] * 5
    temperatures = fit_temperatures(logits, np.arange(12) % 3, ["en"] * 12)
    assert softmax(logits / np.float32(temperatures["*"])).max(axis=1) == pytest.approx(13 / 14, abs=0.01)


def test_training_twice_gives_the_same_answers(tiny_bundle, tmp_path):
    pytest.importorskip("sklearn")
    inquiries = list(written())
    for name in ("one", "two"):
        train_heads(tiny_bundle, inquiries, tmp_path / name, HeadOptions(max_tokens=64))
    one, two = (np.load(tmp_path / name / "heads.npz") for name in ("one", "two"))
    for name in one.files:
        np.testing.assert_allclose(one[name], two[name], atol=1e-5)


def test_assign_folds_keeps_sources_together_and_likes_apart(tiny_bundle):
    inquiries = list(written())
    training = prepare(tiny_bundle, inquiries, max_tokens=64)
    folds = assign_folds(training)
    for source in {inquiry.source for inquiry in inquiries} - {"oos"}:
        assert len({int(f) for f, inquiry in zip(folds, inquiries, strict=True) if inquiry.source == source}) == 1
    assert set(folds.tolist()) == {0, 1, 2, 3, 4}


def test_training_set_hides_labels_of_what_is_out_of_scope():
    inquiry = LabelledInquiry(id="1", message=Message(body="x"), source="s", category="hr", out_of_scope=True)
    training = TrainingSet(inquiries=[inquiry], embeddings=np.zeros((1, 2), np.float32), clusters=np.zeros(1, int))
    assert training.labels("category").tolist() == [""]
    assert training.labels("scope").tolist() == ["out"]


def test_fit_temperatures_makes_an_overconfident_model_honest():
    random = np.random.default_rng(5)
    honest = random.normal(0, 1.5, (4_000, 3)).astype(np.float32)
    truth = np.array([random.choice(3, p=row / row.sum()) for row in softmax(honest).astype(float)])
    temperatures = fit_temperatures(honest * 4, truth, ["en"] * 4_000)
    assert temperatures["en"] == pytest.approx(4, rel=0.12)
    np.testing.assert_allclose(
        calibrated(honest * 4, ["en"] * 4_000, {"en": 4.0, "*": 1.0}), softmax(honest), atol=1e-5
    )


def test_fit_temperatures_gives_unlisted_languages_that_of_the_weaker_ones():
    random = np.random.default_rng(6)
    logits = random.normal(0, 3, (1_000, 3)).astype(np.float32)
    truth = np.where(np.arange(1_000) < 600, logits.argmax(1), random.integers(0, 3, 1_000))
    temperatures = fit_temperatures(logits, truth, ["en"] * 600 + ["de"] * 400)
    assert temperatures["en"] < temperatures["*"] == temperatures["de"]


def test_quantise_keeps_values_within_half_a_step():
    matrix = np.random.default_rng(8).normal(0, 1, (20, 30)).astype(np.float32)
    matrix[:, 0] = 0
    integers, scale = quantise(matrix, axis=0)
    assert integers.dtype == np.int8
    assert np.abs(integers * scale - matrix).max() <= scale.max() / 2 + 1e-6

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from inquiry_pipeline.core.errors import BundleError, DataError
from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.learning.datasets import LabelledInquiry
from inquiry_pipeline.learning.derivation import apply_thresholds, read_base
from inquiry_pipeline.learning.discriminant import fit_discriminant, held_out_logits
from inquiry_pipeline.learning.evidence import read_held_out
from inquiry_pipeline.learning.own_categories import SIMILARITY_SCALE, OwnOptions, fit_heads, from_labels, words_of
from inquiry_pipeline.learning.thresholds import Aim, outcome
from inquiry_pipeline.nlp.bundle import load_bundle
from inquiry_pipeline.nlp.language import DetectedLanguage
from inquiry_pipeline.nlp.manifest import ENCODER, HEADS, read_manifest

WORDS = {"garden": "plant tree flower soil", "kitchen": "oven pan knife recipe", "garage": "tyre engine brake oil"}
OWN = OwnOptions(name="mine", target_precision=0.9)


def examples(each=12, *, language="en"):
    random = np.random.default_rng(3)
    for category, words in WORDS.items():
        for number in range(each):
            text = " ".join(random.permutation(words.split())[:3]) + f" number {number * 31}"
            yield LabelledInquiry(
                id=f"x.csv, line {number}",
                message=Message(body=text),
                source="x",
                language=language,
                category=category,
            )


def answer(folder, text, language="en"):
    bundle = load_bundle(folder)
    found = bundle.heads.answer(bundle.encoder.embed(text), language)
    return bundle.prediction(found, DetectedLanguage(code=language, probability=1.0))


def test_fit_discriminant_separates_what_the_means_alone_do_not():
    random = np.random.default_rng(1)
    wide = random.normal(0, [1, 0.1], (200, 2)).astype(np.float32)
    classes = np.arange(200) % 2
    points = wide + np.array([[0, 0.3]], np.float32) * classes[:, None]
    shares = {
        shrinkage: (
            held_out_logits(points, classes, np.arange(200) // 2 % 5, count=2, shrinkage=shrinkage).argmax(1) == classes
        ).mean()
        for shrinkage in (0.03, 1.0)
    }
    assert shares[0.03] > 0.85
    assert shares[1.0] < 0.75


def test_fit_discriminant_never_answers_with_a_class_without_examples():
    points = np.eye(4, dtype=np.float32)
    weight, bias = fit_discriminant(points, np.array([0, 0, 2, 2]), count=3, shrinkage=0.3)
    assert set((points @ weight + bias).argmax(1).tolist()) == {0, 2}


def test_fit_discriminant_of_single_examples_is_no_surer_than_of_more():
    chance = np.random.default_rng(1)
    points = np.repeat(np.eye(3, 30), 4, axis=0) + chance.normal(scale=0.2, size=(12, 30))
    points = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    classes = np.repeat(np.arange(3), 4)
    several, _ = fit_discriminant(points, classes, count=3, shrinkage=0.3)
    single, _ = fit_discriminant(points[::4], classes[::4], count=3, shrinkage=0.3)
    assert np.abs(single).max() < 2 * np.abs(several).max()


def test_fit_heads_makes_a_bundle_that_knows_the_new_categories_and_keeps_the_rest(tiny_bundle, tmp_path):
    fitted = fit_heads(tiny_bundle, list(examples()), tmp_path / "out", OWN)
    bundle = load_bundle(tmp_path / "out")
    assert bundle.manifest.labels["category"] == ("garage", "garden", "kitchen")
    assert bundle.model_version == fitted.manifest.model_version
    assert bundle.model_version.startswith("mine-")
    for word, category in (("flower", "garden"), ("knife", "kitchen"), ("brake", "garage")):
        assert answer(tmp_path / "out", f"{word} {word}").category == category
    before, after = answer(tiny_bundle, "terrible outage"), answer(tmp_path / "out", "terrible outage")
    assert after.sentiment_probabilities == before.sentiment_probabilities
    assert after.urgency_probabilities == before.urgency_probabilities
    assert (tmp_path / "out" / ENCODER).read_bytes() == (tiny_bundle / ENCODER).read_bytes()


def test_fit_heads_tells_cross_validated_figures(tiny_bundle, tmp_path):
    fitted = fit_heads(tiny_bundle, list(examples()), tmp_path / "out", OWN)
    report = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert report["category"]["n"] == 36
    assert report["category"]["accuracy"] == pytest.approx(fitted.held_out.right.mean())
    assert report["abstention"]["decided"] == fitted.outcome.decided
    assert f"{report['category']['accuracy']:.3f}" in (tmp_path / "out" / "README.md").read_text()
    read = read_held_out(tmp_path / "out", read_manifest(tmp_path / "out"))
    np.testing.assert_array_equal(read.confidence, fitted.held_out.confidence)


def test_fit_heads_on_labels_without_meaning_claims_nothing(tiny_bundle, tmp_path):
    random = np.random.default_rng(8)
    shuffled = [replace(one, category=str(random.choice(list(WORDS)))) for one in examples(40)]
    fitted = fit_heads(tiny_bundle, shuffled, tmp_path / "out", OWN)
    assert fitted.report["category"]["accuracy"] < 0.6
    assert fitted.outcome.decided < 10


def test_fit_heads_keeps_near_duplicates_in_one_fold(tiny_bundle, tmp_path):
    twice = [one for example in examples() for one in (example, replace(example, id="again"))]
    fitted = fit_heads(tiny_bundle, twice, tmp_path / "out", OWN)
    assert (fitted.held_out.folds[::2] == fitted.held_out.folds[1::2]).all()


def test_fit_heads_decides_in_languages_that_examples_prove(tiny_bundle, tmp_path):
    mixed = [*examples(12), *(replace(one, language="pl") for one in examples(3))]
    assert fit_heads(tiny_bundle, mixed, tmp_path / "few", OWN).manifest.languages == ("en",)
    many = [*examples(12), *(replace(one, language="pl") for one in examples(14))]
    assert fit_heads(tiny_bundle, many, tmp_path / "many", OWN).manifest.languages == ("en", "pl")
    told = replace(OWN, languages=("de",))
    assert fit_heads(tiny_bundle, mixed, tmp_path / "told", told).manifest.languages == ("de",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda own: own[:12], "1 category"),
        (lambda own: own[:13], "garden|kitchen"),
        (lambda own: [*own[:24], own[24], replace(own[24], id="same again")], "Fewer than two .* garage"),
        (lambda own: [*own, replace(own[0], id="b.csv, line 9", category="garage")], "b.csv, line 9 has the text of"),
        (lambda own: [*own, replace(own[0], id="b.csv, line 9", message=Message(body="<br>"))], "nothing is left"),
    ],
)
def test_fit_heads_refuses_examples_that_teach_nothing(tiny_bundle, tmp_path, change, message):
    with pytest.raises(DataError, match=message):
        fit_heads(tiny_bundle, change(list(examples())), tmp_path / "out", OWN)
    assert not (tmp_path / "out").exists()


def test_fit_heads_does_not_write_over_anything(tiny_bundle, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep")
    with pytest.raises(DataError, match="exists already"):
        fit_heads(tiny_bundle, list(examples()), tmp_path / "out", OWN)
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "mine.txt"]


def test_fit_heads_of_a_damaged_bundle_says_so(tiny_bundle, tmp_path):
    folder = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    (folder / HEADS).write_bytes(b"not heads")
    with pytest.raises(BundleError, match=HEADS):
        fit_heads(folder, list(examples()), tmp_path / "out", OWN)


def test_own_categories_need_nothing_of_the_training_environment():
    code = (
        "import sys, inquiry_pipeline.learning.own_categories, inquiry_pipeline.entrypoints.cli.models\n"
        "print([name for name in ('sklearn', 'torch', 'onnx', 'transformers') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_from_labels_answers_by_similarity(tiny_bundle, tmp_path):
    labels = {"garden_work": ("plant tree flower soil",), "kitchen": ("oven pan", "knife recipe")}
    manifest = from_labels(tiny_bundle, labels, tmp_path / "out", name="mine", threshold=0.5, scope=False)
    assert manifest.labels["category"] == ("garden_work", "kitchen")
    assert "scope" not in manifest.labels
    assert answer(tmp_path / "out", "flower soil plant tree").category == "garden_work"
    assert answer(tmp_path / "out", "knife recipe").category == "kitchen"
    weight = load_bundle(tmp_path / "out").heads.category.weight
    np.testing.assert_allclose(np.linalg.norm(weight, axis=0), SIMILARITY_SCALE, rtol=1e-5)
    assert answer(tmp_path / "out", "flower soil plant tree", "fi").abstained


def test_from_labels_does_not_mistake_a_mood_for_a_topic(tiny_bundle, tmp_path):
    labels = {"one": ("oven",), "two": ("tree",)}
    from_labels(tiny_bundle, labels, tmp_path / "out", name="mine", threshold=0.5, scope=True)
    heads = load_bundle(tmp_path / "out").heads
    for head in (heads.sentiment, heads.urgency, heads.scope):
        assert head is not None
        centred = head.weight - head.weight.mean(axis=1, keepdims=True)
        np.testing.assert_allclose(heads.category.weight.T @ centred, 0, atol=1e-2)


def test_from_labels_abstains_where_two_categories_are_alike(tiny_bundle, tmp_path):
    labels = {"one": ("oven pan knife",) * 30, "two": ("oven pan knife",) * 30}
    from_labels(tiny_bundle, labels, tmp_path / "out", name="mine", threshold=0.9, scope=False)
    assert answer(tmp_path / "out", "oven pan knife").abstained


def test_from_labels_claims_no_figure(tiny_bundle, tmp_path):
    from_labels(tiny_bundle, {"one": (), "two": ()}, tmp_path / "out", name="mine", threshold=0.9, scope=True)
    assert "category" not in json.loads((tmp_path / "out" / "evaluation.json").read_text())
    with pytest.raises(BundleError, match="holds no held-out answers"):
        read_held_out(tmp_path / "out", read_manifest(tmp_path / "out"))


def test_words_of_reads_a_name_as_words():
    assert words_of("card_arrival") == words_of("card-arrival") == "card arrival"


def test_apply_thresholds_changes_nothing_but_the_thresholds(tiny_bundle, tmp_path):
    fit_heads(tiny_bundle, list(examples(40)), tmp_path / "one", OWN)
    base = read_base(tmp_path / "one")
    held_out = read_held_out(base.folder, base.manifest)
    found = outcome(held_out, base.manifest.languages, Aim(precision=0.7))
    manifest = apply_thresholds(base, held_out, found, tmp_path / "two")
    assert manifest.thresholds == found.thresholds != base.manifest.thresholds
    assert manifest.model_version != base.manifest.model_version
    assert (manifest.labels, manifest.temperatures) == (base.manifest.labels, base.manifest.temperatures)
    for name in (ENCODER, HEADS, "evidence.npz"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    text = "flower soil plant"
    assert answer(tmp_path / "one", text).probabilities == answer(tmp_path / "two", text).probabilities
    report = json.loads((tmp_path / "two" / "evaluation.json").read_text())
    assert report["abstention"]["decided"] == found.decided

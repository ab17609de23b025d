import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from inquiry_pipeline.core.errors import BundleError
from inquiry_pipeline.core.prediction import UNKNOWN_LANGUAGE, Prediction
from inquiry_pipeline.nlp.bundle import Bundle, load_bundle
from inquiry_pipeline.nlp.language import DetectedLanguage
from inquiry_pipeline.nlp.manifest import ENCODER, HEADS, MANIFEST, TOKENIZER, checksums, read_manifest

ENGLISH = DetectedLanguage(code="en", probability=1.0)


@pytest.fixture
def folder(tiny_bundle, tmp_path):
    return shutil.copytree(tiny_bundle, tmp_path / "bundle")


def change_manifest(folder: Path, **changes: object) -> None:
    path = folder / MANIFEST
    content = json.loads(path.read_text())
    content.update(changes)
    path.write_text(json.dumps(content))


def predict(bundle: Bundle, text: str, language: DetectedLanguage = ENGLISH) -> Prediction:
    return bundle.prediction(bundle.heads.answer(bundle.encoder.embed(text), language.code), language)


def test_load_bundle_answers_every_task(tiny_bundle):
    bundle = load_bundle(tiny_bundle)
    prediction = predict(bundle, "i was charged twice on my invoice")
    assert prediction.category == "billing"
    assert prediction.confidence == prediction.probabilities["billing"] == max(prediction.probabilities.values())
    assert 0 < sum(prediction.probabilities.values()) <= 1 + 1e-6
    assert sum(prediction.sentiment_probabilities.values()) == pytest.approx(1)
    assert sum(prediction.urgency_probabilities.values()) == pytest.approx(1)
    assert prediction.model_version == bundle.model_version
    assert not prediction.degraded


def test_bundle_abstains_below_the_threshold(folder):
    change_manifest(folder, thresholds={})
    assert predict(load_bundle(folder), "i was charged twice on my invoice").abstained


def test_bundle_decides_by_the_threshold_of_the_language(folder):
    change_manifest(folder, thresholds={"*": {"billing": 1.01}, "de": {"billing": 0.3}, "en": {"hr": 0.3}})
    bundle, text = load_bundle(folder), "i was charged twice on my invoice"
    assert not predict(bundle, text, DetectedLanguage(code="de", probability=1.0)).abstained
    assert predict(bundle, text).abstained
    assert predict(bundle, text, DetectedLanguage(code=UNKNOWN_LANGUAGE, probability=0.1)).abstained


def test_bundle_abstains_in_a_language_it_does_not_read(tiny_bundle):
    bundle = load_bundle(tiny_bundle)
    text = "i was charged twice on my invoice"
    assert not predict(bundle, text).abstained
    assert predict(bundle, text, DetectedLanguage(code="fi", probability=0.9)).abstained


def test_bundle_abstains_on_gibberish_but_not_on_short_text(tiny_bundle):
    bundle = load_bundle(tiny_bundle)
    text = "i was charged twice on my invoice"
    gibberish = DetectedLanguage(code=UNKNOWN_LANGUAGE, probability=0.0, gibberish=True)
    assert predict(bundle, text, gibberish).abstained
    assert not predict(bundle, text, DetectedLanguage(code=UNKNOWN_LANGUAGE, probability=0.1)).abstained


def test_model_version_changes_with_anything_in_the_bundle(folder):
    first = read_manifest(folder).model_version
    change_manifest(folder, thresholds={"*": {"billing": 0.9}})
    second = read_manifest(folder).model_version
    with np.load(folder / HEADS) as arrays:
        changed = {name: array + np.float32(0.001) for name, array in arrays.items()}
    np.savez(folder / HEADS, allow_pickle=False, **changed)
    change_manifest(folder, checksums=checksums(folder))
    assert len({first, second, read_manifest(folder).model_version}) == 3


def test_load_bundle_of_an_empty_folder_says_so(tmp_path):
    with pytest.raises(BundleError, match="no model bundle"):
        load_bundle(tmp_path)


@pytest.mark.parametrize("name", [ENCODER, TOKENIZER, HEADS])
def test_load_bundle_names_a_missing_file(folder, name):
    (folder / name).unlink()
    with pytest.raises(BundleError, match=f"{name} is missing"):
        load_bundle(folder)


@pytest.mark.parametrize("name", [ENCODER, TOKENIZER, HEADS])
def test_load_bundle_names_a_damaged_file(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(BundleError, match=f"{name} does not match"):
        load_bundle(folder)


@pytest.mark.parametrize("name", [ENCODER, TOKENIZER, HEADS])
def test_load_bundle_refuses_a_file_of_another_kind(folder, name):
    (folder / name).write_bytes(b"not what it should be")
    change_manifest(folder, checksums=checksums(folder))
    with pytest.raises(BundleError, match=name):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cleaning_version": "0"}, "text cleaning 0"),
        ({"format_version": 99}, "format 99"),
        ({"format_version": 1, "thresholds": {"billing": 0.7}}, "format 1, this program reads 2"),
        ({"labels": {"category": ["one"]}}, "fewer than two labels"),
        ({"max_tokens": 1}, "max_tokens"),
        ({"thresholds": {"billing": 0.9}}, "by language and category"),
        ({"thresholds": {"*": {"billing": "high"}}}, "by language and category"),
        ({"surprise": 1}, "cannot be read"),
        ({"labels": None}, "cannot be read"),
    ],
)
def test_load_bundle_refuses_a_manifest_it_cannot_use(folder, changes, message):
    change_manifest(folder, **changes)
    with pytest.raises(BundleError, match=message):
        load_bundle(folder)


def test_load_bundle_refuses_other_sentiments(folder):
    labels = json.loads((folder / MANIFEST).read_text())["labels"]
    change_manifest(folder, labels=labels | {"sentiment": ["bad", "good", "ugly"]})
    with pytest.raises(BundleError, match="labels of sentiment"):
        load_bundle(folder)


def test_load_bundle_refuses_heads_of_another_shape(folder):
    labels = json.loads((folder / MANIFEST).read_text())["labels"]
    change_manifest(folder, labels=labels | {"category": labels["category"][:-1]})
    with pytest.raises(BundleError, match="head category has shape"):
        load_bundle(folder)

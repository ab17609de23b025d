import shutil
from dataclasses import replace

import numpy as np
import pytest

from inquiry_pipeline.core.errors import BundleError
from inquiry_pipeline.learning.evidence import EVIDENCE, HeldOut, read_held_out
from inquiry_pipeline.learning.thresholds import Aim, Origin, choose, decide, outcome
from inquiry_pipeline.nlp.manifest import checksums, read_manifest, write_manifest


def answers(count, *, category=0, language="en", seed=1, precision=None, in_scope=True):
    """Answers whose confidence is their chance to be right, or that are right this often at any confidence."""
    random = np.random.default_rng(seed)
    confidence = random.random(count).astype(np.float32)
    right = random.random(count) < (confidence if precision is None else precision)
    return HeldOut(
        categories=("a", "b"),
        confidence=confidence,
        predicted=np.full(count, category, np.int16),
        right=right & in_scope,
        languages=np.full(count, language),
        sources=np.zeros(count, np.int16),
        in_scope=np.full(count, in_scope),
        folds=(np.arange(count) % 5).astype(np.int8),
    )


def together(*parts):
    names = ("confidence", "predicted", "right", "languages", "sources", "in_scope", "folds")
    return HeldOut(
        categories=("a", "b"), **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    )


def test_choose_reaches_the_precision_with_as_many_answers_as_possible():
    held_out = answers(1_000)
    choice = choose(held_out, ["en"], Aim(precision=0.9))["en"]["a"]
    decided = held_out.confidence >= choice.threshold
    assert choice.origin is Origin.OWN
    assert held_out.right[decided].mean() >= 0.9
    lower = held_out.confidence >= choice.threshold - 0.05
    assert held_out.right[lower].mean() < 0.9


def test_choose_trusts_the_confidence_where_every_answer_is_right():
    sure = answers(200, precision=1)
    sure = replace(sure, confidence=np.float32(0.98) + sure.confidence / 100)
    assert choose(sure, ["en"], Aim(precision=0.9))["en"]["a"].threshold == 0.9


def test_choose_cautiously_wants_the_interval_above_the_precision():
    held_out = answers(5_000)
    plain, cautious = (choose(held_out, ["en"], Aim(precision=0.9, cautious=own))["en"]["a"] for own in (False, True))
    assert cautious.threshold > plain.threshold
    found = outcome(held_out, ["en"], Aim(precision=0.9, cautious=True))
    assert found.right / found.decided > 0.9


def test_choose_borrows_from_the_language_and_then_from_the_class():
    held_out = together(
        answers(400, category=0, language="en"),
        answers(400, category=0, language="de", seed=2),
        answers(10, category=1, language="de", seed=3, precision=1),
        answers(10, category=1, language="en", seed=4, precision=1),
        answers(300, category=1, language="fr", seed=5),
        answers(5, category=0, language="pl", seed=6, precision=1),
    )
    choices = choose(held_out, ["de", "en", "fr", "pl"], Aim(precision=0.9))
    assert choices["de"]["b"].origin is Origin.LANGUAGE
    assert choices["de"]["b"].threshold == pytest.approx(choices["de"]["a"].threshold, abs=0.05)
    assert choices["fr"]["b"].origin is Origin.OWN
    assert choices["fr"]["a"].origin is Origin.LANGUAGE
    assert choices["pl"]["a"].origin is Origin.CATEGORY
    assert choices["pl"]["a"].threshold == choices["*"]["a"].threshold


def test_choose_does_not_borrow_against_the_class_s_own_answers():
    held_out = together(answers(600, category=0), answers(80, category=1, seed=2, precision=0.3))
    choices = choose(held_out, ["en"], Aim(precision=0.9))
    assert choices["en"]["a"].origin is Origin.OWN
    assert choices["en"]["b"].origin is Origin.NONE
    assert choices["en"]["b"].threshold > 1


def test_choose_with_too_few_answers_abstains_or_trusts_the_confidence_as_told():
    held_out = answers(20, precision=1)
    assert choose(held_out, ["en"], Aim(precision=0.9))["en"]["a"].threshold > 1
    trusted = choose(held_out, ["en"], Aim(precision=0.9, otherwise=0.9))["en"]["a"]
    assert (trusted.threshold, trusted.origin) == (0.9, Origin.CONFIDENCE)
    others = together(held_out, answers(100, category=1, seed=2, precision=0.2))
    assert choose(others, ["en"], Aim(precision=0.9, otherwise=0.9))["en"]["a"].origin is Origin.NONE
    wrong = choose(answers(100, precision=0.2), ["en"], Aim(precision=0.9, otherwise=0.9))["en"]["a"]
    assert wrong.origin is Origin.NONE


def test_choose_counts_decided_texts_out_of_scope_as_wrong():
    clean = answers(1_000)
    noisy = together(clean, answers(200, seed=9, in_scope=False))
    aim = Aim(precision=0.9)
    assert choose(noisy, ["en"], aim)["en"]["a"].threshold > choose(clean, ["en"], aim)["en"]["a"].threshold


def test_decide_uses_no_answer_of_its_own_fold():
    held_out = answers(1_000)
    lucky = replace(held_out, right=held_out.right | (held_out.folds == 0))
    rows = held_out.folds == 0
    aim = Aim(precision=0.9)
    assert decide(held_out, ["en"], aim)[rows].tolist() == decide(lucky, ["en"], aim)[rows].tolist()
    assert decide(held_out, ["en"], aim)[~rows].tolist() != decide(lucky, ["en"], aim)[~rows].tolist()


def test_decide_leaves_languages_open_that_are_not_supported():
    held_out = together(answers(500), answers(500, language="fi", seed=2))
    decided = decide(held_out, ["en"], Aim(precision=0.8))
    assert decided[held_out.languages == "en"].any()
    assert not decided[held_out.languages == "fi"].any()


def test_outcome_counts_what_is_decided():
    held_out = together(answers(500), answers(400, category=1, language="de", seed=2), answers(50, in_scope=False))
    found = outcome(held_out, ["de", "en"], Aim(precision=0.8))
    assert (found.inquiries, found.out_of_scope) == (900, 50)
    assert found.decided + found.out_of_scope_decided == sum(cell.decided for cell in found.cells)
    cell = next(cell for cell in found.cells if (cell.language, cell.category) == ("en", "a"))
    assert cell.answers == 550
    assert cell.interval is not None
    assert cell.precision is not None
    assert cell.interval[0] < cell.precision < cell.interval[1]
    empty = next(cell for cell in found.cells if (cell.language, cell.category) == ("en", "b"))
    assert (empty.answers, empty.precision, empty.automation) == (0, None, None)
    assert set(found.thresholds) == {"*", "de", "en"}


@pytest.fixture
def folder(tiny_bundle, tmp_path):
    return shutil.copytree(tiny_bundle, tmp_path / "bundle")


def test_read_held_out_of_a_bundle_without_it_says_so(folder):
    with pytest.raises(BundleError, match="holds no held-out answers"):
        read_held_out(folder, read_manifest(folder))


def test_read_held_out_gives_back_what_was_saved(folder):
    manifest = read_manifest(folder)
    held_out = replace(answers(40), categories=manifest.labels["category"])
    held_out.save(folder)
    write_manifest(folder, replace(manifest, checksums=checksums(folder)))
    read = read_held_out(folder, read_manifest(folder))
    np.testing.assert_array_equal(read.confidence, held_out.confidence)
    assert read.languages.tolist() == ["en"] * 40


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"predicted": np.full(40, 9, np.int16)}, "does not have"), ({"right": np.ones(3, bool)}, "not of one length")],
)
def test_read_held_out_refuses_what_cannot_be(folder, changes, message):
    manifest = read_manifest(folder)
    replace(answers(40), **changes).save(folder)
    write_manifest(folder, replace(manifest, checksums=checksums(folder)))
    with pytest.raises(BundleError, match=message):
        read_held_out(folder, read_manifest(folder))


def test_read_held_out_refuses_objects_in_disguise(folder):
    np.savez(folder / EVIDENCE, confidence=np.array([{"a": 1}], object))
    write_manifest(folder, replace(read_manifest(folder), checksums=checksums(folder)))
    with pytest.raises(BundleError, match=EVIDENCE):
        read_held_out(folder, read_manifest(folder))

import json
import random

import pytest

from benchmarks import explanations
from benchmarks.explanations import _like, faithfulness, sample
from inquiry_pipeline.core.explanation import Explanation, Method, Span, TaskExplanation
from inquiry_pipeline.nlp.bundle import load_bundle
from inquiry_pipeline.nlp.phrases import Range

TEXT = "my invoice is wrong and the payment was charged twice so please refund it and send another one"


@pytest.fixture
def data(tmp_path):
    texts = [TEXT, f"{TEXT} today", "too short to be told about"]
    records = ({"id": str(number), "body": body, "category": "billing"} for number, body in enumerate(texts))
    (tmp_path / "some.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return tmp_path


def test_a_sample_has_texts_of_some_length_and_no_more_than_there_are(data, tiny_bundle):
    assert {one.body for one in sample(data, tiny_bundle, count=10)} == {TEXT, f"{TEXT} today"}
    assert len(sample(data, tiny_bundle, count=1)) == 1


def test_words_by_chance_have_as_many_characters_as_the_named():
    named = [Range(3, 10), Range(24, 35)]
    wanted = 18
    for seed in range(20):
        chosen = _like(named, TEXT, random.Random(seed))
        assert wanted <= sum(one.end - one.start for one in chosen) < wanted + 20
        assert len(set(chosen)) == len(chosen)


def test_a_fall_is_measured_on_the_text_that_is_left(tiny_bundle):
    bundle = load_bundle(tiny_bundle)
    start = TEXT.index("invoice")
    span = Span(start=start, end=start + 7, weight=1.0, towards="billing")
    named = TaskExplanation(label="billing", words=(span,))
    nothing = TaskExplanation(label="neutral")
    explanation = Explanation(
        text=TEXT, method=Method.OCCLUSION, model_version="x", category=named, sentiment=nothing, urgency=nothing
    )
    falls = faithfulness(bundle, [explanation], top=3)
    assert falls["sentiment"] == falls["urgency"] == []
    before, after = (
        bundle.heads.answer(bundle.encoder.embed(text), "en").category["billing"]
        for text in (TEXT, TEXT.replace("invoice", ""))
    )
    assert falls["category"][0].named == pytest.approx(before - after)


def test_the_figures_are_printed(monkeypatch, capsys, data, tiny_bundle):
    monkeypatch.setattr("sys.argv", ["explanations", str(data), "--bundle", str(tiny_bundle), "--texts", "2"])
    explanations.main()
    printed = capsys.readouterr().out
    assert "2 texts, 1 threads" in printed
    assert printed.count("\n| ") == 4

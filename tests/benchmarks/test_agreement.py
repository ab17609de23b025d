import json
import sys

import pytest

from benchmarks import agreement
from benchmarks.agreement import Judged, figures, kappa, labelled_twice, main
from inquiry_pipeline.learning.holdout import read_finetuning
from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE


def test_kappa_is_agreement_beyond_chance():
    assert kappa(["a", "b", "a", "b"], ["a", "b", "a", "b"]) == 1
    assert kappa(["a", "a", "b", "b"], ["a", "b", "a", "b"]) == 0
    assert kappa(["a"] * 20 + ["b"] * 5 + ["a"] * 10 + ["b"] * 15, ["a"] * 25 + ["b"] * 25) == pytest.approx(0.4)


def test_the_model_is_judged_with_and_without_what_is_disputed():
    judged = [
        Judged(first="a", second="a", model="a"),
        Judged(first="b", second="b", model="a"),
        Judged(first="a", second="b", model="b"),
        Judged(first="b", second="b", model="b"),
    ]
    agree, _, right, undisputed = (figure.split()[0] for figure in figures(judged))
    assert (agree, right, undisputed) == ("75.0%", "50.0%", "66.7%")


def test_what_is_labelled_twice_is_in_the_data_and_teaches_nothing():
    twice = labelled_twice(agreement.DATA)
    assert len({(one.inquiry.source, one.inquiry.id) for one in twice}) == len(twice) == 2150
    record = read_finetuning(DEFAULT_BUNDLE)
    assert record is not None
    assert not record.has_seen([one.inquiry for one in twice])


def test_the_figures_are_printed(tmp_path, monkeypatch, capsys):
    words = {"category": "billing", "sentiment": "neutral", "urgency": "medium"}
    other = words | {"category": "sales", "sentiment": "positive", "urgency": "low"}
    for folder, language in (("written", "en"), ("validation", "de")):
        (tmp_path / folder).mkdir()
        lines = [
            {"id": "1", "body": "Please refund the second charge on invoice 77.", "language": language} | words,
            {"id": "2", "body": "We love it. What would forty more seats cost?", "language": language} | other,
        ]
        (tmp_path / folder / f"{folder}_file.jsonl").write_text("\n".join(map(json.dumps, lines)))
    second = [
        {"source": f"{folder}_file", "id": number} | labels
        for folder in ("written", "validation")
        for number, labels in (("1", words), ("2", other))
    ]
    (tmp_path / "second_annotation.jsonl").write_text("\n".join(map(json.dumps, second)))
    monkeypatch.setattr(agreement, "DATA", tmp_path)
    monkeypatch.setattr(sys, "argv", ["agreement"])
    main()
    printed = capsys.readouterr().out
    rows = [line for line in printed.splitlines() if "_file" in line]
    assert len(rows) == 6
    assert all("100.0%" in row for row in rows)
    assert [line for line in printed.splitlines() if "written, English" in line]
    assert [line for line in printed.splitlines() if "validation, other languages" in line]

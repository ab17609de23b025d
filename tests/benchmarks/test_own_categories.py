import csv
import gzip
import json
from itertools import permutations

import pytest

from benchmarks import own_categories

WORDS = {"plant_care": "plant tree flower soil", "cooking": "oven pan knife recipe"}


@pytest.fixture
def data(tmp_path):
    """Two intents, an out-of-scope one, and a split that no near-duplicate crosses."""
    columns = ("id", "text", "source_label", "split", "neardup_cluster")
    rows = [
        (f"{intent}{number}", " ".join(words), f"home/{intent}|orig=train", "dev" if number % 3 else "train", text)
        for intent, own in WORDS.items()
        for number, words in enumerate(permutations(own.split()))
        for text in [f"{intent}{number}"]
    ]
    rows.append(("o", "casino", "oos/oos|orig=oos_val", "dev", "o"))
    with gzip.open(tmp_path / "clinc150.ok.csv.gz", "wt", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return tmp_path


def run(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["own_categories", *map(str, arguments)])
    own_categories.main()


def test_own_categories_are_measured_by_names_and_by_examples(monkeypatch, capsys, data, tiny_bundle):
    out = data / "figures.json"
    options = ("--data", data, "--bundle", tiny_bundle, "--datasets", "clinc150", "--out", out)
    run(monkeypatch, *options, "--shots", 2, 4, "--seeds", 1, 2)
    figures = json.loads(out.read_text())["figures"]
    assert [(figure["shots"], figure["seed"]) for figure in figures] == [(0, 0), (2, 1), (2, 2), (4, 1), (4, 2)]
    assert all(0.9 < figure["accuracy"] <= 1 for figure in figures[1:])
    printed = capsys.readouterr().out
    assert "| clinc150 | none, names alone |" in printed
    assert "| clinc150 | 4 | " in printed


def test_own_categories_refuse_a_split_that_near_duplicates_cross(monkeypatch, data, tiny_bundle):
    path = data / "clinc150.ok.csv.gz"
    with gzip.open(path, "rt") as file:
        text = file.read()
    with gzip.open(path, "wt") as file:
        file.write(text.replace("cooking1\n", "cooking0\n").replace("cooking1\r\n", "cooking0\r\n"))
    with pytest.raises(SystemExit, match="both sides"):
        run(monkeypatch, "--data", data, "--bundle", tiny_bundle, "--datasets", "clinc150")

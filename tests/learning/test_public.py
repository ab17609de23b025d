import csv
import gzip

import pytest

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.learning.public import read_public

COLUMNS = ("id", "subject", "text", "department", "sentiment", "split", "neardup_cluster")
SOURCES = ("goemotions_sent", "hr_multiwoz", "reddit_train", "topio_nlu")


def write(folder, name, rows, columns=COLUMNS):
    with gzip.open(folder / f"{name}.ok.csv.gz", "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


@pytest.fixture
def folder(tmp_path):
    for name in SOURCES:
        write(tmp_path, name, [(f"{name}-1", "", f"Text of {name}", "HR", "positive", "train", name)])
    return tmp_path


def test_public_data_is_capped_by_label_and_repeatable(folder):
    rows = [(str(n), "", f"Text {n}", "", ("negative", "neutral")[n % 2], "train", str(n)) for n in range(2000)]
    write(folder, "goemotions_sent", rows)
    inquiries = [i for i in read_public(folder, seed=1) if i.source == "goemotions_sent"]
    assert inquiries == [i for i in read_public(folder, seed=1) if i.source == "goemotions_sent"]
    assert inquiries != [i for i in read_public(folder, seed=2) if i.source == "goemotions_sent"]
    assert [sum(i.sentiment == label for i in inquiries) for label in ("negative", "neutral")] == [400, 400]
    assert {i.category for i in inquiries} == {None}


def test_a_near_duplicate_an_unlabelled_row_and_the_dev_split_teach_nothing(folder):
    rows = [
        ("1", "Leave", "How much is left?", "HR", "", "train", "a"),
        ("2", "Leave", "How much is left??", "HR", "", "train", "a"),
        ("3", "", "Hello", "", "", "train", "b"),
        ("4", "", "A vacancy", "HR", "", "dev", "c"),
    ]
    write(folder, "hr_multiwoz", rows)
    found = [i for i in read_public(folder, seed=1) if i.source == "hr_multiwoz"]
    assert [(i.category, i.sentiment, i.message.subject) for i in found] == [("hr", None, "Leave")]


def test_a_missing_file_and_missing_columns_are_named(folder):
    write(folder, "topio_nlu", [], columns=("id", "text"))
    with pytest.raises(DataError, match=r"topio_nlu.*columns department, neardup_cluster, sentiment, split, subject"):
        read_public(folder, seed=1)
    (folder / "reddit_train.ok.csv.gz").unlink()
    with pytest.raises(DataError, match=r"reddit_train.*cannot be read"):
        read_public(folder, seed=1)


def test_a_file_that_was_cut_off_is_named(folder):
    path = folder / "topio_nlu.ok.csv.gz"
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(DataError, match=r"topio_nlu.*cannot be read"):
        read_public(folder, seed=1)

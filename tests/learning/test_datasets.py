import json

import pytest

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.learning.datasets import fingerprint, near_duplicates, read_folder, read_inquiries

GOOD = {
    "id": "a-1",
    "subject": "Bill",
    "body": "I was charged twice.",
    "category": "billing",
    "sentiment": "negative",
    "urgency": "medium",
    "language": "en",
}


def write(path, *records):
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records), "utf-8")
    return path


def test_read_inquiries_reads_labels_and_source(tmp_path):
    [inquiry] = read_inquiries(write(tmp_path / "some_author.jsonl", GOOD))
    assert inquiry.id == "a-1"
    assert inquiry.source == "some_author"
    assert [inquiry.label(task) for task in ("category", "sentiment", "urgency")] == ["billing", "negative", "medium"]


def test_read_inquiries_takes_missing_labels_as_unknown(tmp_path):
    [inquiry] = read_inquiries(write(tmp_path / "a.jsonl", {"body": "x", "category": None, "out_of_scope": True}))
    assert inquiry.category is None
    assert inquiry.out_of_scope
    assert inquiry.id == "1"


@pytest.mark.parametrize(
    ("record", "place"),
    [
        ("{not json", "line 2: not valid JSON"),
        ("[]", "line 2: not a JSON object"),
        ({"subject": "", "body": None}, "line 2, field body: must be a text"),
        (GOOD | {"body": 5}, "line 2, field body"),
        (GOOD | {"subject": ["x"]}, "line 2, field subject"),
        (GOOD | {"sentiment": "sad"}, "line 2, field sentiment: must be one of negative, neutral, positive"),
        (GOOD | {"urgency": "asap"}, "line 2, field urgency"),
        (GOOD | {"category": 3}, "line 2, field category"),
        (GOOD | {"id": []}, "line 2, field id"),
        (GOOD | {"out_of_scope": "yes"}, "line 2, field out_of_scope"),
    ],
)
def test_read_inquiries_names_file_line_and_field(tmp_path, record, place):
    path = write(tmp_path / "bad.jsonl", GOOD, record)
    with pytest.raises(DataError, match=r"bad\.jsonl") as caught:
        list(read_inquiries(path))
    assert place in str(caught.value)


def test_read_inquiries_of_a_missing_or_binary_file(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        list(read_inquiries(tmp_path / "none.jsonl"))
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="cannot be read"):
        list(read_inquiries(tmp_path / "binary.jsonl"))


def test_read_folder_without_files(tmp_path):
    with pytest.raises(DataError, match=r"no \.jsonl"):
        read_folder(tmp_path)


def test_fingerprint_ignores_order_and_sees_every_change(tmp_path):
    first = list(read_inquiries(write(tmp_path / "a.jsonl", GOOD, GOOD | {"id": "a-2"})))
    other = list(read_inquiries(write(tmp_path / "a.jsonl", GOOD, GOOD | {"id": "a-2", "urgency": "high"})))
    assert fingerprint(first) == fingerprint(first[::-1])
    assert fingerprint(first) != fingerprint(other)


def test_near_duplicates_cluster_by_words_and_group():
    texts = [
        "the printer on the second floor has been broken since monday morning",
        "Hello, the printer on the second floor has been broken since monday morning, thanks",
        "please send me a quote for fifty licences of the business plan",
        "nothing like the others at all, really, in any way",
        "hi",
        "hi",
    ]
    clusters = near_duplicates(texts, [None, None, "g", "g", None, None])
    assert clusters[0] == clusters[1]
    assert clusters[2] == clusters[3]
    assert clusters[4] == clusters[5]
    assert len(set(clusters)) == 3

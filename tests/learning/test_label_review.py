import json
from pathlib import Path

from inquiry_pipeline.learning.datasets import TASKS, read_folder

DATA = Path("data")


def test_every_reviewed_label_is_what_the_review_says():
    written = {(i.source, i.id): i for i in read_folder(DATA / "written")}
    review = [json.loads(line) for line in (DATA / "label_review.jsonl").read_text("utf-8").splitlines()]
    assert len({(entry["source"], entry["id"], entry["task"]) for entry in review}) == len(review) > 10
    for entry in review:
        assert entry["task"] in TASKS
        assert entry["reason"].strip()
        assert written[entry["source"], entry["id"]].label(entry["task"]) == entry["to"] != entry["from"]


def test_held_out_files_were_not_reviewed():
    record = json.loads(Path("src/inquiry_pipeline/nlp/default_bundle/finetuning.json").read_text("utf-8"))
    reviewed = {json.loads(line)["source"] for line in (DATA / "label_review.jsonl").read_text("utf-8").splitlines()}
    assert reviewed.isdisjoint(record["held_out"])

import json

import pytest
from typer.testing import CliRunner

from inquiry_pipeline.entrypoints.cli import app

runner = CliRunner()

RECORDS = [
    {"id": "1", "subject": "", "body": "i was charged twice on my invoice", "category": "billing", "language": "en"},
    {"id": "2", "body": "password does not work", "category": "technical_support", "sentiment": "neutral"},
    {"id": "3", "body": "casino winner backlinks", "out_of_scope": True},
]


@pytest.fixture(autouse=True)
def _use_tiny_bundle(monkeypatch, tiny_bundle):
    monkeypatch.setenv("INQUIRY_BUNDLE_DIR", str(tiny_bundle))


def test_evaluate_writes_report_and_predictions(tmp_path):
    file = tmp_path / "labelled.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    report, predictions = tmp_path / "report.json", tmp_path / "predictions.jsonl"
    result = runner.invoke(app, ["evaluate", str(file), "--report", str(report), "--predictions", str(predictions)])
    assert result.exit_code == 0, result.output
    figures = json.loads(report.read_text())
    assert figures["inquiries"] == 3
    assert figures["category"]["n"] == 2
    assert figures["category"]["accuracy"] == 1.0
    assert figures["sentiment"]["n"] == 1
    assert figures["urgency"]["n"] == 0
    lines = [json.loads(line) for line in predictions.read_text().splitlines()]
    assert [line["id"] for line in lines] == ["1", "2", "3"]
    assert lines[0]["category"] == "billing"


def test_train_commands_exist():
    result = runner.invoke(app, ["train", "--help"])
    assert result.exit_code == 0
    assert all(name in result.output for name in ("encoder", "finetune", "heads", "bundle"))

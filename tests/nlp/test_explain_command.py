import json

import pytest
from typer.testing import CliRunner

from inquiry_pipeline.entrypoints.cli import app

BODY = "I was charged twice on my invoice. The service is terrible! Please refund the payment by tomorrow."
runner = CliRunner()


@pytest.fixture(autouse=True)
def _use_tiny_bundle(monkeypatch, tiny_bundle):
    monkeypatch.setenv("INQUIRY_BUNDLE_DIR", str(tiny_bundle))


def run(*arguments):
    return runner.invoke(app, ["classify", *map(str, arguments)])


def test_explain_names_the_words_for_and_against_each_answer():
    result = run(BODY, "--explain")
    assert result.exit_code == 0, result.output
    for task in ("category", "sentiment", "urgency"):
        assert f"Why {task} " in result.stdout
    assert result.stdout.count("  for: ") == 3
    assert 'rule: Deadline: "by tomorrow"' in result.stdout


def test_explain_prints_the_shape_of_the_api():
    plain = json.loads(run(BODY, "--json").stdout)
    answer = json.loads(run(BODY, "--explain", "--json", "--subject", "Größe [bold]").stdout)
    explanation = answer.pop("explanation")
    assert answer.keys() == plain.keys()
    assert explanation["text"] == f"Größe [bold]\n{BODY}"
    spans = [span for task in ("category", "sentiment", "urgency") for span in explanation[task]["words"]]
    assert spans
    for span in spans:
        assert explanation["text"][span["start"] : span["end"]] == span["text"]


def test_explain_shows_markup_of_the_console_as_it_stands():
    result = run("my [red]invoice[/red] is [/] wrong", "--explain")
    assert result.exit_code == 0, result.output
    assert "my [red]invoice[/red] is [/] wrong" in result.stdout


def test_explain_of_keywords_names_them(monkeypatch, tmp_path):
    monkeypatch.setenv("INQUIRY_BUNDLE_DIR", str(tmp_path / "none"))
    result = run("My invoice is wrong.", "--explain")
    assert result.exit_code == 0, result.output
    assert 'for: "invoice"' in result.stdout
    assert "know none of the words" in result.stdout


def test_explain_is_for_one_text(tmp_path):
    (tmp_path / "in.csv").write_text("body\nhello\n")
    result = run(tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--explain")
    assert result.exit_code == 2
    assert not (tmp_path / "out.csv").exists()

"""`inquiry rules check` and `inquiry rules show`."""

import json

import pytest
from typer.testing import CliRunner

from inquiry_pipeline.entrypoints.cli.rules import app
from inquiry_pipeline.routing.rules import load_rules
from tests.routing.test_rules import DEFAULT_FILE, RIGHT


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})


def test_check_says_what_right_rules_hold(run):
    result = run("check", str(DEFAULT_FILE))
    assert result.exit_code == 0
    assert "7 departments, 12 consultants, 6 categories, 7 escalation rules" in result.stdout


def test_check_prints_every_problem_and_fails(run, tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(RIGHT.replace("round_robin", "x").replace("level: 2", "level: y"), encoding="utf-8")
    result = run("check", str(file))
    assert result.exit_code == 1
    assert f"{file}:5: departments.support.assignment: 'x' is not one of" in result.stderr
    assert f"{file}:21: consultants.bob.level: must be a whole number" in result.stderr
    assert "Traceback" not in result.output


def test_check_of_a_missing_file_fails_in_one_sentence(run, tmp_path):
    result = run("check", str(tmp_path / "none.yaml"))
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)


def test_show_lists_people_and_escalations(run):
    result = run("show", str(DEFAULT_FILE))
    assert result.exit_code == 0
    for text in ("Technical Support", "Amara Okafor", "waiting-a-day", "to a manager, priority at least 90"):
        assert text in result.stdout


def test_show_finds_the_rules_of_this_folder(run, tmp_path, monkeypatch):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "routing_rules.yaml").write_text(RIGHT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert "Ada" in run("show").stdout


def test_show_gives_the_whole_content_as_json(run):
    rules = load_rules(DEFAULT_FILE)
    shown = json.loads(run("show", str(DEFAULT_FILE), "--json").stdout)
    assert shown == {"version": rules.version, "rules": rules.document}

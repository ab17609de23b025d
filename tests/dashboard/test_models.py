"""Models: what is at work in plain words, how sure and how right it is, and how often people see it otherwise."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from inquiry_pipeline.client import Client, Sentiment
from inquiry_pipeline.entrypoints.dashboard import languages
from inquiry_pipeline.store.database import Database
from inquiry_pipeline.telemetry.metrics import Metrics
from tests.dashboard.conftest import Open, shown
from tests.dashboard.seeing import charts, figure, row, rows
from tests.support.dashboard import served
from tests.support.desk import pipeline_over, predictor_of

BODY = "I was charged twice for my October invoice. Please refund the second payment."
CURVE = "How often the model was right about the {}, by its confidence"


def share(value: float) -> str:
    return f"{value:.1%}".replace("%", "\u202f%")


@pytest.fixture
def evaluated(
    database: Database, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Client]:
    """The API over a bundle that knows how it did on held-out inquiries."""
    folder = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, folder)
    points = [{"from": 0.9, "to": 1.0, "count": 40, "confidence": 0.95, "accuracy": 0.9}]
    task = {"n": 50, "accuracy": 0.88, "ece": 0.031, "reliability": points, "per_language": {"en": {"accuracy": 0.91}}}
    (folder / "evaluation.json").write_text(json.dumps({"category": task}))
    manifest = json.loads((folder / "manifest.json").read_text())
    alike = dict.fromkeys(manifest["thresholds"]["*"], 0.8)
    manifest["thresholds"] |= {"en": alike, "de": alike | {"hr": 0.9, "legal": 1.01}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with (
        predictor_of(folder, Metrics(CollectorRegistry())) as predictor,
        served(pipeline_over(database, predictor)) as url,
        Client(url) as client,
    ):
        predictor.warm_up()
        monkeypatch.setenv("INQUIRY_API_URL", url)
        yield client


def test_the_figures_are_those_of_the_api(api: Client, opened: Open) -> None:
    for number in range(5):
        api.submit(f"{BODY} {number}")
    api.submit("lorem ipsum dolor qwerty asdf")
    page, known = opened("models"), api.model_figures(hours=24)
    assert not page.exception
    assert figure(page, "Predictions")[0] == "6"
    assert figure(page, "Suggested only") == (share(known.abstained / 6), str(known.abstained))
    assert figure(page, "Decided by itself") == (share(1 - known.abstained / 6), str(6 - known.abstained))
    assert figure(page, "By keyword rules") == ("0.0\u202f%", "0")
    for task in ("category", "sentiment", "urgency"):
        bars = charts(page)[f"How often the model was how sure of the {task}"]
        bins = {one.lower: one.count for one in known.confidence[task] if one.count}
        assert {one["lower"]: one["count"] for one in bars} == bins


def test_the_model_at_work_is_told_in_plain_words(evaluated: Client, opened: Open) -> None:
    page, models = opened("models"), evaluated.models()
    drawn = shown(page)
    assert models.version in drawn
    assert "88.0\u202f% right of 50 held out, its confidence off by 3.1\u202f% on average" in drawn
    assert "billing, hr, legal, product feedback, sales, technical support" in drawn.lower()
    for code, decides in (("en", "80\u202f%"), ("de", "80 to 90\u202f%, 1 never")):
        assert row(page, languages.language(code))[-1] == decides
    assert "Legal: never" in drawn
    assert row(page, "English")[1:4] == ["91.0\u202f%", "\u2013", "\u2013"]


def test_the_calibration_curve_shows_held_out_points_beside_peoples_judgements(evaluated: Client, opened: Open) -> None:
    sent = [evaluated.submit(f"{BODY} {number}") for number in range(3)]
    assert sent[0].prediction is not None
    evaluated.feedback(sent[0].id, actor="ann", confirm=True)
    evaluated.feedback(sent[1].id, actor="ann", category="legal")
    page = opened("models")
    points = [one for one in charts(page)[CURVE.format("category")] if "source" in one]
    tested = [one for one in points if one["source"] == "Held-out inquiries"]
    judged = [one for one in points if one["source"] == "What people judged"]
    assert [(one["count"], one["confidence"], one["accuracy"]) for one in tested] == [(40, 0.95, 0.9)]
    assert sum(one["count"] for one in judged) == 2
    assert "40 held out; 2 judged" in shown(page)
    assert "no held-out points in this bundle; 1 judged" in shown(page)


def test_corrections_are_counted_by_task_category_and_language(api: Client, opened: Open) -> None:
    sent = [api.submit(f"{BODY} {number}") for number in range(4)]
    prediction = sent[0].prediction
    assert prediction is not None
    api.feedback(sent[0].id, actor="ann", category="legal", sentiment=Sentiment.POSITIVE)
    api.feedback(sent[1].id, actor="ann", confirm=True)
    page = opened("models")
    assert row(page, "Category")[2:] == ["4", "2", "1", "25.0\u202f%", "50\u202f%"]
    assert row(page, "Sentiment")[2:] == ["4", "2", "1", "25.0\u202f%", "50\u202f%"]
    assert row(page, "Urgency")[2:5] == ["4", "1", "0"]
    assert row(page, prediction.category.capitalize())[2:5] == ["4", "2", "1"]
    assert rows(page, languages.language(prediction.language))[-1][2:5] == ["4", "2", "1"]


def test_versions_are_listed_with_what_they_answered(api: Client, opened: Open) -> None:
    for number in range(3):
        api.submit(f"{BODY} {number}")
    page, [known] = opened("models"), api.models().versions
    [texts] = rows(page, known.version)
    assert texts[0] == f"{known.version} loaded"
    assert texts[2:4] == ["3", "3"]


def test_an_empty_database_says_what_to_do_next(api: Client, opened: Open) -> None:
    page = opened("models")
    assert not page.exception
    assert "<code>inquiry demo --history 30d</code>" in shown(page)
    assert figure(page, "Decided by itself")[0] == "\u2013"
    assert charts(page) == {}
    assert api.models().version in shown(page)


def test_the_window_is_chosen(api: Client, opened: Open) -> None:
    api.submit(BODY)
    page = opened("models", window="30 days")
    assert figure(page, "Predictions")[0] == "1"
    assert "In this time (30 days)" in shown(page)


def test_without_a_model_keyword_rules_are_said_to_answer(
    database: Database, tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none").mkdir()
    with (
        predictor_of(tmp_path / "none", Metrics(CollectorRegistry())) as predictor,
        served(pipeline_over(database, predictor)) as url,
        Client(url) as api,
    ):
        monkeypatch.setenv("INQUIRY_API_URL", url)
        api.submit(BODY)
        page = opened("models")
        assert not page.exception
        assert "No model is loaded: keyword rules answer" in shown(page)
        assert "The model is not what it should be." in shown(page)
        assert figure(page, "By keyword rules") == ("100.0\u202f%", "1")


def test_an_unsure_answer_of_keyword_rules_is_counted_once(
    api: Client, database: Database, tmp_path: Path, opened: Open
) -> None:
    (tmp_path / "none").mkdir()
    decided = api.submit(BODY).prediction
    with (
        predictor_of(tmp_path / "none", Metrics(CollectorRegistry())) as predictor,
        served(pipeline_over(database, predictor)) as url,
        Client(url) as without_model,
    ):
        unsure = without_model.submit("lorem ipsum dolor qwerty asdf").prediction
    assert decided is not None
    assert unsure is not None
    assert [(one.abstained, one.degraded) for one in (decided, unsure)] == [(False, False), (True, True)]
    page = opened("models")
    assert figure(page, "Decided by itself") == ("50.0\u202f%", "1")
    assert figure(page, "Suggested only") == ("0.0\u202f%", "0")
    assert figure(page, "By keyword rules") == ("50.0\u202f%", "1")
    assert figure(opened("live"), "Decided by itself") == ("50\u202f%", "last hour")

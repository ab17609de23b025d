"""System: how every part is and what to do about it; what is owed; dead letters, tried again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from streamlit.testing.v1 import AppTest

from inquiry_pipeline.client import Client, Health
from inquiry_pipeline.entrypoints.dashboard import asking
from inquiry_pipeline.nlp.predictor import Predictor
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store import statistics
from inquiry_pipeline.store.database import Database
from tests.dashboard.conftest import Open, shown
from tests.dashboard.seeing import charts, figure, row
from tests.support.dashboard import served
from tests.support.desk import RULES, pipeline_over

BODY = "I was charged twice for my October invoice. Please refund the second payment."


def bury(api: Client, pipeline: Pipeline, *, count: int, error: str = "ModelError: broken") -> list[UUID]:
    """Inquiries that were given up."""
    sent = [api.submit(f"{BODY} {number}", wait=False).id for number in range(count)]
    with pipeline.database.transaction() as connection:
        given_up = text(
            "UPDATE work SET dead_at = now(), last_error = :error, attempts = 5 WHERE inquiry_id = ANY(:of)"
        )
        connection.execute(given_up, {"error": error, "of": sent})
    return sent


@contextmanager
def closed(pipeline: Pipeline, server: str) -> Iterator[None]:
    """While this lasts, nobody gets into the pipeline's database."""
    engine = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with pipeline.database.transaction() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar_one()
    with engine.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
        )
        try:
            yield
        finally:
            connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    engine.dispose()


def said(page: AppTest) -> str:
    return " ".join(one.value for one in page.toast).replace("\\", "")


def pending(api: Client) -> tuple[int, int]:
    figures = api.pipeline_figures()
    return figures.pending, figures.dead


def test_the_figures_are_those_of_the_api(api: Client, opened: Open, pipeline: Pipeline) -> None:
    for number in range(3):
        api.submit(f"{BODY} {number}")
    api.submit(BODY, wait=False)
    bury(api, pipeline, count=2)
    page, known = opened("system"), api.pipeline_figures()
    assert not page.exception
    assert figure(page, "To be assessed")[0] == str(known.pending) == "1"
    assert figure(page, "Accepted")[0] == str(known.accepted_last_minute) == "6"
    assert figure(page, "Routed")[0] == str(known.routed_last_minute) == "3"
    assert figure(page, "Dead letters")[0] == str(known.dead) == "2"
    drawn = charts(page)["Inquiries accepted and routed in each minute of the last hour"]
    assert len(drawn) == 60
    assert (sum(one["accepted"] for one in drawn), sum(one["routed"] for one in drawn)) == (6, 3)


def test_the_health_of_every_part_is_told_in_words(api: Client, opened: Open) -> None:
    page, health = opened("system"), api.health()
    for part in ("API", "Database", "Model", "Cache", "Routing rules"):
        assert row(page, part)[1].endswith("Works")
    assert health.checks["model"].detail is not None
    assert health.checks["model"].detail in row(page, "Model")[3]
    assert api.rules().version in row(page, "Routing rules")[3]
    assert "It works; look at: Workers" in shown(page)
    assert row(page, "Workers")[1].endswith("Away")
    assert "<code>inquiry worker</code>" in shown(page)


def test_rules_that_cannot_be_taken_over_are_told_with_what_is_wrong(
    database: Database, predictor: Predictor, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES.read_text())
    with served(pipeline_over(database, predictor, rules=rules)) as url, Client(url) as api:
        monkeypatch.setenv("INQUIRY_API_URL", url)
        before = api.rules().version
        rules.write_text(RULES.read_text().replace("capacity: 3", "capacity: <b>many</b>"))
        api.consultants()  # whoever asks next sees the edit
        page = opened("system")
    assert row(page, "Routing rules")[1].endswith("Degraded")
    assert "A later edit was not taken." in row(page, "Routing rules")[3]
    assert row(page, "Routing rules")[3].endswith(f"version {before}")
    assert "<b>many" not in shown(page)
    assert "<code>inquiry rules check FILE</code>" in shown(page)


def test_without_the_database_the_health_is_still_told(
    api: Client, opened: Open, pipeline: Pipeline, postgres: str
) -> None:
    with closed(pipeline, postgres):
        page = opened("system")
        assert not page.exception
        assert row(page, "Database")[1].endswith("Away")
        assert "Nothing can be accepted at the moment" in shown(page)
        assert row(page, "Workers")[1].endswith("Not known")
        assert "The pipeline does not answer." not in shown(page)


def test_a_page_that_is_refused_while_the_api_answers_is_not_drawn_without_end(
    api: Client, opened: Open, pipeline: Pipeline, postgres: str
) -> None:
    with closed(pipeline, postgres):
        page = opened("queue")
    assert not page.exception
    assert "The pipeline cannot answer yet." in shown(page)


def test_a_dead_letter_is_tried_again(api: Client, opened: Open, pipeline: Pipeline) -> None:
    first, second = bury(api, pipeline, count=2, error="E: <script>broken</script>")
    page = opened("system")
    assert "E: &lt;script&gt;broken&lt;/script&gt;" in shown(page)
    assert "tried 5 times" in shown(page)
    page.button(key=f"retry-{first}").click().run()
    assert "It is tried again" in said(page)
    assert pending(api) == (1, 1)
    assert [one.inquiry_id for one in api.dead_letters()] == [second]
    assert str(second) in shown(page)
    assert str(first) not in shown(page)


def test_all_dead_letters_are_tried_again_at_once(api: Client, opened: Open, pipeline: Pipeline) -> None:
    bury(api, pipeline, count=23)
    page = opened("system")
    assert "The latest 20 of 23 are shown." in shown(page)
    page.button(key="retry-all").click().run()
    assert "23 inquiries are tried again" in said(page)
    assert pending(api) == (23, 0)
    assert "None: everything that was accepted was assessed" in shown(page)


def test_a_dead_letter_that_somebody_else_retried_is_no_error(api: Client, opened: Open, pipeline: Pipeline) -> None:
    [letter] = bury(api, pipeline, count=1)
    page = opened("system")
    api.retry(letter)
    page.button(key=f"retry-{letter}").click().run()
    assert not page.exception
    assert page.toast == []
    assert pending(api) == (1, 0)


def test_measurements_are_drawn_as_soon_as_there_are_some(api: Client, opened: Open, pipeline: Pipeline) -> None:
    assert "A worker measures once a minute" in shown(opened("system"))
    with pipeline.database.transaction() as connection:
        now = connection.execute(text("SELECT now()")).scalar_one()
        for minutes, value in ((12, 7.0), (6, 0.0)):
            at = now - timedelta(minutes=minutes)
            statistics.keep_measurements(connection, at, {"work_pending": value, "work_oldest_seconds": value / 2})
    asking.forget()
    drawn = charts(opened("system"))
    assert [one["value"] for one in drawn["Inquiries over the last day"]] == [7.0, 0.0]
    assert [one["value"] for one in drawn["Seconds over the last day"]] == [3.5, 0.0]


def test_where_nobody_measured_the_line_is_broken_and_all_have_one_time(
    api: Client, opened: Open, pipeline: Pipeline
) -> None:
    with pipeline.database.transaction() as connection:
        now = connection.execute(text("SELECT now()")).scalar_one()
        for minutes in (90, 84, 60, 30, 24):
            statistics.keep_measurements(connection, now - timedelta(minutes=minutes), {"work_pending": 1.0})
        for minutes in (18, 12):
            statistics.keep_measurements(connection, now - timedelta(minutes=minutes), {"work_oldest_seconds": 1.0})
    page, known = opened("system"), api.pipeline_figures().measurements
    drawn = charts(page)
    stretches = [(one["stretch"], one["alone"]) for one in drawn["Inquiries over the last day"]]
    assert stretches == [(1, False), (1, False), (2, True), (3, False), (3, False)]
    domains = [
        json.loads(one.proto.spec)["layer"][0]["encoding"]["x"]["scale"]["domain"]
        for one in page.get("vega_lite_chart")
        if one.proto.alt.endswith("over the last day")
    ]
    moments = known["work_pending"][0].at, known["work_oldest_seconds"][-1].at
    ends = [round(at.timestamp() * 1000) for at in moments]
    assert domains == [ends, ends]


def test_the_health_is_asked_once_for_all_who_look(api: Client, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Client] = []
    ask = Client.health

    def counted(client: Client) -> Health:
        asked.append(client)
        return ask(client)

    monkeypatch.setattr(Client, "health", counted)
    for _ in range(3):
        assert row(opened("system"), "Database")[1].endswith("Works")
    assert len(asked) == 1


def test_an_empty_database_says_what_to_do_next(api: Client, opened: Open) -> None:
    page = opened("system")
    assert not page.exception
    assert "Nothing came in during the last hour." in shown(page)
    assert "<code>inquiry demo</code>" in shown(page)
    assert "None: everything that was accepted was assessed" in shown(page)
    assert charts(page) == {}


@pytest.mark.parametrize("path", ["docs", "metrics", "health"])
def test_the_way_to_the_api_is_shown(api: Client, opened: Open, path: str) -> None:
    links = [one.proto.url for one in opened("system").get("link_button")]
    assert any(link.endswith(f"/api/v1/{path}") for link in links)

"""Rules, panels and alerts on the real thing: a pipeline under load, Prometheus, Alertmanager, mail and webhook.

The rules are the deployed ones, in a hurry (`hurry`). The tests build on each other, in their order: a whole
installation takes too long to start for each of them.
"""

import json
import re
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pytest
import yaml
from sqlalchemy import create_engine, text

from deploy.grafana.__main__ import dashboards
from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE
from tests.monitoring.binaries import needs_prometheus
from tests.monitoring.installation import Installation, installation
from tests.monitoring.load import ask, correct, everyday, messages, submit
from tests.monitoring.promtool import RULES
from tests.support.waiting import wait_until

pytestmark = [needs_prometheus, pytest.mark.usefixtures("asked_for"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def scene(asked_for: None, repository: Path) -> Iterator[Installation]:
    """An installation after some seconds of everyday load, in which a worker was killed."""
    with TemporaryDirectory(prefix="inquiry-") as name:
        folder = Path(name)
        rules = Path(shutil.copy(repository / "config" / "routing_rules.yaml", folder / "rules.yaml"))
        bundle = Path(shutil.copytree(DEFAULT_BUNDLE, folder / "bundle"))
        with installation(folder, bundle, rules) as scene:
            wait_until(lambda: bool(scene.query('up{job="inquiry-api"} == 1')))
            everyday(scene.service.port, 100)
            scene.workers()[0].kill()
            everyday(scene.service.port, 60)
            time.sleep(2)
            yield scene


def _rules() -> list[dict[str, Any]]:
    return [
        rule
        for path in sorted(RULES.glob("*.yml"))
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
    ]


def test_every_recording_rule_says_something(scene: Installation) -> None:
    recorded = {(one["record"], *sorted(one.get("labels", {}).items())) for one in _rules() if "record" in one}
    silent = []
    for name, *labels in sorted(recorded):
        matchers = ",".join(f'{key}="{value}"' for key, value in labels)
        if not _has_values(scene.course(f"{name}{{{matchers}}}")):
            silent.append(f"{name}{{{matchers}}}")
    assert silent == []


@pytest.mark.parametrize("name", sorted(dashboards()))
def test_every_panel_says_something(scene: Installation, name: str) -> None:
    panels = [panel for panel in json.loads(dashboards()[name])["panels"] if panel["type"] != "row"]
    empty = []
    for panel in panels:
        for target in panel["targets"]:
            expr = target["expr"].replace("$__rate_interval", "10s").replace("$department", ".*")
            if not _has_values(scene.course(expr)):
                empty.append(f"{panel['title']}: {target['expr']}")
    assert empty == []


def _has_values(series: list[dict[str, Any]]) -> bool:
    return any(value not in {"NaN", "+Inf"} for one in series for _, value in one["values"])


@pytest.mark.parametrize("name", sorted(dashboards()))
def test_every_choice_has_values(scene: Installation, name: str) -> None:
    variables = [one for one in json.loads(dashboards()[name])["templating"]["list"] if one["type"] == "query"]
    for variable in variables:
        metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]).groups()  # type: ignore[union-attr]
        assert {one["metric"][label] for one in scene.query(metric)} >= {"billing", "triage"}


def test_corrections_are_seen(scene: Installation) -> None:
    scene.expect_quiet("InquiryOverrideRate")
    items = ask(scene.service.port, "GET", "inquiries?limit=50&category=technical_support")[1]["items"]
    for one in items:
        correct(scene.service.port, one["id"], "product_feedback")
    scene.wait_for("InquiryOverrideRate", "ticket")


def test_a_broken_edit_of_the_rules_is_seen_until_it_is_put_right(scene: Installation) -> None:
    scene.expect_quiet("InquiryRulesRejected")
    right = scene.rules_file.read_text()
    scene.rules_file.write_text("departments: [\n")
    scene.wait_for("InquiryRulesRejected", "ticket")
    scene.rules_file.write_text(right)
    scene.wait_for_end("InquiryRulesRejected")


def test_inquiries_that_nobody_is_there_for_are_seen(scene: Installation) -> None:
    scene.expect_quiet("InquiryNobodyAvailable", "InquiryWaitingLong")
    port = scene.service.port
    away = [one["id"] for one in ask(port, "GET", "consultants")[1]["items"] if "hr" in one["departments"]]
    for consultant in away:
        assert ask(port, "PATCH", f"consultants/{consultant}", {"available": False})[0] == 200
    submit(port, messages(12, "hr_legal_en", category="hr"))
    scene.wait_for("InquiryNobodyAvailable", "ticket")
    _execute(scene, "UPDATE inquiries SET created_at = created_at - interval '1 hour' WHERE consultant_id IS NULL")
    scene.wait_for("InquiryWaitingLong", "ticket")
    for consultant in away:
        assert ask(port, "PATCH", f"consultants/{consultant}", {"available": True})[0] == 200
    scene.wait_for_end("InquiryNobodyAvailable")
    scene.wait_for_end("InquiryWaitingLong")


def test_a_dead_letter_is_seen_until_it_is_tried_again(scene: Installation) -> None:
    scene.expect_quiet("InquiryDeadLetters")
    _execute(
        scene,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF EXISTS (SELECT FROM inquiries WHERE id = NEW.inquiry_id AND body LIKE '%poison%')"
        " THEN RAISE EXCEPTION 'refused'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER refuse BEFORE INSERT ON predictions FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    [(status, answer)] = submit(scene.service.port, [{"subject": "", "body": "Is this mushroom poisonous? poison"}])
    assert status == 202
    scene.wait_for("InquiryDeadLetters", "ticket")
    _execute(scene, "DROP TRIGGER refuse ON predictions")
    assert ask(scene.service.port, "POST", f"dead-letters/{answer['id']}/retry")[0] == 202
    scene.wait_for_end("InquiryDeadLetters")


def _execute(scene: Installation, *statements: str) -> None:
    engine = create_engine(scene.service.database_url())
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_a_slow_database_is_seen(scene: Installation) -> None:
    scene.expect_quiet("InquiryDatabaseSaturated")
    port, engine = scene.service.port, create_engine(scene.service.database_url())
    done = threading.Event()

    def keep_submitting(number: int) -> None:
        while not done.is_set():
            ask(port, "POST", "inquiries/submit", {"body": f"The printer on floor {number} is out of paper."})

    with ThreadPoolExecutor(16) as pool:
        try:
            with engine.begin() as blocker:
                # Recording needs the consultants' rows: all threads of the API hold their connections and wait.
                blocker.execute(text("SELECT FROM consultants FOR UPDATE"))
                for number in range(16):
                    pool.submit(keep_submitting, number)
                scene.wait_for("InquiryDatabaseSaturated", "ticket")
        finally:
            done.set()
    engine.dispose()
    scene.wait_for("InquirySubmitSlow", "page")
    scene.wait_for("InquirySubmitSlow", "ticket")


def test_stopped_workers_are_told_by_mail_and_webhook_and_explain_the_rest(scene: Installation) -> None:
    scene.expect_quiet("InquiryWorkerSilent", "InquiryQueueOld", "InquiryQueueGrowing")
    workers = scene.workers()
    assert len(workers) == 3
    for worker in workers:
        worker.suspend()
    waiting = messages(130, "wave2_business_en")
    for start in range(0, len(waiting), 10):
        submit(scene.service.port, waiting[start : start + 10], Prefer="respond-async")
        time.sleep(0.5)
    scene.wait_for("InquiryWorkerSilent", "page")
    scene.wait_for("InquiryQueueOld", "page")
    scene.wait_for("InquiryQueueGrowing", "ticket")
    wait_until(lambda: "firing" in scene.hook.statuses("InquiryWorkerSilent"))
    wait_until(lambda: bool(scene.mailbox.about("InquiryWorkerSilent")))
    wait_until(lambda: {"InquiryQueueOld", "InquiryQueueGrowing"} <= scene.suppressed())
    for worker in workers:
        worker.resume()
    scene.wait_for("InquiryRoutingSlow", "page")
    scene.wait_for("InquiryRoutingSlow", "ticket")
    scene.wait_for_end("InquiryWorkerSilent")
    wait_until(lambda: "resolved" in scene.hook.statuses("InquiryWorkerSilent"))


def test_processes_that_die_again_and_again_are_seen(scene: Installation) -> None:
    scene.expect_quiet("InquiryProcessRestarting")
    for worker in scene.workers():
        worker.kill()
        time.sleep(2.5)
    scene.wait_for("InquiryProcessRestarting", "ticket")
    wait_until(lambda: len(scene.workers()) == 3)


def test_a_database_that_is_away_is_seen_and_explains_the_rest(scene: Installation) -> None:
    scene.expect_quiet("InquiryDatabaseDown", "InquirySubmitErrors")
    assert scene.service.process is not None
    supervisor = psutil.Process(scene.service.process.pid)
    lines = (scene.service.folder / "data" / "postgres" / "postmaster.pid").read_text().splitlines()
    supervisor.suspend()  # it would start the database again at once
    psutil.Process(int(lines[0])).send_signal(signal.SIGKILL)
    try:
        with _senders_who_go_on(scene, status=503):
            scene.wait_for("InquiryDatabaseDown", "page")
            scene.wait_for("InquirySubmitErrors", "page")
            scene.wait_for("InquirySubmitErrors", "ticket")
            wait_until(lambda: "InquirySubmitErrors" in scene.suppressed())
    finally:
        supervisor.resume()
    scene.wait_for_end("InquiryDatabaseDown")


@contextmanager
def _senders_who_go_on(scene: Installation, *, status: int) -> Iterator[None]:
    """Submit a message every quarter of a second; each is answered with this status."""
    done = threading.Event()

    def go_on() -> set[int]:
        statuses = set()
        while not done.wait(0.25):
            statuses.add(ask(scene.service.port, "POST", "inquiries/submit", {"body": "Please call me back."})[0])
        return statuses

    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(go_on)
        try:
            yield
        finally:
            done.set()
    assert sending.result() == {status}


def test_many_messages_that_the_model_does_not_know_are_seen(scene: Installation) -> None:
    scene.expect_quiet("InquiryAbstentionJump")
    for message in messages(150, "out_of_scope", "wave6_out_of_scope"):
        ask(scene.service.port, "POST", "inquiries/classify", {"body": message["body"]})
    scene.wait_for("InquiryAbstentionJump", "ticket")


def test_a_cache_that_is_gone_is_seen_and_so_are_alerts_that_cannot_be_delivered(scene: Installation) -> None:
    scene.expect_quiet("InquiryCacheFailing", "InquiryNotificationsFailing")
    scene.hook.status = 404
    scene.redis.stop()
    submit(scene.service.port, messages(40))
    scene.wait_for("InquiryCacheFailing", "ticket")
    scene.wait_for("InquiryNotificationsFailing", "ticket")
    scene.hook.status = 200


def test_an_api_that_is_gone_is_seen_and_keywords_that_stand_in_for_the_model(scene: Installation) -> None:
    scene.expect_quiet("InquiryApiDown", "InquiryModelFallback")
    assert scene.service.stop() == 0
    scene.wait_for("InquiryApiDown", "page")
    (scene.bundle / "heads.npz").unlink()
    scene.service.start()
    scene.wait_for_end("InquiryApiDown")
    with _senders_who_go_on(scene, status=201):  # a burst between two scrapes is no increase, and soon over
        scene.wait_for("InquiryModelFallback", "page")


def test_every_alert_was_seen_and_its_words_are_whole(scene: Installation) -> None:
    seen = scene.query('max_over_time(ALERTS{alertstate="firing",alertname=~"Inquiry.+"}[15m])')
    assert {(one["metric"]["alertname"], one["metric"]["severity"]) for one in seen} == {
        (one["alert"], one["labels"]["severity"]) for one in _rules() if "alert" in one
    }
    told = [alert["annotations"] for message in scene.hook.received for alert in message["alerts"]]
    for annotations in told:
        assert set(annotations) == {"summary", "description", "runbook_url"}
        assert annotations["runbook_url"].startswith("https://example.com/operations#inquiry")
        assert "<" not in str(annotations)  # <no value>, <error expanding template: ...>
    assert len({annotations["summary"] for annotations in told}) > 15

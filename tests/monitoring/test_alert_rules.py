"""Every other alert: it fires when its condition has lasted, and does not fire just below it."""

from pathlib import Path

import pytest
import yaml

from tests.monitoring.binaries import needs_prometheus
from tests.monitoring.promtool import RULES, Case, fires, run

_FILES = ("recording.yml", "alerts.yml")
_UP = {'up{job="inquiry-api",instance="a"}': "1x2000"}
_BEAT = 'inquiry_worker_last_round_timestamp_seconds{instance="a",worker="0"}'
_HEALTHY = _UP | {_BEAT: "0+60x2000"}
_PREDICTIONS = 'inquiry_model_predictions_total{task="category",label="billing"}'


def _case(about: str, series: dict[str, str], minutes: int, alert: str = "", severity: str = "ticket") -> Case:
    firing = fires(alert, severity) if alert else frozenset()
    return Case(about=about, series=_HEALTHY | series, minutes=minutes, fires=firing)


def _abstentions(share: int) -> dict[str, str]:
    """A day with a fifth of the messages left open, then three hours with this share, at a message a minute."""
    left_open = f"0+0.2x1440 {288 + share / 100}+{share / 100}x179"
    return {_PREDICTIONS: "0+1x1620", "inquiry_model_abstentions_total": left_open}


def _overrides(assessed: int, corrected: int) -> dict[str, str]:
    states = {"assessed": assessed, "judged": corrected, "corrected": corrected}
    return {f'inquiry_overrides_24h{{instance="a",state="{state}"}}': f"{n}x60" for state, n in states.items()}


def _fallbacks(each: int) -> dict[str, str]:
    return {_PREDICTIONS: "0+100x60", 'inquiry_model_fallbacks_total{reason="bundle"}': f"0+{each}x60"}


def _failures(course: str) -> dict[str, str]:
    return {'alertmanager_notifications_failed_total{integration="email"}': course}


def _restarts(course: str) -> dict[str, str]:
    return {'inquiry_process_restarts_total{instance="a",program="worker"}': course}


def _cache(errors: int) -> dict[str, str]:
    lookups = {"miss": 100 - errors, "error": errors}
    return {f'inquiry_prediction_cache_lookups_total{{result="{name}"}}': f"0+{n}x60" for name, n in lookups.items()}


def _pool(used: int) -> dict[str, str]:
    return {
        'inquiry_database_pool_in_use{instance="a",program="api"}': f"{used}x60",
        'inquiry_database_pool_size{instance="a",program="api"}': "20x60",
    }


def _memory(gigabytes: float) -> dict[str, str]:
    return {
        'inquiry_process_memory_bytes{instance="a",program="worker"}': f"{gigabytes * 2e9:.0f}x60",
        'inquiry_processes{instance="a",program="worker"}': "2x60",
    }


def _people(available: int, waiting: int) -> dict[str, str]:
    return {
        'inquiry_waiting{instance="a",department="hr"}': f"{waiting}x60",
        'inquiry_consultants{instance="a",department="hr",state="available"}': f"{available}x60",
        'inquiry_waiting{instance="a",department="legal"}': "0x60",
        'inquiry_consultants{instance="a",department="legal",state="available"}': "0x60",
    }


_CASES = [
    _case("the API is down", {'up{job="inquiry-api",instance="b"}': "1 0x60"}, 2, "InquiryApiDown", "page"),
    _case("one scrape of the API is missed", {'up{job="inquiry-api",instance="b"}': "1 0 1x60"}, 3),
    Case(about="no API is known", series={_BEAT: "0+60x60"}, minutes=2, fires=fires("InquiryApiDown", "page")),
    _case("the database is down", {'inquiry_database_up{instance="a"}': "1 0x60"}, 2, "InquiryDatabaseDown", "page"),
    _case("the database is up", {'inquiry_database_up{instance="a"}': "1x60"}, 2),
    Case(
        about="the worker is silent",
        series=_UP | {_BEAT: "0x60"},
        minutes=3,
        fires=fires("InquiryWorkerSilent", "page"),
    ),
    Case(about="a worker's round takes a minute", series=_UP | {_BEAT: "0 0 120 120 240 240 360"}, minutes=5),
    Case(about="no worker was started", series=_UP, minutes=2, fires=fires("InquiryWorkerSilent", "page")),
    _case(
        "one of two workers is silent",
        {'inquiry_worker_last_round_timestamp_seconds{instance="a",worker="1"}': "0x60"},
        10,
    ),
    _case(
        "a program starts three times in a quarter of an hour",
        {'inquiry_process_start_time_seconds{instance="a",program="api"}': "0 0 60 120 180x60"},
        6,
        "InquiryProcessRestarting",
    ),
    _case(
        "a program starts twice in a quarter of an hour",
        {'inquiry_process_start_time_seconds{instance="a",program="api"}': "0 0 60 120x60"},
        6,
    ),
    _case("a worker dies at its start, over and over", _restarts("0 1 2 3 4 5 6"), 5, "InquiryProcessRestarting"),
    _case("a worker is started again twice", _restarts("0x4 1 2x60"), 15),
    _case("nearly all connections are in use", _pool(19), 6, "InquiryDatabaseSaturated"),
    _case("many connections are in use", _pool(18), 20),
    _case("much memory", _memory(1.6), 20, "InquiryMemoryHigh"),
    _case("less memory", _memory(1.4), 20),
    _case("mail about tickets cannot be delivered", _failures("0x14 1x14 2x30"), 35, "InquiryNotificationsFailing"),
    _case("mail about pages cannot be delivered", _failures("0 0 1 1 2 2 3 3"), 7, "InquiryNotificationsFailing"),
    _case("one mail could not be delivered", _failures("0x14 1x60"), 35),
    _case("mail was delivered again", _failures("0x14 1x14 2x60"), 60),
    _case("the queue is old", {'inquiry_queue_oldest_seconds{instance="a"}': "61x60"}, 3, "InquiryQueueOld", "page"),
    _case("the queue is not old", {'inquiry_queue_oldest_seconds{instance="a"}': "60x60"}, 30),
    _case(
        "the queue grows",
        {'inquiry_queue_depth{instance="a",state="pending"}': "101+1x60"},
        20,
        "InquiryQueueGrowing",
    ),
    _case("a small queue grows", {'inquiry_queue_depth{instance="a",state="pending"}': "60+1x40"}, 40),
    _case("a long queue shrinks", {'inquiry_queue_depth{instance="a",state="pending"}': "500-1x60"}, 40),
    _case("a dead letter", {'inquiry_queue_depth{instance="a",state="dead"}': "1x60"}, 2, "InquiryDeadLetters"),
    _case("no dead letter", {'inquiry_queue_depth{instance="a",state="dead"}': "0x60"}, 30),
    _case("keywords answer six of a hundred", _fallbacks(6), 10, "InquiryModelFallback", "page"),
    _case("keywords answer five of a hundred", _fallbacks(5), 30),
    _case("far more is left open", _abstentions(40), 1560, "InquiryAbstentionJump"),
    _case("a little more is left open", _abstentions(29), 1560),
    _case("a tenth and more is overridden", _overrides(1000, 101), 40, "InquiryOverrideRate"),
    _case("a tenth is overridden", _overrides(1000, 100), 60),
    _case("half of very few is overridden", _overrides(50, 25), 60),
    _case("the cache fails often", _cache(11), 20, "InquiryCacheFailing"),
    _case("the cache fails now and then", _cache(10), 30),
    _case("everybody is away", _people(0, 3), 11, "InquiryNobodyAvailable"),
    _case("nobody has time", _people(2, 3), 30),
    _case("everybody is away and nothing waits", _people(0, 0), 30),
    _case(
        "a long wait",
        {'inquiry_waiting_oldest_seconds{instance="a",department="hr"}': "14401x60"},
        6,
        "InquiryWaitingLong",
    ),
    _case("a wait", {'inquiry_waiting_oldest_seconds{instance="a",department="hr"}': "14400x60"}, 30),
    _case("an edit is rejected", {'inquiry_routing_rules_rejected{instance="a"}': "1x60"}, 2, "InquiryRulesRejected"),
    _case("no edit is rejected", {'inquiry_routing_rules_rejected{instance="a"}': "0x60"}, 30),
]


@needs_prometheus
@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.about)
def test_an_alert_fires_when_it_should_and_not_before(case: Case, tmp_path: Path) -> None:
    run(case, tmp_path, files=_FILES)


def test_every_alert_is_seen_firing_and_not_firing() -> None:
    groups = yaml.safe_load((RULES / "alerts.yml").read_text())["groups"]
    alerts = {(rule["alert"], rule["labels"]["severity"]) for group in groups for rule in group["rules"]}
    fired = frozenset().union(*(case.fires for case in _CASES))
    assert fired == alerts
    assert len([case for case in _CASES if not case.fires]) >= len(alerts)

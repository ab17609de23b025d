"""The alerts on objectives: they fire just above their speed of burning the error budget, and not just below."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.monitoring.binaries import needs_prometheus
from tests.monitoring.promtool import Case, fires, run

pytestmark = needs_prometheus

_SUBMIT = 'method="POST",route="/api/v1/inquiries/submit"'
_FILES = ("slo.yml", "slo_alerts.yml")
_STEP = 2
"""Minutes between two values of a series: enough for a window of five minutes."""

Series = Callable[[int, int, float, float], dict[str, str]]


def _course(quiet: int, before: float, minutes: int, after: float) -> str:
    """A counter that grows by `before` a step for `quiet` minutes, and by `after` for the minutes that follow."""
    end = before * (quiet // _STEP)
    return f"0+{before}x{quiet // _STEP} {end + after}+{after}x{minutes // _STEP - 1}"


def _failed(quiet: int, minutes: int, total: float, bad: float) -> dict[str, str]:
    return {
        f'inquiry_http_requests_total{{{_SUBMIT},status="201"}}': _course(quiet, total, minutes, total - bad),
        f'inquiry_http_requests_total{{{_SUBMIT},status="503"}}': _course(quiet, 0, minutes, bad),
        # What others fail at is no business of this objective.
        'inquiry_http_requests_total{method="GET",route="/x",status="503"}': _course(quiet, total, minutes, total),
    }


def _slow(quiet: int, minutes: int, total: float, bad: float) -> dict[str, str]:
    metric = "inquiry_http_request_seconds"
    return {
        f'{metric}_bucket{{{_SUBMIT},le="0.25"}}': _course(quiet, total, minutes, total - bad),
        f"{metric}_count{{{_SUBMIT}}}": _course(quiet, total, minutes, total),
    }


def _late(quiet: int, minutes: int, total: float, bad: float) -> dict[str, str]:
    metric = "inquiry_pipeline_seconds_to_route"
    return {
        f'{metric}_bucket{{le="5.0"}}': _course(quiet, total, minutes, total - bad),
        f"{metric}_count": _course(quiet, total, minutes, total),
    }


_OBJECTIVES: Mapping[str, tuple[Series, int]] = {
    "InquirySubmitErrors": (_failed, 10_000),
    "InquirySubmitSlow": (_slow, 1_000),
    "InquiryRoutingSlow": (_late, 1_000),
}
"""For each alert its series, and the number of inquiries a minute of which ten are the budget."""

_SPEEDS = {
    # quiet minutes before it, minutes, bad ones of those of which ten are the budget, the severity and whether it fires
    "an hour above 14.4 times the budget": (720, 60, 146, "page", True),
    "an hour below 14.4 times the budget": (720, 60, 142, "page", False),
    "six hours above 6 times the budget": (720, 360, 62, "page", True),
    "six hours below 6 times the budget": (720, 360, 58, "page", False),
    "a day above 3 times the budget": (2880, 1440, 31, "ticket", True),
    "three quarters of a day below 3 times the budget": (2880, 1080, 29, "ticket", False),
    "three days above the budget": (0, 4320, 11, "ticket", True),
    "three days below the budget": (0, 4320, 9, "ticket", False),
}


@pytest.mark.parametrize("alert", _OBJECTIVES)
@pytest.mark.parametrize("speed", _SPEEDS)
def test_an_objective_alerts_above_its_speed_and_not_below(alert: str, speed: str, tmp_path: Path) -> None:
    series, total = _OBJECTIVES[alert]
    quiet, minutes, bad, severity, alerts = _SPEEDS[speed]
    case = Case(
        about=speed,
        series=series(quiet, minutes, total, bad),
        step=_STEP,
        minutes=quiet + minutes,
        severity=severity,
        fires=fires(alert, severity) if alerts else frozenset(),
    )
    run(case, tmp_path, files=_FILES, evaluated_every="30m")


@pytest.mark.parametrize("alert", _OBJECTIVES)
@pytest.mark.parametrize(("misses", "paged"), [(4, False), (6, True)])
def test_nobody_is_paged_for_a_few_misses_in_a_quiet_hour(alert: str, misses: int, paged: bool, tmp_path: Path) -> None:
    series, _ = _OBJECTIVES[alert]
    case = Case(
        about=f"{misses} of ten, and no other in the hour",
        series=series(0, 10, 2, misses / 5),
        step=_STEP,
        minutes=10,
        severity="page",
        fires=fires(alert, "page") if paged else frozenset(),
    )
    run(case, tmp_path, files=_FILES, evaluated_every="1m")


def test_without_traffic_nothing_fires(tmp_path: Path) -> None:
    series = _failed(0, 600, 0, 0) | _slow(0, 600, 0, 0) | _late(0, 600, 0, 0)
    case = Case(about="no traffic", series=series, minutes=600, step=_STEP)
    run(case, tmp_path, files=_FILES, evaluated_every="10m")


@pytest.mark.parametrize(("minutes", "firing"), [(780, True), (800, False)])
def test_an_alert_ends_soon_after_its_cause(minutes: int, firing: bool, tmp_path: Path) -> None:
    # 360 steps of good answers, 30 steps in which three of a hundred fail, 30 good ones again.
    series = {
        f'inquiry_http_requests_total{{{_SUBMIT},status="201"}}': "0+100x360 36097+97x29 39010+100x29",
        f'inquiry_http_requests_total{{{_SUBMIT},status="503"}}': "0x360 3+3x29 90x29",
    }
    expected = fires("InquirySubmitErrors", "page") if firing else frozenset()
    case = Case(about="over", series=series, minutes=minutes, step=_STEP, severity="page", fires=expected)
    run(case, tmp_path, files=_FILES, evaluated_every="10m")

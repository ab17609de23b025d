"""The HTTP API: how much is asked, how fast it answers, what it refuses, what fails."""

from typing import Final

from deploy.grafana.board import Board, Row
from deploy.grafana.panels import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    Frame,
    Panel,
    Query,
    Steps,
    figure,
    heat,
    or_nothing,
    quantiles,
    series,
)

_SUBMIT: Final = 'method="POST",route="/api/v1/inquiries/submit"'
_ASKED: Final = 'route!~".*/(metrics|health.*)"'


def board() -> Board:
    """The API."""
    return Board(
        name="api",
        title="Inquiries: API",
        says="Requests, their speed, and what did not succeed.",
        rows=(
            Row("Now", _now()),
            Row("Requests", _requests()),
            Row("Submitting an inquiry", (*_submits(), *_stages())),
            Row("Refused and failed", _failures()),
            Row("Database", _database()),
        ),
    )


def _now() -> tuple[Panel, ...]:
    frame = Frame(unit="short", width=6, height=4)
    return (
        figure(
            "Requests a second",
            "All requests but health checks and scrapes, an average of the last five minutes.",
            Query(f"sum(inquiry:http_requests:rate5m{{{_ASKED}}})"),
            Frame(unit="reqps", width=6, height=4),
        ),
        figure(
            "Requests under way",
            "Requests that have arrived and are not answered yet. Each API process works on INQUIRY_API_THREADS at"
            " a time; the others wait.",
            Query("sum(inquiry_http_requests_in_progress)"),
            frame,
        ),
        figure(
            "Server errors",
            "Share of all requests of the last five minutes that ended with 5xx.",
            Query("inquiry:http_server_errors:ratio_rate5m"),
            Frame(unit="percentunit", width=6, height=4, decimals=2),
            Steps(look=0.001, bad=0.01),
        ),
        figure(
            "API processes",
            "Living API processes of all machines.",
            Query('sum(inquiry_processes{program="api"})'),
            frame,
            Steps(look=0.5, bad=0, falling=True),
        ),
    )


def _requests() -> tuple[Panel, ...]:
    return (
        series(
            "By route",
            "Requests a second by route; health checks and scrapes are left out.",
            [Query(f"sum by (method, route) (inquiry:http_requests:rate5m{{{_ASKED}}})", "{{method}} {{route}}")],
            Frame(unit="reqps", width=12),
            stacked=True,
        ),
        series(
            "By status",
            "Requests a second by status code; health checks and scrapes are left out.",
            [Query(f"sum by (status) (inquiry:http_requests:rate5m{{{_ASKED}}})", "{{status}}")],
            Frame(unit="reqps", width=12),
            stacked=True,
        ),
        series(
            "Slowest routes, 95 %",
            "95 of 100 requests of a route were answered in at most this time; the ten slowest routes.",
            [
                Query(
                    f'topk(10, inquiry:http_request_seconds:quantile_rate5m{{quantile="0.95",{_ASKED}}})',
                    "{{method}} {{route}}",
                )
            ],
            Frame(unit="s", width=24),
        ),
    )


def _submits() -> tuple[Panel, ...]:
    return (
        series(
            "Time to the answer",
            "Time of POST inquiries/submit, from a request's arrival to its answer. Promise: 99 % within 250 ms.",
            quantiles("inquiry:http_request_seconds:quantile_rate5m", by=_SUBMIT),
            Frame(unit="s"),
        ),
        heat(
            "Times, spread",
            "How many submits were answered in which time.",
            Query(f"sum by (le) (rate(inquiry_http_request_seconds_bucket{{{_SUBMIT}}}[$__rate_interval]))", "{{le}}"),
            Frame(unit="s"),
        ),
        series(
            "Answers",
            "201: assessed at once. 202: accepted, a worker assesses it. 4xx: refused. 5xx: failed.",
            [Query(f"sum by (status) (inquiry:http_requests:rate5m{{{_SUBMIT}}})", "{{status}}")],
            Frame(unit="reqps"),
            stacked=True,
        ),
    )


def _stages() -> tuple[Panel, ...]:
    return (
        series(
            "Stages, 95 %",
            "95 of 100 calls of each stage took at most this time; a worker's batch counts as one call.",
            [Query('inquiry:pipeline_stage_seconds:quantile_rate5m{quantile="0.95"}', "{{stage}}")],
            Frame(unit="s", width=12),
        ),
        series(
            "Left to a worker",
            "Inquiries a second that a request accepted and could not finish. Usually 0; none of them is lost.",
            [Query("sum(rate(inquiry_pipeline_left_to_worker_total[$__rate_interval]))", "left to a worker", ORANGE)],
            Frame(unit="reqps", width=12),
        ),
    )


def _failures() -> tuple[Panel, ...]:
    return (
        series(
            "Refused",
            "Requests a second with a 4xx answer, by route: mistakes of callers.",
            [
                Query(
                    or_nothing('sum by (route, status) (inquiry:http_requests:rate5m{status=~"4.."})', label="route"),
                    "{{status}} {{route}}",
                )
            ],
            Frame(unit="reqps"),
            stacked=True,
        ),
        series(
            "Failed",
            "Requests a second with a 5xx answer, by route. 503: the database is away, or busy for too long.",
            [
                Query(
                    or_nothing('sum by (route, status) (inquiry:http_requests:rate5m{status=~"5.."})', label="route"),
                    "{{status}} {{route}}",
                )
            ],
            Frame(unit="reqps"),
            stacked=True,
        ),
        series(
            "Unexpected errors",
            "Requests a second that ended in an error nobody foresaw, by its kind. The log has each under its"
            " request id.",
            [
                Query(
                    or_nothing(
                        "sum by (route, error) (rate(inquiry_http_failures_total[$__rate_interval]))", label="error"
                    ),
                    "{{error}} {{route}}",
                )
            ],
            Frame(unit="reqps"),
            stacked=True,
        ),
    )


def _database() -> tuple[Panel, ...]:
    return (
        series(
            "Reachable",
            "1 where the database answers, by machine.",
            [Query("inquiry_database_up", "{{instance}}")],
            Frame(unit="short", most=1, decimals=0),
        ),
        series(
            "Time of a question and its answer",
            "Measured at every scrape.",
            [Query("inquiry_database_latency_seconds", "{{instance}}")],
            Frame(unit="s"),
        ),
        series(
            "Connections",
            "Connections in use, and how many may be, by program.",
            [
                Query('sum(inquiry_database_pool_in_use{program="api"})', "API, in use", BLUE),
                Query('sum(inquiry_database_pool_size{program="api"})', "API, at most", SKY),
                Query('sum(inquiry_database_pool_in_use{program="worker"})', "worker, in use", GREEN),
                Query('sum(inquiry_database_pool_size{program="worker"})', "worker, at most", PURPLE),
            ],
            Frame(unit="short"),
        ),
    )

"""How the pipeline is, at a glance: promises, what deserves a look, where it goes."""

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
    or_nothing,
    quantiles,
    series,
)

_BUDGETS: Final = (
    ("submit_availability", "0.001", "submits acknowledged", BLUE),
    ("submit_latency", "0.01", "submits within 250 ms", ORANGE),
    ("routing", "0.01", "routed within 5 s", PURPLE),
)
_SMALL: Final = Frame(unit="short", width=4, height=4)
_SHARE: Final = Frame(unit="percentunit", width=4, height=4, decimals=2)


def board() -> Board:
    """The overview."""
    return Board(
        name="overview",
        title="Inquiries: overview",
        says="How the pipeline is, at a glance. docs/operations.md says what to do about alerts.",
        rows=(
            Row("Promises", (*_promises(), *_speed())),
            Row("What deserves a look", (*_queues(), *_answers())),
            Row("Flow", _flow()),
            Row("Error budgets", _budgets()),
            Row("Programs", (*_programs(), *_alerts())),
        ),
    )


def _promises() -> tuple[Panel, ...]:
    kept = "1 - inquiry:slo_errors:ratio_rate1h"
    return (
        figure(
            "Inquiries a minute",
            "Inquiries accepted, as an average of the last five minutes.",
            Query("sum(inquiry:pipeline_accepted:rate5m) * 60"),
            Frame(unit="short", width=4, height=4, decimals=1),
        ),
        figure(
            "Acknowledged",
            "Share of the submits of the last hour that were answered without a server error. Promise: 99.9 %.",
            Query(f'{kept}{{slo="submit_availability"}}'),
            _SHARE,
            Steps(look=0.9995, bad=0.999, falling=True),
        ),
        figure(
            "Answered within 250 ms",
            "Share of the submits of the last hour that were answered within 250 ms. Promise: 99 %.",
            Query(f'{kept}{{slo="submit_latency"}}'),
            _SHARE,
            Steps(look=0.995, bad=0.99, falling=True),
        ),
        figure(
            "Routed within 5 s",
            "Share of the inquiries of the last hour that were routed within 5 s of being accepted. Promise: 99 %.",
            Query(f'{kept}{{slo="routing"}}'),
            _SHARE,
            Steps(look=0.995, bad=0.99, falling=True),
        ),
    )


def _speed() -> tuple[Panel, ...]:
    return (
        figure(
            "Submit, 95 %",
            "95 of 100 submits of the last five minutes were answered in at most this time.",
            Query('max(inquiry:http_request_seconds:quantile_rate5m{route=~".*/submit",quantile="0.95"})'),
            Frame(unit="s", width=4, height=4),
            Steps(look=0.1, bad=0.25),
        ),
        figure(
            "Alerts",
            "Alerts that are firing now.",
            Query(or_nothing('count(ALERTS{alertstate="firing",alertname=~"Inquiry.+"})')),
            _SMALL,
            Steps(look=1, bad=3),
        ),
    )


def _queues() -> tuple[Panel, ...]:
    return (
        figure(
            "Owed an assessment",
            "Inquiries accepted and not assessed yet. Usually none for longer than a second.",
            Query('inquiry:queue_depth:max{state="pending"}'),
            _SMALL,
            Steps(look=50, bad=100),
        ),
        figure(
            "Dead letters",
            "Inquiries given up after their last attempt, waiting to be tried again by a person.",
            Query('inquiry:queue_depth:max{state="dead"}'),
            _SMALL,
            Steps(look=1, bad=10),
        ),
        figure(
            "Waiting for somebody",
            "Inquiries that no consultant could take yet, over all departments.",
            Query("sum(inquiry:waiting:max)"),
            _SMALL,
            Steps(look=20, bad=100),
        ),
    )


def _answers() -> tuple[Panel, ...]:
    return (
        figure(
            "Answered by keywords",
            "Share of the predictions that keyword rules gave because the model could not. Usually 0.",
            Query("inquiry:model_fallbacks:ratio_rate5m"),
            _SHARE,
            Steps(look=0.01, bad=0.05),
        ),
        figure(
            "Left open by the model",
            "Share of the predictions of the last hour whose category is a suggestion only; triage reads those.",
            Query("inquiry:model_abstentions:ratio_rate1h"),
            _SHARE,
            Steps(look=0.35, bad=0.5),
        ),
        figure(
            "Overridden",
            "Share of the last day's inquiries whose category somebody corrected.",
            Query("inquiry:overrides:ratio_24h"),
            _SHARE,
            Steps(look=0.07, bad=0.1),
        ),
    )


def _flow() -> tuple[Panel, ...]:
    return (
        series(
            "Accepted and recorded",
            "Inquiries a second that were stored, and that were assessed and given their place. The lines lie on"
            " each other while nothing is held up.",
            [
                Query("sum(inquiry:pipeline_accepted:rate5m)", "accepted", BLUE),
                Query("sum(inquiry:pipeline_recorded:rate5m)", "recorded", GREEN),
            ],
            Frame(unit="reqps"),
        ),
        series(
            "Time to a decision",
            "From an inquiry's acceptance to its stored routing decision.",
            quantiles("inquiry:pipeline_seconds_to_route:quantile_rate5m"),
            Frame(unit="s"),
        ),
        series(
            "Where they go",
            "Routing decisions a second by department, those made again for waiting inquiries included.",
            [Query("sum by (department) (inquiry:routing_decisions:rate5m)", "{{department}}")],
            Frame(unit="reqps"),
            stacked=True,
        ),
    )


def _budgets() -> tuple[Panel, ...]:
    def burn(window: str) -> list[Query]:
        return [
            Query(f'inquiry:slo_errors:ratio_rate{window}{{slo="{slo}"}} / {budget}', legend, colour)
            for slo, budget, legend, colour in _BUDGETS
        ]

    says = (
        "How fast the error budget of each promise is being used: at 1 it lasts exactly its 30 days. Over 14.4 in an"
        " hour or 6 in six hours somebody is paged."
    )
    return (
        series("Use of the budgets, one hour", says, burn("1h"), Frame(unit="short")),
        series("Use of the budgets, six hours", says, burn("6h"), Frame(unit="short")),
        series("Use of the budgets, three days", says, burn("3d"), Frame(unit="short")),
    )


def _programs() -> tuple[Panel, ...]:
    return (
        series(
            "Living processes",
            "API and worker processes of all machines.",
            [Query("sum by (program) (inquiry_processes)", "{{program}}")],
            Frame(unit="short", width=6, decimals=0),
        ),
        series(
            "Memory",
            "Resident memory of all processes of a program.",
            [Query("sum by (program) (inquiry_process_memory_bytes)", "{{program}}")],
            Frame(unit="bytes", width=6),
        ),
        series(
            "Processor",
            "Processor cores that the programs keep busy.",
            [Query("sum by (program) (rate(inquiry_process_cpu_seconds_total[$__rate_interval]))", "{{program}}")],
            Frame(unit="short", width=6),
            stacked=True,
        ),
        series(
            "Time since a worker's last round",
            "Below a second or two while a worker is at work; a large batch may take longer. Over a minute an alert"
            " follows.",
            [Query("time() - max(inquiry_worker_last_round_timestamp_seconds)", "last round", SKY)],
            Frame(unit="s", width=6),
        ),
    )


def _alerts() -> tuple[Panel, ...]:
    return (
        series(
            "Alerts",
            "Which alerts are firing.",
            [
                Query(
                    or_nothing(
                        'sum by (alertname) (ALERTS{alertstate="firing",alertname=~"Inquiry.+"})', label="alertname"
                    ),
                    "{{alertname}}",
                )
            ],
            Frame(unit="short", width=24, height=6, decimals=0),
            stacked=True,
        ),
    )

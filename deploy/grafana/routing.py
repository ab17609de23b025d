"""Decisions, queues, workers and people: who gets what, and what waits."""

from typing import Final

from deploy.grafana.board import Board, Row
from deploy.grafana.panels import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
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

_CHOSEN: Final = 'department=~"$department"'
_SMALL: Final = Frame(unit="short", width=4, height=4)
_RATE: Final = Frame(unit="reqps")
_PRIORITIES: Final = {"low": SKY, "normal": BLUE, "high": ORANGE, "urgent": VERMILION}


def board() -> Board:
    """Routing and queues."""
    return Board(
        name="routing",
        title="Inquiries: routing and queues",
        says="Who gets what, what waits for whom, and how the workers keep up.",
        by_department=True,
        rows=(
            Row("Now", (*_owed(), *_waiting_now())),
            Row("Decisions", _decisions()),
            Row("Priority and escalation", _priority()),
            Row("People", _people()),
            Row("The queue of assessments", _queue()),
            Row("Workers", (*_workers(), *_trouble())),
        ),
    )


def _owed() -> tuple[Panel, ...]:
    return (
        figure(
            "Owed an assessment",
            "Inquiries accepted and not assessed yet, in all. Usually none for longer than a second.",
            Query('inquiry:queue_depth:max{state="pending"}'),
            _SMALL,
            Steps(look=50, bad=100),
        ),
        figure(
            "Oldest of them",
            "Age of the oldest inquiry that is owed an assessment. Over a minute an alert follows.",
            Query("inquiry:queue_oldest_seconds:max"),
            Frame(unit="s", width=4, height=4),
            Steps(look=10, bad=60),
        ),
        figure(
            "Dead letters",
            "Inquiries given up after their last attempt. `GET /api/v1/dead-letters` lists them with their errors.",
            Query('inquiry:queue_depth:max{state="dead"}'),
            _SMALL,
            Steps(look=1, bad=10),
        ),
    )


def _waiting_now() -> tuple[Panel, ...]:
    away = f'max by (department) (inquiry_consultants{{state="available",{_CHOSEN}}}) == 0'
    return (
        figure(
            "Waiting for somebody",
            "Inquiries of the chosen departments that no consultant could take yet.",
            Query(f"sum(inquiry:waiting:max{{{_CHOSEN}}})"),
            _SMALL,
            Steps(look=20, bad=100),
        ),
        figure(
            "Longest wait",
            "Time since the oldest of them was accepted.",
            Query(f"max(inquiry:waiting_oldest_seconds:max{{{_CHOSEN}}})"),
            Frame(unit="s", width=4, height=4),
            Steps(look=3600, bad=14400),
        ),
        figure(
            "Departments without anybody",
            "Chosen departments in which every consultant is away.",
            Query(or_nothing(f"count({away})")),
            _SMALL,
            Steps(look=1, bad=3),
        ),
    )


def _decisions() -> tuple[Panel, ...]:
    chosen = f"inquiry:routing_decisions:rate5m{{{_CHOSEN}}}"
    states = (("assigned", "to somebody", GREEN), ("waiting", "to the queue", ORANGE))
    return (
        series(
            "By department",
            "Decisions a second, those made again for waiting inquiries included.",
            [Query(f"sum by (department) ({chosen})", "{{department}}")],
            _RATE,
            stacked=True,
        ),
        series(
            "Given to somebody",
            "Decisions a second that found a consultant, and that left the inquiry in its department's queue.",
            [
                Query(or_nothing(f'sum({chosen[:-1]},state="{state}"}})'), legend, colour)
                for state, legend, colour in states
            ],
            _RATE,
            stacked=True,
        ),
        series(
            "By category, and triage",
            "Inquiries recorded a second by predicted category; below them decisions for triage.",
            [
                Query("sum by (category) (rate(inquiry_routing_categories_total[$__rate_interval]))", "{{category}}"),
                Query("sum(rate(inquiry_routing_triaged_total[$__rate_interval]))", "for triage", GREY),
            ],
            _RATE,
        ),
    )


def _priority() -> tuple[Panel, ...]:
    chosen = f"inquiry:routing_decisions:rate5m{{{_CHOSEN}}}"
    return (
        series(
            "By priority",
            "Decisions a second by priority band; bands with names of their own have colours of their own.",
            [
                *(
                    Query(or_nothing(f'sum({chosen[:-1]},priority="{band}"}})'), band, colour)
                    for band, colour in _PRIORITIES.items()
                ),
                Query(
                    or_nothing(
                        f'sum by (priority) ({chosen[:-1]},priority!~"{"|".join(_PRIORITIES)}"}})',
                        label="priority",
                    ),
                    "{{priority}}",
                ),
            ],
            _RATE,
            stacked=True,
        ),
        heat(
            "Priority scores",
            "How many decisions had which score, of all departments.",
            Query("sum by (le) (rate(inquiry_routing_priority_score_bucket[$__rate_interval]))", "{{le}}"),
            Frame(unit="short"),
        ),
        series(
            "Escalations",
            "Escalated decisions a second, by department and level.",
            [
                Query(
                    or_nothing(
                        f"sum by (department, level) (inquiry:routing_escalations:rate5m{{{_CHOSEN}}})",
                        label="department",
                    ),
                    "{{department}} {{level}}",
                )
            ],
            _RATE,
            stacked=True,
        ),
    )


def _people() -> tuple[Panel, ...]:
    return (
        series(
            "Waiting, by department",
            "Inquiries that wait for a consultant: all there are away or have as many as they may have.",
            [Query(f"inquiry:waiting:max{{{_CHOSEN}}}", "{{department}}")],
            Frame(unit="short"),
            stacked=True,
        ),
        series(
            "Longest wait, by department",
            "Time since the oldest inquiry that waits was accepted. Over four hours an alert follows.",
            [Query(f"inquiry:waiting_oldest_seconds:max{{{_CHOSEN}}}", "{{department}}")],
            Frame(unit="s"),
        ),
        series(
            "There to work",
            "Consultants who are not away; who is in two departments counts in both.",
            [
                Query(
                    f'max by (department) (inquiry_consultants{{state="available",{_CHOSEN}}})',
                    "{{department}}",
                )
            ],
            Frame(unit="short", decimals=0),
        ),
    )


def _queue() -> tuple[Panel, ...]:
    return (
        series(
            "Owed an assessment",
            "Inquiries accepted and not assessed yet, and those given up.",
            [
                Query('inquiry:queue_depth:max{state="pending"}', "owed", BLUE),
                Query('inquiry:queue_depth:max{state="dead"}', "given up", VERMILION),
            ],
            Frame(unit="short"),
        ),
        series(
            "Age of the oldest",
            "How long the oldest inquiry that is owed an assessment has been waiting.",
            [Query("inquiry:queue_oldest_seconds:max", "oldest", ORANGE)],
            Frame(unit="s"),
        ),
        series(
            "Time to a decision",
            "From an inquiry's acceptance to its stored routing decision. Promise: 99 % within 5 s.",
            quantiles("inquiry:pipeline_seconds_to_route:quantile_rate5m"),
            Frame(unit="s"),
        ),
    )


def _workers() -> tuple[Panel, ...]:
    return (
        series(
            "Recorded, by whom",
            "Inquiries a second that requests finished by themselves, and that workers finished.",
            [Query("inquiry:pipeline_recorded:rate5m", "{{by}}")],
            _RATE,
            stacked=True,
        ),
        series(
            "Rounds of the workers",
            "Rounds a second of all workers together: stands still when none is at work.",
            [Query("sum(rate(inquiry_worker_rounds_total[$__rate_interval]))", "rounds", PURPLE)],
            Frame(unit="reqps"),
        ),
        series(
            "Time since the last round",
            "By worker. One that died shows until its successor's first round.",
            [Query("time() - inquiry_worker_last_round_timestamp_seconds", "worker {{worker}}")],
            Frame(unit="s"),
        ),
    )


def _trouble() -> tuple[Panel, ...]:
    def rate(metric: str) -> str:
        return f"sum(rate(inquiry_pipeline_{metric}_total[$__rate_interval]))"

    return (
        series(
            "Attempts",
            "Attempts a second to assess and record; failed ones are tried again, after the last one given up.",
            [
                Query(rate("assessed"), "assessed", BLUE),
                Query(rate("attempts_failed"), "failed, tried again", ORANGE),
                Query(rate("dead_letters"), "given up", VERMILION),
            ],
            Frame(unit="reqps", width=12),
        ),
        series(
            "Taken over",
            "Inquiries a second that were given back to a worker, or that another process finished first. Nothing is"
            " written twice.",
            [
                Query(rate("left_to_worker"), "left to a worker", GREEN),
                Query(rate("leases_lost"), "finished by another", GREY),
            ],
            Frame(unit="reqps", width=6),
        ),
        series(
            "Edits of the rules",
            "Edits that the processes took over or rejected within the last hour, each process counted.",
            [Query("sum by (result) (increase(inquiry_routing_rules_reloads_total[1h]))", "{{result}}")],
            Frame(unit="short", width=6),
        ),
    )

"""Team: how much comes in, where it goes and how urgent it is; who has how much to do; what waits."""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from inquiry_pipeline.client import ConsultantFigures, Escalations, Priorities, Scores, Series, Statistics
from inquiry_pipeline.entrypoints.dashboard import (
    badges,
    blocks,
    charts,
    connection,
    formatting,
    frame,
    palette,
    tables,
    window,
    workload,
)
from inquiry_pipeline.entrypoints.dashboard.asking import recent
from inquiry_pipeline.entrypoints.dashboard.connection import api
from inquiry_pipeline.entrypoints.dashboard.tables import Column
from inquiry_pipeline.entrypoints.dashboard.window import Window

_SCALE: Final = "the tick has half of them below it, the bar nine tenths"
_NOTICEABLE: Final = 0.005
"""Changes below this are shown as 0 %."""
_SENTIMENTS: Final = ("negative", "neutral", "positive")
_URGENCIES: Final = ("critical", "high", "medium", "low")
_SPLITS: Final[Mapping[str, str]] = {
    "category": "Category",
    "department": "Department",
    "channel": "Channel",
    "total": "Total",
}


def page() -> None:
    """The page."""
    frame.head("Team", "How much comes in, where it goes, and who has how much to do.")
    tables.dress()
    with st.container(horizontal=True, vertical_alignment="center"):
        name = window.choose()
        st.html(f'<p class="ip-says">compared with {badges.escaped(window.window(name, formatting.now()).before)}</p>')
    _everything(name)


@connection.watched(seconds=15)
def _everything(name: str) -> None:
    """All of it renews itself together, so that the parts agree, and one banner says it where the API is away."""
    during = window.window(name, formatting.now())
    now, before = recent(api().stats, **during.during), recent(api().stats, **during.during_before)
    team, team_before = recent(api().team, **during.during), recent(api().team, **during.during_before)
    _headlines(now, before, (_resolved(team), _resolved(team_before)))
    if now.total:
        _received(now, during)
    else:
        blocks.empty(
            f"Nothing was received in this time ({during.label}).",
            "Choose a longer time above, or let the demo fill the past and a few minutes of now:"
            " `inquiry demo --history 30d`. Charts appear here by themselves.",
            icon="bar_chart",
        )
    workload.consultants(team, during)
    workload.waiting()
    if now.total:
        _moods(during)
        _priorities(recent(api().priorities, **during.during))


def _headlines(now: Statistics, before: Statistics, resolved: tuple[int, int]) -> None:
    corrected, corrected_before = (one.overrides.overall.rate if one.overrides else None for one in (now, before))
    blocks.figures(
        [
            blocks.Figure(label="Received", value=formatting.number(now.total), note=_change(now.total, before.total)),
            blocks.Figure(label="Resolved", value=formatting.number(resolved[0]), note=_change(*resolved)),
            blocks.Figure(
                label="Waiting",
                value=formatting.number(sum(workload.queue().totals.values())),
                note="for a consultant, now",
                help="With nobody yet, whenever it was received: the queue below",
            ),
            *_rates(now, before),
            blocks.Figure(
                label="Corrected by people",
                value=formatting.share(corrected, digits=1),
                note=_was(formatting.share(corrected_before, digits=1)),
                help="Of all predicted categories, how many people corrected",
            ),
            blocks.Figure(
                label="Time to route",
                value=formatting.duration(now.seconds_to_route.get("p50")),
                note=_was(formatting.duration(before.seconds_to_route.get("p50"))),
                help="From received to routed: the median",
            ),
        ]
    )


def _rates(now: Statistics, before: Statistics) -> list[blocks.Figure]:
    """Shares of what was assessed: what still waits to be read may become either."""
    assessed, assessed_before = _assessed(now), _assessed(before)
    counted = (
        ("Escalated", now.escalated, before.escalated, "A rule asked for more experience"),
        ("Suggested only", now.abstained, before.abstained, "The model was not sure of the category: people decide"),
    )
    return [
        blocks.Figure(
            label=label,
            value=formatting.share(_of(count, assessed), digits=1),
            note=_was(formatting.share(_of(earlier, assessed_before), digits=1)),
            help=f"{meaning}; here {formatting.number(count)} of {formatting.number(assessed)} assessed",
        )
        for label, count, earlier, meaning in counted
    ]


def _assessed(one: Statistics) -> int:
    return sum(one.counts.get("category", {}).values())


def _received(now: Statistics, during: Window) -> None:
    left, right = st.columns([2, 1])
    with left, blocks.card("Received", f"per {during.bucket}", key="volumes"):
        by = st.segmented_control(
            "By",
            list(_SPLITS),
            default="category",
            required=True,
            format_func=lambda one: _SPLITS[one],
            key="by",
            label_visibility="collapsed",
        )
        series = _series(by or "category", during)
        charts.over_time(series, series.labels)
    with right, blocks.card("By department", "where it went"):
        counts = now.counts.get("department", {})
        tables.table(
            [Column(title="Department"), Column(title=""), Column(title="Inquiries", numeric=True), _SHARE],
            [
                [
                    badges.department(name),
                    tables.bar(count / max(counts.values()), hue=palette.hue(name)),
                    tables.number(formatting.number(count)),
                    tables.number(formatting.share(count / sum(counts.values()))),
                ]
                for name, count in sorted(counts.items(), key=lambda one: -one[1])
            ],
            css="ip-distribution",
        )


_SHARE: Final = Column(title="Share", numeric=True)


def _priorities(found: Priorities) -> None:
    total = sum(one.count for one in found.by_department.values())
    left, right = st.columns(2)
    with left, blocks.card("Priority scores", "0 can wait, 100 comes first"):
        bands = list(dict.fromkeys(band for one in found.bins for band in one.counts))
        charts.scores(found.bins, bands, height=250)
    with right, blocks.card("Priority by department", _SCALE):
        _scores("Department", dict(sorted(found.by_department.items(), key=lambda one: -one[1].mean)))
    left, right = st.columns(2)
    with left, blocks.card("Priority by urgency and sentiment", _SCALE):
        _scores("Urgency", {name: found.by_urgency[name] for name in _URGENCIES if name in found.by_urgency})
        _scores("Sentiment", {name: found.by_sentiment[name] for name in _SENTIMENTS if name in found.by_sentiment})
    with (
        right,
        blocks.card("Escalations", f"{formatting.number(found.escalations.total)} of {formatting.number(total)}"),
    ):
        _escalations(found.escalations)


def _scores(title: str, by_label: Mapping[str, Scores]) -> None:
    shown = {"Urgency": badges.urgency, "Sentiment": badges.sentiment}.get(title, badges.department)
    tables.table(
        [
            Column(title=title),
            Column(title=""),
            Column(title="Mean", numeric=True, wide=True),
            Column(title="Half below", numeric=True, help="The median"),
            Column(title="90\u202f% below", numeric=True, help="The 90th percentile"),
        ],
        [
            [
                shown(name),
                tables.spread(0, one.p50, one.p90, most=100, hue=palette.hue(name)),
                *(tables.number(formatting.number(value)) for value in (one.mean, one.p50, one.p90)),
            ]
            for name, one in by_label.items()
        ],
        css="ip-scores",
    )


def _escalations(found: Escalations) -> None:
    if not found.total:
        st.html('<p class="ip-says">None in this time. The escalations in the routing rules say when there are.</p>')
        return
    left, right = st.columns(2, gap="large")
    with left:
        _counted("Level", {f"Level {level}": count for level, count in sorted(found.by_level.items())}, plain=True)
    with right:
        _counted("Department", dict(sorted(found.by_department.items(), key=lambda one: -one[1])))


def _counted(title: str, counts: Mapping[str, int], *, plain: bool = False) -> None:
    most = max(counts.values(), default=1)
    tables.table(
        [Column(title=title), Column(title=""), Column(title="Escalated", numeric=True)],
        [
            [
                badges.escaped(name) if plain else badges.department(name),
                tables.bar(count / most, hue=palette.VERMILION),
                tables.number(formatting.number(count)),
            ]
            for name, count in counts.items()
        ],
        css="ip-distribution",
    )


def _moods(during: Window) -> None:
    left, right = st.columns(2)
    with left, blocks.card("Sentiment", f"share of each {during.bucket}"):
        charts.over_time(_series("sentiment", during), _SENTIMENTS, shares=True, height=200)
    with right, blocks.card("Urgency", f"inquiries per {during.bucket}"):
        charts.over_time(_series("urgency", during), _URGENCIES, height=200)


def _series(by: str, during: Window) -> Series:
    return recent(api().series, by, bucket=during.bucket, timezone=formatting.zone().key, **during.during)


def _resolved(team: tuple[ConsultantFigures, ...]) -> int:
    return sum(one.resolved for one in team)


def _of(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _was(text: str) -> str:
    return "nothing before" if text == formatting.NONE else f"was {text}"


def _change(now: int, before: int) -> str:
    """How a count moved: ▲ 12 %, was 412; where that is less than half a percent, that it hardly did."""
    if not before:
        return "none before"
    change = now / before - 1
    if abs(change) < _NOTICEABLE:
        return f"{'as' if now == before else 'about as'} before, was {formatting.number(before)}"
    return f"{'▲' if change > 0 else '▼'} {formatting.share(abs(change))}, was {formatting.number(before)}"

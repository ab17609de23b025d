"""System: whether every part works, how much goes through and what is owed; dead letters, to be tried again."""

import time
from dataclasses import dataclass
from typing import Final

import streamlit as st

from inquiry_pipeline.client import ApiError, Health, PipelineFigures
from inquiry_pipeline.entrypoints.dashboard import (
    blocks,
    charts,
    connection,
    dead_letters,
    formatting,
    frame,
    palette,
    tables,
    wellbeing,
)
from inquiry_pipeline.entrypoints.dashboard.asking import recent
from inquiry_pipeline.entrypoints.dashboard.connection import api


@dataclass(frozen=True, slots=True)
class _Measure:
    """A measurement of the pipeline's own, by its name, and how it is shown: its value times `factor`, in `unit`."""

    name: str
    title: str
    note: str
    unit: str
    hue: palette.Hue
    factor: float = 1


_MEASURED: Final = (
    _Measure("work_pending", "Queue", "inquiries to be assessed", "Inquiries", palette.BLUE),
    _Measure("work_oldest_seconds", "Age of the oldest of them", "seconds", "Seconds", palette.ORANGE),
    _Measure(
        "seconds_to_route_p95_5m", "Time to route", "milliseconds; 95 of 100 are quicker", "ms", palette.GREEN, 1000
    ),
)
_TOO_FEW: Final = 2
_NOT_YET: Final = "A worker measures once a minute: there are lines here in some minutes."


def page() -> None:
    """The page."""
    frame.head("System", "Whether everything works, what is owed, and what to do where something does not.")
    tables.dress()
    _everything()
    _links()


@connection.watched(seconds=5)
def _everything() -> None:
    """All of it renews itself together. Where only the database is away, the health of all parts is still shown."""
    health, latency = recent(_health)
    figures = _figures_if_known()
    if figures is not None:
        _headlines(figures)
    wellbeing.parts(health, recent(api().rules), figures.workers if figures else None, latency)
    if figures is not None:
        _throughput(figures)
        _measured(figures)
        dead_letters.letters(figures.dead)


def _health() -> tuple[Health, float]:
    """How all parts are, and in how many seconds that was answered."""
    started = time.perf_counter()
    return api().health(), time.perf_counter() - started


def _figures_if_known() -> PipelineFigures | None:
    """The figures; None where the API answers, but cannot ask its database."""
    try:
        return recent(api().pipeline_figures)
    except ApiError as error:
        if not error.problem.status or not connection.unreachable(error):
            raise
        return None


def _headlines(figures: PipelineFigures) -> None:
    oldest = formatting.duration(figures.oldest_seconds) if figures.pending else formatting.NONE
    blocks.figures(
        [
            blocks.Figure(
                label="To be assessed",
                value=formatting.number(figures.pending),
                note=f"{formatting.number(figures.leased)} under way",
                help="Accepted and stored, but not yet read and routed",
            ),
            blocks.Figure(label="Oldest of these", value=oldest, note="since it was accepted"),
            blocks.Figure(
                label="Accepted", value=formatting.number(figures.accepted_last_minute), note="in the last minute"
            ),
            blocks.Figure(
                label="Routed", value=formatting.number(figures.routed_last_minute), note="in the last minute"
            ),
            blocks.Figure(
                label="Dead letters",
                value=formatting.number(figures.dead),
                note="given up, kept below" if figures.dead else "nothing was given up",
            ),
        ]
    )


def _throughput(figures: PipelineFigures) -> None:
    with blocks.card("Throughput", "inquiries per minute, the last hour"):
        if any(one.accepted or one.routed for one in figures.throughput):
            charts.throughput(figures.throughput)
        else:
            blocks.empty(
                "Nothing came in during the last hour.",
                "Send an inquiry, or let a few hundred stream in: `inquiry demo`. They appear here by themselves.",
                icon="bar_chart",
            )


def _measured(figures: PipelineFigures) -> None:
    moments = [one.at for shown in _MEASURED for one in figures.measurements.get(shown.name, ())]
    if all(len(figures.measurements.get(one.name, ())) < _TOO_FEW for one in _MEASURED):
        with blocks.card("Queue and time to route", "over a day", key="measured"):
            st.html(f'<p class="ip-says">{_NOT_YET}</p>')
        return
    between = min(moments), max(moments)
    for column, one in zip(st.columns(len(_MEASURED)), _MEASURED, strict=True):
        values = figures.measurements.get(one.name, ())
        with column, blocks.card(one.title, one.note, key=f"measured-{one.name}"):
            if len(values) < _TOO_FEW:
                st.html(f'<p class="ip-says">{_NOT_YET}</p>')
            else:
                charts.measured(values, between, unit=one.unit, hue=one.hue, factor=one.factor)


def _links() -> None:
    base = f"{connection.url().rstrip('/')}/api/v1"
    with st.container(horizontal=True, key="links"):
        st.link_button("API documentation", f"{base}/docs", icon=":material/api:")
        st.link_button("Metrics", f"{base}/metrics", icon=":material/monitoring:")
        st.link_button("Health", f"{base}/health", icon=":material/health_and_safety:")

"""Live: inquiries as they arrive, each with what was read in it and where it went."""

from typing import Any, Final

import streamlit as st

from inquiry_pipeline.client import InquiryPage, Statistics
from inquiry_pipeline.entrypoints.dashboard import (
    blocks,
    cells,
    connection,
    filters,
    formatting,
    frame,
    listing,
)
from inquiry_pipeline.entrypoints.dashboard.connection import api

_SHOWN: Final = 50
_SECONDS: Final = 2
_FIGURES_SECONDS: Final = 5
_EXAMPLE: Final = """'{"body": "I was charged twice."}'"""
_HEADING: Final = cells.heading(("Age", "Inquiry", "Category", "Sentiment", "Urgency", "Priority", "With"))
_PATH: Final = "stream-path"
"""The cursors of the pages that lead from now to the page that is shown; empty on the newest."""


def page() -> None:
    """The page."""
    frame.head("Live", "Every inquiry as it arrives: what it is about, how urgent, and who has it.")
    _figures()
    with st.container(horizontal=True, vertical_alignment="center", key="filters"):
        wanted = filters.bar()
        paused = st.toggle("Pause", key="paused", help="Hold the list still; new inquiries are shown when you go on")
    _forget_path_if_changed(wanted)
    still = paused or bool(_path())
    connection.watched(seconds=None if still else _SECONDS)(_stream)(wanted)


@connection.watched(seconds=_FIGURES_SECONDS, quiet=True)
def _figures() -> None:
    hour, day, waiting = _last()
    rates = day.overrides.overall if day.overrides else None
    blocks.figures(
        [
            blocks.Figure(label="Arrived", value=formatting.number(hour.total), note="in the last hour"),
            blocks.Figure(
                label="Decided by itself",
                value=formatting.share(_by_itself(hour)),
                note="last hour",
                help="Of what was assessed, the share in which the model was sure enough to decide the category",
            ),
            blocks.Figure(
                label="Waiting",
                value=formatting.number(waiting),
                note="for a consultant",
                help="With nobody yet: each goes to whoever has room next, the most urgent first",
            ),
            blocks.Figure(
                label="Time to route",
                value=formatting.duration(hour.seconds_to_route.get("p50")),
                note="median, last hour",
                help="From being received to being with somebody or in a department's queue",
            ),
            blocks.Figure(
                label="Corrected by people",
                value=formatting.share(rates.rate if rates else None, digits=1),
                note=f"{formatting.number(rates.corrected)} of {formatting.number(rates.predictions)}, 24 hours"
                if rates
                else "last 24 hours",
                help="The override rate: categories that people changed, of all that were predicted",
            ),
        ]
    )


@st.cache_resource(ttl=_SECONDS, max_entries=8, show_spinner=False)
def _last() -> tuple[Statistics, Statistics, int]:
    """The last hour, the last day, and how many wait: asked once for all who look at the same time."""
    return api().stats(hours=1), api().stats(hours=24), sum(api().waiting_queue(limit=1).totals.values())


def _by_itself(hour: Statistics) -> float | None:
    """The share in which nobody had to look; what keywords decided counts as looked at."""
    assessed = sum(hour.counts.get("category", {}).values())
    return max(0.0, 1 - (hour.abstained + hour.degraded) / assessed) if assessed else None


def _stream(wanted: dict[str, Any]) -> None:
    path = _path()
    found = api().page(cursor=path[-1] if path else None, limit=_SHOWN, **wanted) if wanted or path else _newest()
    if not found.items:
        _nothing(wanted)
        return
    epoch = f"{wanted}{path[-1:]}"
    rows = [listing.Row(id=str(one.id), html=cells.row(one)) for one in found.items]
    chosen = listing.rows(rows, key="stream", css="ip-stream", heading=_HEADING, epoch=epoch)
    if chosen:
        frame.open_story(chosen.id)
    _steps(found)


@st.cache_resource(ttl=_SECONDS / 2, max_entries=1, show_spinner=False)
def _newest() -> InquiryPage:
    """What most who look at this page see: asked once for all of them."""
    return api().page(limit=_SHOWN)


def forget() -> None:
    """Ask again at once, whatever was asked just now."""
    _last.clear()
    _newest.clear()


def _nothing(wanted: dict[str, Any]) -> None:
    if not wanted:
        blocks.empty(
            "No inquiries yet.",
            f"Send one: `curl {connection.url()}/api/v1/inquiries/submit --json {_EXAMPLE}`, or let a few hundred"
            " stream in: `inquiry demo`. They appear here by themselves.",
        )
        return
    blocks.empty(
        "Nothing matches.", "No stored inquiry has all of that. Ask for less, or for everything.", icon="filter_alt"
    )
    st.button("Show everything", icon=":material/filter_alt_off:", on_click=filters.clear)


def _steps(found: InquiryPage) -> None:
    """The way into the past and back."""
    path = _path()
    with st.container(horizontal=True, horizontal_alignment="center", key="steps"):
        if path:
            _step("Now", "vertical_align_top", [])
            _step("Newer", "chevron_left", path[:-1])
        if found.next_cursor:
            _step("Older", "chevron_right", [*path, found.next_cursor])


def _step(label: str, icon: str, path: list[str]) -> None:
    if st.button(label, icon=f":material/{icon}:", key=label.lower()):
        st.session_state[_PATH] = path
        st.rerun()


def _path() -> list[str]:
    path: list[str] = st.session_state.setdefault(_PATH, [])
    return path


def _forget_path_if_changed(wanted: dict[str, Any]) -> None:
    if st.session_state.get("stream-wanted") != wanted:
        st.session_state["stream-wanted"] = wanted
        _path().clear()

"""Who has how much to do, and what waits for anybody."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from inquiry_pipeline.client import ConsultantFigures, WaitingQueue
from inquiry_pipeline.entrypoints.dashboard import badges, blocks, cells, formatting, frame, listing, palette, tables
from inquiry_pipeline.entrypoints.dashboard.asking import recent
from inquiry_pipeline.entrypoints.dashboard.connection import api
from inquiry_pipeline.entrypoints.dashboard.tables import Column
from inquiry_pipeline.entrypoints.dashboard.window import Window

_FULL: Final = 0.9
_SHOWN: Final = 10
_HEADING: Final = cells.heading(("Age", "Inquiry", "Category", "Sentiment", "Urgency", "Priority", "For"))


def consultants(team: Sequence[ConsultantFigures], during: Window) -> None:
    """What each consultant has now, the fullest desk first, and what came and went in the window."""
    here = sum(one.available for one in team)
    with blocks.card("Consultants", f"{here} of {len(team)} here; assigned and resolved: {during.label}"):
        if not team:
            st.html('<p class="ip-says">The routing rules name no consultants yet.</p>')
            return
        tables.table(
            [
                Column(title="Consultant"),
                Column(title="Departments", wide=True),
                Column(title="Open now, of capacity"),
                Column(title="Begun", numeric=True, wide=True, help="Of what is open: what they have begun"),
                Column(title="Assigned", numeric=True, help="Given to them in this time, and theirs still"),
                Column(title="Resolved", numeric=True, help="In this time"),
                Column(title="Median to resolve", numeric=True, wide=True, help="From routed to resolved"),
                Column(title="9 of 10 within", numeric=True, wide=True, help="The 90th percentile of the same"),
            ],
            [_consultant(one) for one in sorted(team, key=_fullness)],
            css="ip-team",
        )


def queue() -> WaitingQueue:
    """What waits for a consultant: how much in all, and the most urgent of it."""
    return recent(api().waiting_queue, limit=_SHOWN)


def waiting() -> None:
    """What waits for a consultant, the most urgent first."""
    found = queue()
    total = sum(found.totals.values())
    note = f"{formatting.number(total)} in all" if total else ""
    if found.oldest_received_at:
        note += f", the oldest since {formatting.clock(found.oldest_received_at)}"
    if not total:
        with blocks.card("Waiting for a consultant"):
            st.html('<p class="ip-says">Nothing waits: every inquiry has somebody who looks after it.</p>')
        return
    blocks.heading("Waiting for a consultant", note)
    _totals(found.totals)
    rows = [listing.Row(id=str(one.id), html=cells.row(one)) for one in found.items]
    chosen = listing.rows(rows, key="waiting", css="ip-stream", heading=_HEADING)
    if total > len(rows):
        st.html(f'<p class="ip-says">The {len(rows)} most urgent are shown.</p>')
    if chosen:
        frame.open_story(chosen.id)


def _totals(totals: Mapping[str, int]) -> None:
    shown = "".join(
        f"<span>{badges.department(name)} {tables.number(formatting.number(count))}</span>"
        for name, count in sorted(totals.items(), key=lambda one: -one[1])
    )
    st.html(f'<div class="ip-legend">{shown}</div>')


def _fullness(one: ConsultantFigures) -> tuple[bool, float, str]:
    return (not one.available, -_share(one), one.name)


def _share(one: ConsultantFigures) -> float:
    return one.open / one.capacity if one.capacity else 0.0


def _consultant(one: ConsultantFigures) -> list[str]:
    share = _share(one)
    hue = palette.VERMILION if share >= _FULL else palette.BLUE
    places = "".join(badges.department(name) for name in one.departments)
    load = (
        f'<span class="ip-load">{tables.bar(share, hue=hue, hatched=not one.available)}'
        f"<span>{one.open} of {one.capacity}{' · full' if share >= 1 else ''}</span></span>"
    )
    return [
        _name(one),
        f'<span class="ip-places">{places}</span>',
        load,
        *(tables.number(formatting.number(count)) for count in (one.in_progress, one.assigned, one.resolved)),
        *(tables.number(_took(one.seconds_to_resolve.get(name))) for name in ("p50", "p90")),
    ]


def _took(seconds: float | None) -> str:
    """Hours with one digit, because whole ones would be all alike."""
    if seconds is None or seconds < 3600:
        return formatting.duration(seconds)
    return f"{formatting.number(seconds / 3600, digits=1)}\u202fh"


def _name(one: ConsultantFigures) -> str:
    if one.available:
        return badges.escaped(one.name)
    return f'<span class="ip-away">{badges.escaped(one.name)} {badges.icon("event_busy")} away</span>'

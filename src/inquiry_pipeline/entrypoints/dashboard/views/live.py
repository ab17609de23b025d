"""Live: inquiries as they arrive, each with what was read in it and where it went."""

from itertools import islice

from inquiry_pipeline.client import Inquiry
from inquiry_pipeline.entrypoints.dashboard import badges, blocks, cells, connection, formatting, frame, listing
from inquiry_pipeline.entrypoints.dashboard.connection import api

_PAGE = 50
_EXAMPLE = """'{"body": "I was charged twice."}'"""
_HEADING = cells.heading(("Age", "Inquiry", "Category", "Sentiment", "Urgency", "Priority", "With"))


def page() -> None:
    """The page."""
    frame.head("Live", "Every inquiry as it arrives: what it is about, how urgent, and who has it.")
    _figures()
    _stream()


@connection.watched(seconds=10)
def _figures() -> None:
    hour, day = api().stats(hours=1), api().stats(hours=24)
    rate = day.overrides.overall.rate if day.overrides else None
    blocks.figures(
        [
            blocks.Figure(label="Arrived", value=formatting.number(hour.total), note="in the last hour"),
            blocks.Figure(label="Waiting", value=formatting.number(hour.waiting), note="for a consultant, now"),
            blocks.Figure(
                label="Time to route",
                value=formatting.duration(hour.seconds_to_route.get("p50")),
                note="median, last hour",
            ),
            blocks.Figure(label="Corrected by people", value=formatting.share(rate, digits=1), note="last 24 hours"),
        ]
    )


@connection.watched(seconds=2)
def _stream() -> None:
    found = list(islice(api().inquiries(page=_PAGE), _PAGE))
    if not found:
        blocks.empty(
            "No inquiries yet.",
            f"Send one: `curl {connection.url()}/api/v1/inquiries/submit --json {_EXAMPLE}`, or let a few hundred"
            " stream in: `inquiry demo`. They appear here by themselves.",
        )
        return
    rows = [listing.Row(id=str(one.id), html=_row(one)) for one in found]
    chosen = listing.rows(rows, key="stream", css="ip-stream", heading=_HEADING)
    if chosen:
        frame.open_story(chosen.id)


def _row(one: Inquiry) -> str:
    return "".join(
        (
            badges.age(one.received_at, prefix="Received "),
            cells.subject(one),
            cells.category(one),
            cells.sentiment(one),
            cells.urgency(one),
            cells.priority(one),
            cells.placed(one),
        )
    )

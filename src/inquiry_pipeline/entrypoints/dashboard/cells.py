"""How an inquiry stands in a list: its parts as HTML, the same on every page."""

from collections.abc import Sequence

from inquiry_pipeline.client import Inquiry, Routing
from inquiry_pipeline.entrypoints.dashboard import badges, formatting
from inquiry_pipeline.entrypoints.dashboard.badges import escaped

_EXCERPT = 180


def heading(names: Sequence[str]) -> str:
    """The names of columns."""
    return "".join(f"<span>{escaped(name)}</span>" for name in names)


def row(one: Inquiry) -> str:
    """A row of the stream: its age, what it is about, what was read in it, who has it."""
    arrived = badges.age(one.received_at, prefix="Received ")
    cells = (arrived, subject(one), category(one), sentiment(one), urgency(one), priority(one), placed(one))
    return "".join(cells)


def title(one: Inquiry) -> str:
    """What an inquiry is called: its subject, or its first words."""
    return one.subject or formatting.clipped(one.body, 90)


def subject(one: Inquiry) -> str:
    """The subject, which leads to the story, over the first words."""
    below = formatting.clipped(one.body, _EXCERPT) if one.subject else _sender(one)
    return f'<span class="ip-stack">{link(one)}<span class="ip-excerpt ip-cut">{escaped(below)}</span></span>'


def link(one: Inquiry) -> str:
    """What an inquiry is called, as the way to its story."""
    return f'<a class="ip-title ip-cut" href="story?inquiry={one.id}">{escaped(title(one))}</a>'


def category(one: Inquiry) -> str:
    """The category that counts, with the confidence in it; or that a person said so."""
    if one.prediction is None or one.labels is None:
        return badges.status(one.status)
    if "category" in one.labels.corrected:
        below = f'<span class="ip-note">{badges.icon("edit")} corrected</span>'
    else:
        below = badges.confidence(one.prediction.confidence, unsure=one.prediction.abstained)
    return f'<span class="ip-stack">{badges.department(one.labels.category)}{below}</span>'


def sentiment(one: Inquiry) -> str:
    """The sentiment that counts."""
    return badges.sentiment(one.labels.sentiment) if one.labels else "<span></span>"


def urgency(one: Inquiry) -> str:
    """The urgency that counts."""
    return badges.urgency(one.labels.urgency) if one.labels else "<span></span>"


def priority(one: Inquiry) -> str:
    """The priority with its score."""
    return badges.priority(one.routing.priority, one.routing.priority_score) if one.routing else "<span></span>"


def placed(one: Inquiry) -> str:
    """Who has it and in which department; that it waits, is done, or was escalated."""
    routing = one.routing
    if routing is None:
        return "<span></span>"
    department = badges.department(routing.department)
    return f'<span class="ip-stack ip-with"><span class="ip-cut">{_holder(routing, one)}</span>{department}</span>'


def _holder(routing: Routing, one: Inquiry) -> str:
    if one.status == "resolved":
        shown = badges.status("resolved")
    elif routing.waiting:
        shown = badges.waiting()
    else:
        shown = escaped(routing.consultant_name or routing.consultant)
    level = routing.escalation_level
    raised = f' <span class="ip-raised" title="Escalated, level {level}">{badges.icon("arrow_upward")}{level}</span>'
    return shown + (raised if level else "")


def _sender(one: Inquiry) -> str:
    return one.sender_name or one.sender_email or f"by {formatting.words(one.channel)}"

"""The history of an inquiry as a line of events: when, who, what, why."""

from collections.abc import Mapping, Sequence

from inquiry_pipeline.client import Event
from inquiry_pipeline.entrypoints.dashboard import badges, formatting, record
from inquiry_pipeline.entrypoints.dashboard.badges import escaped

_STEPS = {
    "classified": ("psychology", "Read by the model"),
    "in_progress": ("pending", "Work began"),
    "resolved": ("check_circle", "Resolved"),
    "reopened": ("replay", "Reopened"),
    "routed": ("inbox", "On the desk"),
}


def events(happened: Sequence[Event], names: Mapping[str, str]) -> str:
    """All events, the latest first. Being routed is told by the decision, not twice."""
    shown = [one for one in happened if not (one.kind == "status" and one.from_status == "classified")]
    return f'<ol class="ip-timeline">{"".join(_event(one, names) for one in reversed(shown))}</ol>'


def _event(one: Event, names: Mapping[str, str]) -> str:
    symbol, what, why = _told(one, names)
    actor = names.get(one.actor, one.actor) if one.actor else "Pipeline"
    below = "".join(f"<small>{escaped(line)}</small>" for line in why)
    return (
        f"<li>{badges.icon(symbol)}<div><b>{escaped(what)}</b>{below}"
        f'<small class="ip-muted">{escaped(actor)} · <time title="{escaped(formatting.moment(one.at))}">'
        f"{formatting.clock(one.at)}</time></small></div></li>"
    )


def _told(one: Event, names: Mapping[str, str]) -> tuple[str, str, list[str]]:
    """The sign, the sentence, and the lines below it."""
    why = [f"“{one.reason}”"] if one.reason else []
    if one.kind == "feedback":
        return "edit", _judgement(one), why
    if one.kind == "decision":
        return "alt_route", _decision(one, names), why + [record.in_words(reason) for reason in one.reasons[-1:]]
    symbol, what = _STEPS.get(one.to_status or "", ("circle", formatting.words(one.to_status or "")))
    return symbol, what, why


def _judgement(one: Event) -> str:
    changed = [
        f"{formatting.words(task)}: {formatting.words(one.predicted.get(task, '?'))} → {formatting.words(label)}"
        for task, label in one.corrected.items()
    ]
    confirmed = [f"{formatting.words(task)} confirmed" for task in one.confirmed]
    return "; ".join(changed + (confirmed if not changed else []))


def _decision(one: Event, names: Mapping[str, str]) -> str:
    place = formatting.words(one.department or "")
    who = names.get(one.consultant, one.consultant) if one.consultant else None
    priority = f"{one.priority} ({one.priority_score:.0f})" if one.priority_score is not None else one.priority
    return f"To {who}, {place}; priority {priority}" if who else f"Waits in {place}; priority {priority}"

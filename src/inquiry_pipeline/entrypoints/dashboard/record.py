"""The record of a decision in plain sentences: where it went and why, the score's terms, rules, who was considered."""

import re
from collections.abc import Mapping
from typing import Final

from inquiry_pipeline.client import Inquiry, Routing
from inquiry_pipeline.entrypoints.dashboard import badges, formatting
from inquiry_pipeline.entrypoints.dashboard.badges import escaped

_TERM: Final = re.compile(r": [+-][\d.]+ points\b")
"""Reasons that the bars of the score say already."""

_TIER: Final = re.compile(r"\bsender tier ([\w-]+)")
_IDENTIFIER: Final = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
_CALLED: Final[Mapping[str, str]] = {"sender tier": "Sender"}
"""Terms of the score that are not called as people say it."""
_SCALE: Final = 100.0
"""The greatest score: bars can be compared between inquiries."""


def outcome(one: Inquiry, routing: Routing, names: Mapping[str, str]) -> str:
    """The decision in one sentence. `names` are those of consultants, by id."""
    place = f"<b>{escaped(formatting.words(routing.department))}</b>"
    by = f", because {escaped(names.get(routing.actor, routing.actor))} said so" if routing.actor else ""
    if one.status == "resolved":
        return f"Resolved in {place}."
    if routing.waiting:
        return f"It waits in {place} until somebody has room."
    return f"It went to <b>{escaped(routing.consultant_name or routing.consultant)}</b> in {place}{by}."


def reasons(routing: Routing) -> str:
    """Why, as a list."""
    told = [in_words(one) for one in routing.reasons if not _TERM.search(one)]
    noted = [f"“{routing.note}”"] if routing.note else []
    return f"<ul>{''.join(f'<li>{escaped(one)}</li>' for one in (*told, *noted))}</ul>"


def why(one: Inquiry) -> str:
    """What counted most for its place, in one line: an escalation, doubt of the model, or who was assigned and why."""
    routing = one.routing
    if routing is None:
        return ""
    told = [reason for reason in routing.reasons if not _TERM.search(reason)]
    first = [reason for reason in told if reason.startswith(("Escalated", "The model only suggests"))]
    return in_words((first or told[-1:] or [""])[0])


def in_words(reason: str) -> str:
    """A reason as people say it: identifiers such as technical_support become words."""
    told = _TIER.sub(lambda found: f"the sender is {formatting.words(found[1])}", reason)
    return _IDENTIFIER.sub(lambda found: formatting.words(found[0]), told)


def score(routing: Routing) -> str:
    """The terms of the priority score as bars of one scale."""
    bars = "".join(
        f"<tr><td>{escaped(_called(term.name))}</td><td>{escaped(formatting.words(term.value))}</td>"
        f'<td class="ip-bar"><i style="width:{min(abs(term.points) / _SCALE, 1) * 100:.0f}%"></i></td>'
        f'<td class="ip-num">{term.points:+.0f}</td></tr>'
        for term in routing.terms
    )
    sum_of_all = f'<td class="ip-num">{routing.priority_score:.0f}</td>'
    total = f'<tr class="ip-total"><td>Score</td><td></td><td></td>{sum_of_all}</tr>'
    return f'<table class="ip-score">{bars}{total}</table>'


def _called(term: str) -> str:
    return _CALLED.get(term, formatting.words(term))


def fired(routing: Routing) -> str:
    """The escalation rules that applied, without the one that the reasons name already."""
    told = " ".join(routing.reasons)
    return "".join(
        f'<p class="ip-fired">{badges.escalation(rule.level)} <b>{escaped(formatting.words(rule.name))}</b>'
        f" because of {escaped(in_words(rule.reason))}</p>"
        for rule in routing.rules_fired
        if f"'{rule.name}'" not in told
    )


def candidates(routing: Routing, names: Mapping[str, str]) -> str:
    """Who was considered, and why they were chosen or passed over."""
    ordered = sorted(routing.candidates, key=lambda one: (not one.chosen, one.consultant))
    return "".join(
        f'<div class="ip-candidate{" ip-chosen" if one.chosen else ""}">'
        f"{badges.icon('check_circle' if one.chosen else 'remove')}"
        f"<span><b>{escaped(names.get(one.consultant, one.consultant))}</b> {escaped(in_words(one.reason))}</span>"
        f'<span class="ip-num ip-muted" title="Open inquiries of what they can hold">'
        f"{one.open_inquiries} of {one.capacity}</span></div>"
        for one in ordered
    )

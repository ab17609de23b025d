"""The text of an inquiry with the words that moved the model marked in it."""

from collections.abc import Iterator, Sequence
from typing import Final

from inquiry_pipeline.client import Explanation, Span, TaskExplanation
from inquiry_pipeline.entrypoints.dashboard import badges, formatting
from inquiry_pipeline.entrypoints.dashboard.badges import escaped

_FAINTEST: Final = 0.2
"""Of the heaviest word's weight: what is lighter is not marked, so that the eye finds what counted."""


def marked(explanation: Explanation, task: TaskExplanation) -> str:
    """The explained text as HTML: blue ground speaks for the answer, a dashed line against it."""
    spans = [one for one in (task.words or task.sentences) if abs(one.weight) >= _FAINTEST * _heaviest(task)]
    return f'<div class="ip-text" dir="auto">{"".join(_pieces(explanation.text, spans, _heaviest(task)))}</div>'


def legend(task: TaskExplanation) -> str:
    """What the marks mean, for this answer."""
    if task.label is None:
        return ""
    label, other = formatting.words(task.label), formatting.words(task.runner_up or "another")
    against = f'<span><mark class="ip-against">word</mark> against it, for {escaped(other)} or another</span>'
    return (
        f'<div class="ip-legend"><span><mark class="ip-for" style="--strength:70%">word</mark> speaks for'
        f" <b>{escaped(label)}</b>; the darker, the more</span>{against if _any_against(task) else ''}</div>"
    )


def remarks(explanation: Explanation, task: TaskExplanation) -> str:
    """What else one should know about the marks."""
    notes = [*explanation.remarks, *([task.note] if task.note else [])]
    if explanation.unread:
        notes.append("The text is long: parts of it that do not read like an inquiry were left out.")
    if explanation.method == "keywords":
        notes.append("The model could not answer: keyword rules did.")
    return "".join(f'<p class="ip-remark">{badges.icon("info")}{escaped(one)}</p>' for one in notes)


def _heaviest(task: TaskExplanation) -> float:
    return max((abs(one.weight) for one in (task.words or task.sentences)), default=1.0) or 1.0


def _any_against(task: TaskExplanation) -> bool:
    return any(-one.weight >= _FAINTEST * _heaviest(task) for one in (task.words or task.sentences))


def _pieces(text: str, spans: Sequence[Span], heaviest: float) -> Iterator[str]:
    at = 0
    for one in sorted(spans, key=lambda span: span.start):
        if one.start < at:
            continue
        yield escaped(text[at : one.start])
        yield _mark(text[one.start : one.end], one, heaviest)
        at = one.end
    yield escaped(text[at:])


def _mark(words: str, one: Span, heaviest: float) -> str:
    strength = round(100 * abs(one.weight) / heaviest)
    css = "ip-for" if one.weight > 0 else "ip-against"
    says = f"speaks for {formatting.words(one.towards)} ({one.weight:+.1f})"
    return f'<mark class="{css}" style="--strength:{strength}%" title="{escaped(says)}">{escaped(words)}</mark>'

"""Small pieces of HTML that say the same everywhere: urgency, sentiment, priority, department, status.

Each has a shape and a word beside its colour. Whatever is put into them is escaped.
"""

import html
from datetime import datetime
from typing import Final

from inquiry_pipeline.entrypoints.dashboard import formatting, palette

_LEVELS: Final = {"low": 1, "medium": 2, "high": 3, "critical": 4}
_FACES: Final = {
    "negative": "sentiment_dissatisfied",
    "neutral": "sentiment_neutral",
    "positive": "sentiment_satisfied",
}
_STATUS: Final = {
    "received": ("hourglass_top", "Being read", palette.GREY),
    "classified": ("hourglass_top", "Being routed", palette.GREY),
    "routed": ("inbox", "To do", palette.BLUE),
    "in_progress": ("pending", "In progress", palette.ORANGE),
    "resolved": ("check_circle", "Resolved", palette.GREEN),
    "reopened": ("replay", "Reopened", palette.VERMILION),
}


def escaped(text: object) -> str:
    """Text as HTML shows it, whatever stands in it."""
    return html.escape(str(text), quote=True)


def icon(name: str) -> str:
    """One of Streamlit's Material symbols. It says nothing to a screen reader: the word beside it does."""
    return f'<span class="ip-icon" aria-hidden="true">{escaped(name)}</span>'


def urgency(label: str) -> str:
    """Urgency as one to four bars and its word."""
    level = _LEVELS.get(label, 1)
    bars = "".join(f"<i{' class=on' if n <= level else ''}></i>" for n in range(1, 5))
    return _tinted("ip-urgency", label, f'<span class="ip-bars" aria-hidden="true">{bars}</span>{_word(label)}')


def sentiment(label: str) -> str:
    """Sentiment as a face and its word."""
    return _tinted("ip-sentiment", label, f"{icon(_FACES.get(label, 'sentiment_neutral'))}{_word(label)}")


def priority(label: str, score: float) -> str:
    """Priority as a pill with its word and the score behind it; the uppermost is filled."""
    strong = " ip-strong" if label == "urgent" else ""
    return _tinted(f"ip-pill{strong}", label, f'{_word(label)}<b class="ip-num">{score:.0f}</b>')


def department(name: str, shown: str | None = None) -> str:
    """A department or category with its own small square."""
    return _tinted("ip-place", name, f'<span class="ip-square" aria-hidden="true"></span>{_word(shown or name)}')


def confidence(value: float, *, unsure: bool = False) -> str:
    """A confidence as per cent over a thin bar; what was only suggested is hatched and says so."""
    note = '<em title="The model was not sure: a person decides">suggested</em>' if unsure else ""
    width = f"{max(0.0, min(value, 1.0)) * 100:.0f}"
    hatched = " ip-unsure" if unsure else ""
    return (
        f'<span class="ip-confidence{hatched}"><span class="ip-num">{formatting.share(value)}</span>{note}'
        f'<span class="ip-meter" aria-hidden="true"><i style="width:{width}%"></i></span></span>'
    )


def status(name: str) -> str:
    """Where an inquiry stands."""
    symbol, shown, hue = _STATUS.get(name, ("circle", formatting.words(name), palette.GREY))
    return f'<span class="ip-status" style="color:{hue.css}">{icon(symbol)}<span>{escaped(shown)}</span></span>'


def waiting() -> str:
    """That nobody has it yet."""
    return f'<span class="ip-status">{icon("hourglass_empty")}<span>Waiting</span></span>'


def escalation(level: int) -> str:
    """The level of an escalation; nothing where there is none."""
    if level <= 0:
        return ""
    inside = f"{icon('arrow_upward')}<span>Escalated, level {level}</span>"
    return f'<span class="ip-status" style="color:{palette.VERMILION.css}">{inside}</span>'


def age(at: datetime, *, prefix: str = "", ago: bool = False) -> str:
    """How long ago, with the whole time in the viewer's zone on hover. The listing keeps it ticking.

    With `ago` it is part of a sentence: 3 min ago, just now.
    """
    told = formatting.age(at)
    if ago:
        told = "just now" if told == formatting.NOW else f"{told} ago"
    return (
        f'<time class="ip-age" datetime="{at.isoformat()}" title="{escaped(prefix + formatting.moment(at))}">'
        f"{told}</time>"
    )


def _tinted(css: str, label: str, inside: str) -> str:
    hue = palette.hue(label)
    return f'<span class="{css}" style="--hue:{hue.css};--mark:{hue.mark}">{inside}</span>'


def _word(label: str) -> str:
    return f"<span>{escaped(formatting.words(label))}</span>"

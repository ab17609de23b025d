"""Colours by meaning, for charts and for HTML. They never stand alone: a word or a shape says the same.

The hues are Okabe and Ito's, which people with any common colour blindness tell apart; `text` values reach a contrast
of 4.5 : 1 on the grounds of both themes (tests/dashboard/test_palette.py measures it).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import streamlit as st

Theme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Hue:
    """One hue: `mark` fills shapes and lines in both themes; `light` and `dark` are for text in those."""

    mark: str
    light: str
    dark: str

    @property
    def css(self) -> str:
        """The text colour for the theme that the viewer has, as CSS."""
        return f"light-dark({self.light}, {self.dark})"


BLUE: Final = Hue("#0072B2", "#0063A6", "#6FB8EE")
SKY: Final = Hue("#56B4E9", "#17698F", "#8CCBF2")
GREEN: Final = Hue("#009E73", "#006B4E", "#3CC79B")
ORANGE: Final = Hue("#E69F00", "#855600", "#F2B33D")
VERMILION: Final = Hue("#D55E00", "#AD3B00", "#FF9263")
PURPLE: Final = Hue("#CC79A7", "#8E4374", "#E3A1C8")
GREY: Final = Hue("#8A8F98", "#566172", "#A3AFBD")

GROUNDS: Final[dict[Theme, tuple[str, ...]]] = {"light": ("#F6F7F9", "#FFFFFF"), "dark": ("#0F141A", "#18202A")}
"""Page and cards."""

_IN_ORDER: Final = (BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY)
_KNOWN: Final[dict[str, Hue]] = {
    "technical_support": BLUE,
    "billing": ORANGE,
    "sales": GREEN,
    "hr": PURPLE,
    "legal": VERMILION,
    "product_feedback": SKY,
    "triage": GREY,
    "critical": VERMILION,
    "urgent": VERMILION,
    "negative": VERMILION,
    "high": ORANGE,
    "medium": SKY,
    "normal": BLUE,
    "low": GREY,
    "neutral": GREY,
    "positive": GREEN,
}


def hue(label: str) -> Hue:
    """The hue of a category, department, urgency, sentiment or priority; the same one each time."""
    known = _KNOWN.get(label)
    return known or _IN_ORDER[sum(label.encode()) % len(_IN_ORDER)]


def marks(labels: Sequence[str]) -> list[str]:
    """The fill colours of labels in a chart, in their order."""
    return [hue(label).mark for label in labels]


def theme() -> Theme:
    """The theme that the viewer has."""
    return "dark" if st.context.theme.type == "dark" else "light"


def ink() -> str:
    """The colour of text in a chart."""
    return "#E7ECF2" if theme() == "dark" else "#18202B"


def muted() -> str:
    """The colour of what should recede in a chart: axes, ticks, notes."""
    return GREY.dark if theme() == "dark" else GREY.light


def rule() -> str:
    """The colour of lines between things."""
    return "#2C3643" if theme() == "dark" else "#DDE2E9"

"""Small tables of figures, as HTML: numbers under each other, a bar beside a number where that says more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from inquiry_pipeline.entrypoints.dashboard import palette
from inquiry_pipeline.entrypoints.dashboard.badges import escaped

_STYLE: Final = Path(__file__).with_name("tables.css")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `numeric` ones stand right; `wide` ones are left out on a phone; `help` is shown on hover."""

    title: str
    numeric: bool = False
    wide: bool = False
    help: str = ""

    @property
    def css(self) -> str:
        """The classes of its cells."""
        return " ".join(name for name, on in (("ip-right", self.numeric), ("ip-wide", self.wide)) if on)


def dress() -> None:
    """The style sheet of tables, legends and rows of fields; once a page."""
    st.html(_STYLE)


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, css: str = "") -> None:
    """Rows of cells, which are HTML: escape in them what is others' text."""
    head = "".join(
        f'<th scope="col" class="{one.css}" title="{escaped(one.help)}">{escaped(one.title)}</th>' for one in columns
    )
    body = "".join(f"<tr>{_cells(columns, row)}</tr>" for row in rows)
    st.html(
        f'<div class="ip-scroll"><table class="ip-table {css}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def facts(known: Mapping[str, str]) -> None:
    """Names and what is known under them, as text, one below the other."""
    entries = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(text)}</dd>" for name, text in known.items())
    st.html(f'<dl class="ip-facts">{entries}</dl>')


def bar(share: float, *, hue: palette.Hue = palette.BLUE, hatched: bool = False) -> str:
    """A bar as long as a share of the space that there is."""
    width = max(0.0, min(share, 1.0)) * 100
    extra = " ip-hatched" if hatched else ""
    inside = f'<i style="width:{width:.1f}%"></i>'
    return f'<span class="ip-bar{extra}" style="--mark:{hue.mark}" aria-hidden="true">{inside}</span>'


def parts(shares: Sequence[tuple[str, float, palette.Hue]]) -> str:
    """One bar in parts, each with its name and share on hover."""
    inside = "".join(
        f'<i style="width:{share * 100:.2f}%;--mark:{hue.mark}" title="{escaped(name)}: {share:.1%}"></i>'
        for name, share, hue in shares
        if share > 0
    )
    return f'<span class="ip-bar ip-parts">{inside}</span>'


def spread(low: float, middle: float, high: float, *, most: float, hue: palette.Hue) -> str:
    """Where values lie on a scale from 0 to `most`: a line from the lower to the upper, a tick between."""
    left, width = low / most * 100, (high - low) / most * 100
    return (
        f'<span class="ip-spread" style="--mark:{hue.mark}" aria-hidden="true">'
        f'<i style="left:{left:.1f}%;width:{width:.1f}%"></i><b style="left:{middle / most * 100:.1f}%"></b></span>'
    )


def number(text: str) -> str:
    """A figure, with digits of one width."""
    return f'<span class="ip-num">{escaped(text)}</span>'


def faint(text: str) -> str:
    """What matters less."""
    return f'<span class="ip-muted">{escaped(text)}</span>'


def _cells(columns: Sequence[Column], row: Sequence[str]) -> str:
    return "".join(f'<td class="{one.css}">{cell}</td>' for one, cell in zip(columns, row, strict=True))

"""Charts, in the palette and for the viewer's theme and time zone. Each says in its tooltips what its numbers are.

Time is drawn by the browser, in its own zone, which is the viewer's. Legends are HTML, so that they wrap on a phone.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from types import MappingProxyType
from typing import Any, Final

import altair as alt
import streamlit as st

from inquiry_pipeline.client import (
    Bin,
    CalibrationBin,
    ConfidenceBin,
    Measurement,
    Minute,
    ReliabilityBin,
    ScoreBin,
    Series,
)
from inquiry_pipeline.entrypoints.dashboard import badges, formatting, palette

_FONT: Final = "Source Sans, sans-serif"
_SIZE: Final = 12
_SURE_FROM: Final = 10
"""Points of a calibration curve that stand for fewer inquiries may lie anywhere: they are pale, and beside the line."""
_STEPS: Final = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600)
_LABELS: Final = 6
_GAP: Final = timedelta(minutes=10)
_TENS: Final = "datum.value + '\u2013' + (datum.value < 90 ? datum.value + 9 : 100)"
_CLOCKS: Final[Mapping[str, str]] = {"day": "%-d %b", "hour": "%H:%M", "5 minutes": "%H:%M", "minute": "%H:%M"}


def over_time(series: Series, order: Sequence[str], *, shares: bool = False, height: int = 240) -> None:
    """Bars over time, stacked by label in this order; as shares of each bar's whole if wanted."""
    rows = [row for point in series.points for row in _stack(point.at, point.counts, order, series.bucket)]
    marks = {formatting.words(label): _mark(label) for label in order}
    y = (
        alt.Y("count:Q", title=None, stack="normalize", axis=_counted(format="%"))
        if shares
        else alt.Y("count:Q", title=None, stack="zero", axis=_counted())
    )
    chart = (
        alt.Chart(_data(rows))
        .mark_bar()
        .encode(
            x=_instants([point.at for point in series.points], series.bucket),
            y=y,
            color=_colours(marks),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("when:N", title="Received"),
                alt.Tooltip("label:N", title=formatting.words(series.by)),
                alt.Tooltip("count:Q", title="Inquiries", format=","),
                alt.Tooltip("share:N", title="Share of these"),
            ],
        )
    )
    if len(order) > 1:
        legend(marks)
    draw(chart, height=height, alt_text=f"Inquiries received over time, by {series.by}")


def scores(bins: Sequence[ScoreBin], bands: Sequence[str], *, height: int = 220) -> None:
    """How many inquiries have which priority score, by band."""
    marks = {formatting.words(band): _mark(band) for band in bands}
    rows = [
        {
            "range": _range(one),
            "lower": one.lower,
            "label": formatting.words(band),
            "count": one.counts[band],
            "rank": n,
        }
        for one in bins
        for n, band in enumerate(bands)
        if one.counts.get(band)
    ]
    chart = (
        alt.Chart(_data(rows))
        .mark_bar()
        .encode(
            x=alt.X(
                "lower:O",
                title="Priority score",
                scale=alt.Scale(domain=[one.lower for one in bins], paddingInner=0.12),
                axis=_axis(labelExpr=_TENS, labelAngle=0, labelOverlap=True),
            ),
            y=alt.Y("count:Q", title=None, axis=_counted()),
            color=_colours(marks),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("range:N", title="Score"),
                alt.Tooltip("label:N", title="Priority"),
                alt.Tooltip("count:Q", title="Inquiries", format=","),
            ],
        )
    )
    legend(marks)
    draw(chart, height=height, alt_text="How many inquiries have which priority score")


def confidences(bins: Sequence[ConfidenceBin], task: str, *, most: float, height: int = 170) -> None:
    """How often the model was how sure: the share of answers by their confidence, on a scale up to `most`."""
    total = sum(one.count for one in bins)
    rows = [
        {
            "lower": one.lower,
            "upper": one.upper,
            "range": f"{formatting.share(one.lower)} to {formatting.share(one.upper)}",
            "count": one.count,
            "share": one.count / total,
        }
        for one in bins
        if one.count
    ]
    chart = (
        alt.Chart(_data(rows))
        .mark_bar(color=palette.BLUE.mark, xOffset=0.5, x2Offset=-0.5, minBandSize=1)
        .encode(
            x=alt.X("lower:Q", title="Confidence", scale=alt.Scale(domain=[0, 1]), axis=_per_cent()),
            x2="upper:Q",
            y=alt.Y("share:Q", title=None, scale=alt.Scale(domain=[0, most]), axis=_counted(format="%")),
            y2=alt.Y2Datum(0),
            tooltip=[
                alt.Tooltip("range:N", title="Confidence"),
                alt.Tooltip("count:Q", title="Answers", format=","),
                alt.Tooltip("share:Q", title="Of all answers", format=".1%"),
            ],
        )
    )
    draw(chart, height=height, alt_text=f"How often the model was how sure of the {task}")


TESTED: Final = "Held-out inquiries"
JUDGED: Final = "What people judged"
SHAPES: Final[Mapping[str, str]] = {TESTED: "circle", JUDGED: "diamond"}
HUES: Final[Mapping[str, str]] = {TESTED: palette.BLUE.mark, JUDGED: palette.ORANGE.mark}


def calibration(
    tested: Sequence[ReliabilityBin], judged: Sequence[CalibrationBin], task: str, *, height: int = 300
) -> None:
    """How often the model was right at each confidence: held out, by people's judgements, and as it should be."""
    rows = _curve(TESTED, [(one, one.count, one.confidence, one.accuracy) for one in tested])
    rows += _curve(JUDGED, [(one, one.judged, one.confidence, one.accuracy) for one in judged])
    ideal = (
        alt.Chart(_data([{"x": 0, "y": 0}, {"x": 1, "y": 1}]))
        .mark_line(strokeDash=[5, 4], color=palette.muted(), strokeWidth=1)
        .encode(x="x:Q", y="y:Q")
    )
    source = alt.Color(
        "source:N",
        legend=None,
        scale=alt.Scale(domain=list(HUES), range=list(HUES.values())),
    )
    x = alt.X("confidence:Q", title="Confidence", scale=alt.Scale(domain=[0, 1]), axis=_per_cent(grid=True))
    y = alt.Y("accuracy:Q", title="Right", scale=alt.Scale(domain=[0, 1]), axis=_per_cent(grid=True))
    base = alt.Chart(_data(rows)).encode(x=x, y=y, color=source)
    points = base.mark_point(filled=True).encode(
        shape=alt.Shape("source:N", legend=None, scale=alt.Scale(domain=list(SHAPES), range=list(SHAPES.values()))),
        size=alt.Size("count:Q", legend=None, scale=alt.Scale(range=[50, 330], zero=True)),
        opacity=alt.condition(f"datum.count >= {_SURE_FROM}", alt.value(1), alt.value(0.35)),
        tooltip=[
            alt.Tooltip("source:N", title="Seen"),
            alt.Tooltip("confidence:Q", title="Mean confidence", format=".1%"),
            alt.Tooltip("accuracy:Q", title="Right", format=".1%"),
            alt.Tooltip("count:Q", title="Inquiries", format=","),
        ],
    )
    line = base.transform_filter(f"datum.count >= {_SURE_FROM}").mark_line(strokeWidth=1.5, opacity=0.55)
    draw(
        ideal + line + points,
        height=height,
        alt_text=f"How often the model was right about the {task}, by its confidence",
    )


def throughput(minutes: Sequence[Minute], *, height: int = 200) -> None:
    """What was accepted (bars) and routed (ticks) in each minute."""
    rows = [
        {"at": _milliseconds(one.at), "when": _clock(one.at, "%H:%M"), "accepted": one.accepted, "routed": one.routed}
        for one in minutes
    ]
    base = alt.Chart(_data(rows)).encode(
        x=_instants([one.at for one in minutes], "minute"),
        tooltip=[
            alt.Tooltip("when:N", title="Minute"),
            alt.Tooltip("accepted:Q", title="Accepted", format=","),
            alt.Tooltip("routed:Q", title="Routed", format=","),
        ],
    )
    bars = base.mark_bar(color=palette.SKY.mark).encode(y=alt.Y("accepted:Q", title=None, axis=_counted()))
    ticks = base.mark_tick(color=palette.VERMILION.mark, thickness=2.5).encode(
        y="routed:Q", opacity=alt.condition("datum.routed > 0", alt.value(1), alt.value(0))
    )
    legend({"Accepted": palette.SKY.mark, "Routed": palette.VERMILION.mark}, {"Routed": "tick"})
    draw(bars + ticks, height=height, alt_text="Inquiries accepted and routed in each minute of the last hour")


def measured(
    values: Sequence[Measurement],
    between: tuple[datetime, datetime],
    *,
    unit: str,
    hue: palette.Hue,
    factor: float = 1,
    height: int = 150,
) -> None:
    """One measurement, times a factor that makes it `unit`; nothing where nobody measured. `between` is the axis."""
    most = max(one.value for one in values) * factor or 1
    x = alt.X(
        "at:Q",
        title=None,
        scale=alt.Scale(domain=[_milliseconds(at) for at in between], zero=False, nice=False),
        axis=_axis(labelExpr="timeFormat(datum.value, '%H:%M')", values=_readable(*between), labelOverlap=True),
    )
    axis = _counted(tickCount=3, format=",.1~f")
    # Not stacked, which would fill the gaps of each stretch with zeros.
    y = alt.Y("value:Q", title=None, stack=None, scale=alt.Scale(domain=[0, most]), axis=axis)
    base = alt.Chart(_data(_stretches(values, factor))).encode(
        x=x,
        y=y,
        detail="stretch:N",
        tooltip=[alt.Tooltip("when:N", title="At"), alt.Tooltip("value:Q", title=unit, format=",.1~f")],
    )
    lines = base.mark_area(color=hue.mark, opacity=0.3, line={"color": hue.mark, "strokeWidth": 1.5})
    alone = base.transform_filter("datum.alone").mark_point(color=hue.mark, filled=True, size=14)
    draw(lines + alone, height=height, alt_text=f"{unit} over the last day")


def _stretches(values: Sequence[Measurement], factor: float) -> list[dict[str, Any]]:
    """The measurements, each with the stretch that it is in: a new one begins where nobody measured for a while."""
    starts = [n == 0 or one.at - values[n - 1].at > _GAP for n, one in enumerate(values)]
    numbers = list(accumulate(map(int, starts)))
    sizes = Counter(numbers)
    return [
        {
            "at": _milliseconds(one.at),
            "when": _clock(one.at, "%a %H:%M"),
            "value": one.value * factor,
            "stretch": number,
            "alone": sizes[number] == 1,
        }
        for one, number in zip(values, numbers, strict=True)
    ]


def legend(marks: Mapping[str, str], shapes: Mapping[str, str] = MappingProxyType({})) -> None:
    """What the colours of a chart mean, by name, in a line that wraps; `shapes` are circles, diamonds, ticks, or else
    squares.
    """
    entries = "".join(
        f'<span class="ip-place" style="--mark:{colour}">'
        f'<span class="ip-square ip-{shapes.get(label, "square")}" aria-hidden="true"></span>'
        f"<span>{badges.escaped(label)}</span></span>"
        for label, colour in marks.items()
    )
    st.html(f'<div class="ip-legend">{entries}</div>')


def draw(chart: alt.Chart | alt.LayerChart, *, height: int, alt_text: str) -> None:
    """Show a chart over the whole width, dressed for the viewer's theme."""
    dressed = (
        chart.properties(
            height=height, background="transparent", padding={"left": 0, "right": 4, "top": 6, "bottom": 0}
        )
        .configure(font=_FONT)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=palette.muted(),
            titleColor=palette.muted(),
            labelFontSize=_SIZE,
            titleFontSize=_SIZE,
            titleFontWeight="normal",
            gridColor=palette.rule(),
            domainColor=palette.rule(),
            tickColor=palette.rule(),
        )
    )
    st.altair_chart(dressed, width="stretch", theme=None, alt=alt_text)


def _stack(at: datetime, counts: Mapping[str, int], order: Sequence[str], bucket: str) -> list[dict[str, Any]]:
    total = sum(counts.values())
    when = _clock(at, "%a %-d %b" if bucket == "day" else "%a %-d %b, %H:%M")
    return [
        {
            "at": _milliseconds(at),
            "when": when,
            "label": formatting.words(label),
            "count": counts[label],
            "share": f"{formatting.share(counts[label] / total)} of {formatting.number(total)}",
            "rank": rank,
        }
        for rank, label in enumerate(order)
        if counts.get(label)
    ]


def _curve(source: str, points: Sequence[tuple[Bin, int, float | None, float | None]]) -> list[dict[str, Any]]:
    return [
        {"source": source, "count": count, "confidence": confidence, "accuracy": accuracy}
        for _, count, confidence, accuracy in points
        if count and confidence is not None and accuracy is not None
    ]


def _instants(moments: Sequence[datetime], bucket: str) -> alt.X:
    """One band for each bucket, also where nothing was received."""
    return alt.X(
        "at:O",
        title=None,
        scale=alt.Scale(domain=[_milliseconds(at) for at in moments], paddingInner=0.16, paddingOuter=0.05),
        axis=_axis(
            labelExpr=f"timeFormat(datum.value, '{_CLOCKS[bucket]}')",
            labelAngle=0,
            labelOverlap=True,
            labelSeparation=8,
        ),
    )


def _colours(marks: Mapping[str, str]) -> alt.Color:
    return alt.Color("label:N", legend=None, scale=alt.Scale(domain=list(marks), range=list(marks.values())))


def _axis(**given: Any) -> alt.Axis:  # noqa: ANN401 - whatever an axis can be told
    return alt.Axis(**({"grid": False, "ticks": False, "labelPadding": 6} | given))


def _counted(**given: Any) -> alt.Axis:  # noqa: ANN401 - likewise
    """An axis of whole numbers, with faint lines to read them by."""
    usual = {"grid": True, "domain": False, "tickCount": 4, "tickMinStep": 1, "format": ",d"}
    if given.get("format") == "%":
        usual.pop("tickMinStep")
    return _axis(**(usual | given))


def _per_cent(**given: Any) -> alt.Axis:  # noqa: ANN401 - likewise
    return _axis(**({"format": "%", "values": [0, 0.25, 0.5, 0.75, 1]} | given))


def _mark(label: str) -> str:
    return palette.BLUE.mark if label == "total" else palette.hue(label).mark


def _range(one: Bin) -> str:
    return f"{one.lower:.0f} to {one.upper:.0f}"


def _data(rows: Sequence[Mapping[str, Any]]) -> alt.InlineData:
    return alt.InlineData(values=[dict(row) for row in rows])


def _readable(since: datetime, until: datetime) -> list[int]:
    """Up to six moments to write below a line: whole minutes, or whole hours where there are enough."""
    first, last = since.timestamp(), until.timestamp()
    step = next((step for step in _STEPS if (last - first) / step <= _LABELS), _STEPS[-1])
    offset = since.astimezone(formatting.zone()).utcoffset() or timedelta()
    begin = -(-(first + offset.total_seconds()) // step) * step - offset.total_seconds()
    return [round((begin + step * n) * 1000) for n in range(_LABELS + 1) if begin + step * n <= last]


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _clock(at: datetime, form: str) -> str:
    return at.astimezone(formatting.zone()).strftime(form)

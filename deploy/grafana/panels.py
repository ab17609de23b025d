"""The few kinds of panels that the dashboards are made of, all with one look.

Colours are those of Okabe and Ito, which people with any kind of colour vision can tell apart
(https://jfly.uni-koeln.de/color/).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from grafana_foundation_sdk.builders import bargauge, common, dashboard, heatmap, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as shapes
from grafana_foundation_sdk.models import heatmap as heat_looks
from grafana_foundation_sdk.models import prometheus as prometheus_looks

BLUE: Final = "#0072B2"
SKY: Final = "#56B4E9"
GREEN: Final = "#009E73"
YELLOW: Final = "#F0E442"
ORANGE: Final = "#E69F00"
VERMILION: Final = "#D55E00"
PURPLE: Final = "#CC79A7"
GREY: Final = "#999999"

SOURCE: Final = shapes.DataSourceRef(type_val="prometheus", uid="${datasource}")

Panel: TypeAlias = Builder[shapes.Panel]


@dataclass(frozen=True, slots=True)
class Query:
    """An expression of PromQL, the legend of its series, and their colour if they have one of their own."""

    expr: str
    legend: str = ""
    colour: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """From which values on a figure deserves a look, and from which it is bad; `falling`: below them instead."""

    look: float
    bad: float
    falling: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a panel measures in, how wide it is (of 24) and how high, and the ends of its axis where they are fixed."""

    unit: str
    width: int = 8
    height: int = 8
    least: float | None = 0
    most: float | None = None
    decimals: int | None = None


def quantiles(metric: str, *, by: str = "") -> tuple[Query, Query, Query]:
    """Median, 95th and 99th percentile of a recorded metric; `by` narrows it by label matchers."""
    chosen = f"{by}," if by else ""
    named = (("0.5", "half", BLUE), ("0.95", "95 %", ORANGE), ("0.99", "99 %", VERMILION))
    first, second, third = (
        Query(f'{metric}{{{chosen}quantile="{share}"}}', legend, colour) for share, legend, colour in named
    )
    return first, second, third


def or_nothing(expr: str, *, label: str = "") -> str:
    """The expression, or 0 while there is nothing of its kind: what never happened has no series.

    `label` is the one that the legend shows; it says "none" then.
    """
    zero = f'label_replace(vector(0), "{label}", "none", "", "")' if label else "vector(0)"
    return f"{expr} or on() {zero}"


def series(title: str, says: str, queries: Sequence[Query], frame: Frame, *, stacked: bool = False) -> Panel:
    """Lines over time; stacked as areas where the parts of a whole are shown."""
    panel = timeseries.Panel().title(title).description(says).datasource(SOURCE)
    panel.unit(frame.unit).span(frame.width).height(frame.height).show_points(looks.VisibilityMode.NEVER)
    panel.fill_opacity(55 if stacked else 8).line_width(1 if stacked else 2)
    panel.color_scheme(dashboard.FieldColor().mode(shapes.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
    panel.tooltip(common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI).sort(looks.SortOrder.DESCENDING))
    panel.legend(
        common.VizLegendOptions()
        .display_mode(looks.LegendDisplayMode.LIST)
        .placement(looks.LegendPlacement.BOTTOM)
        .show_legend(True)  # noqa: FBT003 - the library's own way
    )
    if stacked:
        panel.stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL))
    if frame.least is not None:
        panel.min(frame.least)
    if frame.most is not None:
        panel.max(frame.most)
    if frame.decimals is not None:
        panel.decimals(frame.decimals)
    for number, query in enumerate(queries):
        panel.with_target(_target(query, number=number))
        if query.colour:
            panel.override_by_name(query.legend, [_fixed(query.colour)])
    return panel


def figure(title: str, says: str, query: Query, frame: Frame, steps: Steps | None = None) -> Panel:
    """One number as it is now, with its course behind it; orange and vermilion where it deserves a look."""
    panel = stat.Panel().title(title).description(says).datasource(SOURCE)
    panel.unit(frame.unit).span(frame.width).height(frame.height).with_target(_target(query))
    panel.graph_mode(looks.BigValueGraphMode.AREA).color_mode(looks.BigValueColorMode.VALUE)
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    panel.thresholds(_thresholds(steps)).color_scheme(dashboard.FieldColor().mode(shapes.FieldColorModeId.THRESHOLDS))
    if frame.decimals is not None:
        panel.decimals(frame.decimals)
    return panel


def names(title: str, says: str, query: Query, frame: Frame) -> Panel:
    """The names of the series that there are now, such as versions."""
    panel = stat.Panel().title(title).description(says).datasource(SOURCE)
    panel.unit(frame.unit).span(frame.width).height(frame.height).with_target(_target(query, instant=True))
    panel.graph_mode(looks.BigValueGraphMode.NONE).text_mode(looks.BigValueTextMode.NAME)
    return panel.thresholds(_thresholds(None)).reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))


def bars(title: str, says: str, query: Query, frame: Frame) -> Panel:
    """One bar for each series, as it is now."""
    panel = bargauge.Panel().title(title).description(says).datasource(SOURCE)
    panel.unit(frame.unit).span(frame.width).height(frame.height).with_target(_target(query, instant=True))
    panel.orientation(looks.VizOrientation.HORIZONTAL).display_mode(looks.BarGaugeDisplayMode.BASIC)
    panel.thresholds(_thresholds(None)).reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    return panel.min(0)


def heat(title: str, says: str, query: Query, frame: Frame) -> Panel:
    """How the values of a histogram are spread over time; the query gives its buckets by `le`."""
    panel = heatmap.Panel().title(title).description(says).datasource(SOURCE)
    panel.unit("short").span(frame.width).height(frame.height).calculate(False)  # noqa: FBT003 - the library's own way
    panel.with_target(_target(query).format(prometheus_looks.PromQueryFormat.HEATMAP))
    panel.y_axis(heatmap.YAxisConfig().unit(frame.unit))
    colours = heatmap.HeatmapColorOptions().mode(heat_looks.HeatmapColorMode.SCHEME).scheme("Blues").steps(32)
    return panel.color(colours).cell_gap(1)


def _target(query: Query, *, instant: bool = False, number: int = 0) -> prometheus.Dataquery:
    target = prometheus.Dataquery().expr(query.expr).legend_format(query.legend or "__auto").datasource(SOURCE)
    target.ref_id(chr(ord("A") + number))
    return target.instant() if instant else target.range()


def _thresholds(steps: Steps | None) -> dashboard.ThresholdsConfig:
    if steps is None:
        marks = [shapes.Threshold(value=None, color=BLUE)]
    else:
        colours = (VERMILION, ORANGE, BLUE) if steps.falling else (BLUE, ORANGE, VERMILION)
        values = (None, steps.bad, steps.look) if steps.falling else (None, steps.look, steps.bad)
        marks = [shapes.Threshold(value=value, color=colour) for value, colour in zip(values, colours, strict=True)]
    return dashboard.ThresholdsConfig().mode(shapes.ThresholdsMode.ABSOLUTE).steps(marks)


def _fixed(colour: str) -> shapes.DynamicConfigValue:
    return shapes.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour})

"""A dashboard: its name, its rows of panels, and what all dashboards have in common."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as shapes

from deploy.grafana.panels import SOURCE, VERMILION, Panel

_TAG: Final = "inquiry"


@dataclass(frozen=True, slots=True)
class Row:
    """A heading and what stands below it, from left to right; 24 columns make a line."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """`name` becomes the file and the address; `by_department` adds the choice of departments, `$department`."""

    name: str
    title: str
    says: str
    rows: Sequence[Row]
    by_department: bool = False

    def to_json(self) -> str:
        """The dashboard as Grafana reads it from a file."""
        built = _builder(self).build()
        for number, panel in enumerate(built.panels or [], start=1):
            panel.id_val = number
        return json.dumps(built, cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def _builder(board: Board) -> dashboard.Dashboard:
    builder = dashboard.Dashboard(board.title).uid(f"inquiry-{board.name}").description(board.says).tags([_TAG])
    builder.readonly().timezone("browser").refresh("30s").time("now-3h", "now")
    builder.tooltip(shapes.DashboardCursorSync.CROSSHAIR)
    builder.with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    if board.by_department:
        builder.with_variable(_departments())
    builder.annotation(_firing())
    others = dashboard.DashboardLink("Inquiry pipeline").type(shapes.DashboardLinkType.DASHBOARDS)
    builder.link(others.tags([_TAG]).keep_time(True).as_dropdown(False))  # noqa: FBT003 - the library's own way
    for row in board.rows:
        builder.with_row(dashboard.Row(row.title))
        for panel in row.panels:
            builder.with_panel(panel)
    return builder


def _departments() -> dashboard.QueryVariable:
    variable = dashboard.QueryVariable("department").label("Department").datasource(SOURCE)
    variable.query("label_values(inquiry_waiting, department)").refresh(shapes.VariableRefresh.ON_TIME_RANGE_CHANGED)
    variable.current(shapes.VariableOption(text="All", value="$__all", selected=True))
    return variable.multi(True).include_all(True).all_value(".*").sort(shapes.VariableSort.ALPHABETICAL_ASC)  # noqa: FBT003


def _firing() -> dashboard.AnnotationQuery:
    firing = dashboard.AnnotationQuery().name("Alerts").datasource(SOURCE).enable(True).icon_color(VERMILION)  # noqa: FBT003
    return firing.expr('ALERTS{alertstate="firing",alertname=~"Inquiry.+"}')

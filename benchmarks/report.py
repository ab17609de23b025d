"""A result for people: a table in the terminal, and the same as Markdown."""

from collections.abc import Iterator
from itertools import groupby

from rich.table import Table

from benchmarks.bench import QUIET
from benchmarks.result import Goal, Result, Row


def table(result: Result) -> Table:
    """All rows; a row during which others took more than a twentieth of the machine is marked."""
    shown = Table(title=f"{result.machine['cpu']}, {result.machine['cores']} cores, {result.machine['revision']}")
    for heading in ("", "median", "range", "unit", "goal", ""):
        shown.add_column(heading, justify="left" if heading in ("", "unit", "goal") else "right")
    for section, rows in groupby(sorted_rows(result), key=lambda row: row.section):
        shown.add_section()
        shown.add_row(f"[bold]{section}[/bold]")
        for row in rows:
            verdict = {True: "[green]met[/green]", False: "[red]not met[/red]", None: ""}[row.met]
            shown.add_row(f"  {row.name}{_mark(row)}", _figure(row.value.median), _range(row), row.unit,
                          _goal(row.goal), verdict)  # fmt: skip
    return shown


def markdown(result: Result) -> str:
    """All rows as Markdown tables, with the facts of the machine above them."""
    return "\n".join(_markdown_lines(result))


def sorted_rows(result: Result) -> list[Row]:
    """The rows with each section's together, in the order in which the sections first appeared."""
    order = list(dict.fromkeys(row.section for row in result.rows))
    return sorted(result.rows, key=lambda row: order.index(row.section))


def _markdown_lines(result: Result) -> Iterator[str]:
    machine = result.machine
    libraries = ", ".join(f"{name} {version}" for name, version in machine["libraries"].items())
    yield f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, "
    yield f"Python {machine['python']}; {libraries}; revision `{machine['revision']}`, model `{machine['model']}`; "
    yield f"one fdatasync of 8 KB takes {machine['fsync_ms']} ms; {machine['started']}."
    for section, rows in groupby(sorted_rows(result), key=lambda row: row.section):
        yield f"\n### {section}\n"
        yield "| | median | range | unit | goal | |"
        yield "|---|---:|---:|---|---|---|"
        for row in rows:
            verdict = {True: "met", False: "**not met**", None: ""}[row.met]
            cells = (
                row.name + _mark(row).replace("*", "`*`"),
                _figure(row.value.median),
                _range(row),
                row.unit,
                _goal(row.goal),
                verdict,
            )
            yield f"| {' | '.join(cells)} |"
    yield "\n`*` Others took more than a twentieth of the machine meanwhile."


def _mark(row: Row) -> str:
    return " *" if (row.others or 0.0) > QUIET else ""


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _range(row: Row) -> str:
    return f"{_figure(row.value.low)} to {_figure(row.value.high)}" if row.value.runs > 1 else ""


def _goal(goal: Goal | None) -> str:
    return f"{'≤' if goal.kind == 'at_most' else '≥'} {goal.value:g}" if goal else ""

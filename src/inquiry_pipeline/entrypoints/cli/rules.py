"""`inquiry rules`: check a rules file before it goes live, and show one in short."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from inquiry_pipeline.core.errors import RulesError
from inquiry_pipeline.routing.rules import Effects, RuleSet, load_rules
from inquiry_pipeline.settings import load_settings

app = typer.Typer(help="Check and show routing rules.", no_args_is_help=True)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="The rules file to check.")]) -> None:
    """Check a rules file: prints what it holds, or every problem with its line; then exits with 1."""
    rules = _load(file)
    typer.echo(
        f"{file} is right: {len(rules.departments)} departments, {len(rules.consultants)} consultants, "
        f"{len(rules.categories)} categories, {len(rules.escalations)} escalation rules (version {rules.version})"
    )


@app.command()
def show(
    file: Annotated[
        Path | None, typer.Argument(help="The rules file; by default the one that the pipeline would use.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="The whole content as JSON.")] = False,
) -> None:
    """Show departments, consultants and escalation rules."""
    rules = _load(file or load_settings().rules_path)
    if as_json:
        typer.echo(json.dumps({"version": rules.version, "rules": rules.document}, indent=2, ensure_ascii=False))
        return
    console = Console(markup=False, highlight=False)
    for table in (_departments(rules), _consultants(rules), _escalations(rules)):
        console.print(table)


def _load(file: Path) -> RuleSet:
    try:
        return load_rules(file)
    except RulesError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _departments(rules: RuleSet) -> Table:
    table = Table("Department", "Categories", "Assignment", "Languages", "People", title=f"Rules {rules.version}")
    for department in rules.departments.values():
        triage = "what is uncertain" if department.id == rules.triage.department else ""
        table.add_row(
            department.name,
            ", ".join(department.categories) or triage,
            department.strategy.value.replace("_", " "),
            " ".join(department.languages),
            ", ".join(person.name for person in rules.members(department.id)),
        )
    return table


def _consultants(rules: RuleSet) -> Table:
    table = Table("Consultant", "Departments", "Languages", "Level", "Capacity", "Weight", "Manager")
    for person in rules.consultants.values():
        table.add_row(
            person.name,
            ", ".join(person.departments),
            " ".join(person.languages) or "all",
            str(person.level),
            str(person.capacity),
            f"{person.weight:g}",
            "yes" if person.manager else "",
        )
    return table


def _escalations(rules: RuleSet) -> Table:
    table = Table("Level", "Escalation", "When", "Then")
    for rule in sorted(rules.escalations, key=lambda rule: rule.level):
        table.add_row(str(rule.level), rule.name, str(rule.condition), _effects(rule.effects))
    return table


def _effects(effects: Effects) -> str:
    parts = [
        f"to {effects.department}" if effects.department else "",
        f"to {effects.consultant}" if effects.consultant else "",
        "to a manager" if effects.manager else "",
        f"level {effects.min_level} or above" if effects.min_level > 1 else "",
        f"priority at least {effects.priority_at_least:g}" if effects.priority_at_least is not None else "",
        f"{effects.add_points:+g} points" if effects.add_points else "",
    ]
    return ", ".join(part for part in parts if part) or "recorded only"

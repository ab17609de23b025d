"""The routing rules as frozen objects, read from YAML that is checked as a whole."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from inquiry_pipeline.core.errors import RulesError
from inquiry_pipeline.core.prediction import Sentiment, Urgency
from inquiry_pipeline.core.routing import Consultant
from inquiry_pipeline.routing.checks import cross_problems
from inquiry_pipeline.routing.conditions import (
    Condition,
    ages_in,
    build_condition,
    domains_of,
    normal_address,
)
from inquiry_pipeline.routing.document import Document, Problem, read_document
from inquiry_pipeline.routing.schema import schema_problems

_HOUR = timedelta(hours=1)


class Strategy(StrEnum):
    """How a department gives out its inquiries."""

    ROUND_ROBIN = "round_robin"
    SKILL_BASED = "skill_based"
    LOAD_BALANCED = "load_balanced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A group of consultants and the categories that go to it. `languages` are those that it promises."""

    id: str
    name: str
    strategy: Strategy
    categories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderTier:
    """Senders whose inquiries get extra points. Addresses and domains are in lower case."""

    name: str
    points: float
    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPoints:
    """Points for every full hour since an inquiry was received, `cap` at most."""

    points_per_hour: float = 0.0
    cap: float = 0.0

    def points(self, age: timedelta) -> float:
        """The points at an age."""
        return min(self.cap, (age // _HOUR) * self.points_per_hour)

    def value(self, age: timedelta) -> str:
        """The hours that count, in words: the same as long as the points are."""
        if self.points(age) < self.cap:
            return f"{age // _HOUR} h"
        return f"{math.ceil(self.cap / self.points_per_hour)} h or more"

    def next_step(self, age: timedelta) -> timedelta | None:
        """The age at which the points rise next; None when they stay as they are."""
        if self.points_per_hour <= 0 or self.points(age) >= self.cap:
            return None
        return (age // _HOUR + 1) * _HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A priority band: from `start` (0..100) up to the next band's."""

    name: str
    start: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """Where uncertain inquiries go: below `min_confidence`, abstained, and degraded ones if `degraded`."""

    department: str
    min_confidence: float = 0.0
    degraded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What an escalation rule does when it applies."""

    department: str | None = None
    consultant: str | None = None
    manager: bool = False
    min_level: int = 1
    priority_at_least: float | None = None
    add_points: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRule:
    """When a condition holds, an inquiry is escalated to `level` (1 is the mildest), with effects."""

    name: str
    level: int
    condition: Condition
    effects: Effects = Effects()
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Everything that routing knows. `document` is the plain data that it was read from, fit for JSON.

    `version` is the first 12 hex digits of the SHA-256 of the document's content: comments and formatting do
    not change it. `ages` are those at which an escalation rule can begin or cease to apply, rising.
    """

    version: str
    departments: Mapping[str, Department]
    consultants: Mapping[str, Consultant]
    urgency_points: Mapping[Urgency, float]
    sentiment_points: Mapping[Sentiment, float]
    category_points: Mapping[str, float]
    waiting: WaitingPoints
    tiers: tuple[SenderTier, ...]
    bands: tuple[Band, ...]
    triage: Triage
    escalations: tuple[EscalationRule, ...]
    ages: tuple[timedelta, ...]
    document: Mapping[str, Any]

    @property
    def categories(self) -> tuple[str, ...]:
        """Every category that the rules know."""
        return tuple(self.category_points)

    def department_for(self, category: str) -> Department | None:
        """The department that a category goes to; None for a category that the rules do not know."""
        return next((d for d in self.departments.values() if category in d.categories), None)

    def members(self, department: str) -> tuple[Consultant, ...]:
        """The consultants of a department, in the order of the file."""
        return tuple(c for c in self.consultants.values() if department in c.departments)

    def tier_of(self, sender_email: str | None) -> SenderTier | None:
        """The sender's tier: by address, or else by the longest domain."""
        address = normal_address(sender_email)
        by_address = next((tier for tier in self.tiers if address in tier.addresses), None)
        if by_address or not address:
            return by_address
        return next((t for name in domains_of(address) for t in self.tiers if name in t.domains), None)

    def band_of(self, score: float) -> str:
        """The name of the band that a priority score falls into."""
        return next((band.name for band in reversed(self.bands) if score >= band.start), self.bands[0].name)


def load_rules(path: Path) -> RuleSet:
    """Read a rules file. Raises RulesError with one line for every problem: `file:line: path: message`."""
    return parse_content(read_rules(path), source=str(path))


def read_rules(path: Path) -> bytes:
    """The bytes of a rules file. Raises RulesError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise RulesError(f"{path}: cannot be read: {error.strerror or error}") from error


def parse_content(content: bytes, *, source: str) -> RuleSet:
    """Read rules from the bytes of a file. Raises RulesError, also with the line of what is not UTF-8."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RulesError(f"{source}:{line}: not UTF-8: byte 0x{content[error.start]:02x}") from error
    return parse_rules(text, source=source)


def parse_rules(text: str, *, source: str) -> RuleSet:
    """Read rules from YAML; `source` names them in messages. Raises RulesError as `load_rules` does."""
    document = read_document(text, source=source)
    problems = list(document.problems)
    if document.data is not None or not problems:
        problems += _content_problems(document)
    if problems:
        raise RulesError(document.render(problems))
    return _rule_set(document.data)


def _content_problems(document: Document) -> list[Problem]:
    if not isinstance(document.data, dict):
        return [Problem((), "the top of the file must be a mapping with keys such as 'departments'")]
    broken = {problem.where for problem in document.problems}
    found = [problem for problem in schema_problems(document.data) if problem.where not in broken]
    return found + cross_problems(document.data)


def _rule_set(data: Mapping[str, Any]) -> RuleSet:
    score = data["score"]
    escalations = tuple(_escalation(entry) for entry in data.get("escalations", ()))
    ages = frozenset[timedelta]().union(*(ages_in(rule.condition) for rule in escalations))
    return RuleSet(
        version=_version(data),
        departments=MappingProxyType({key: _department(key, d) for key, d in data["departments"].items()}),
        consultants=MappingProxyType({key: _consultant(key, c) for key, c in data["consultants"].items()}),
        urgency_points=MappingProxyType({u: float(score["urgency"][u]) for u in Urgency}),
        sentiment_points=MappingProxyType({s: float(score["sentiment"][s]) for s in Sentiment}),
        category_points=MappingProxyType({key: float(points) for key, points in score["category"].items()}),
        waiting=WaitingPoints(**score.get("waiting", {})),
        tiers=tuple(_tier(entry) for entry in data.get("senders", ())),
        bands=tuple(Band(name=b["name"], start=float(b["from"])) for b in data["priorities"]),
        triage=Triage(**data["triage"]),
        escalations=escalations,
        ages=tuple(sorted(ages)),
        document=data,
    )


def _department(key: str, data: Mapping[str, Any]) -> Department:
    return Department(
        id=key,
        name=data["name"],
        strategy=Strategy(data["assignment"]),
        categories=tuple(data.get("categories", ())),
        languages=tuple(data.get("languages", ())),
        description=data.get("description"),
    )


def _consultant(key: str, data: Mapping[str, Any]) -> Consultant:
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    level, capacity = int(fields.pop("level", 1)), int(fields.pop("capacity", 20))  # the schema lets 2.0 pass
    return Consultant(id=key, level=level, capacity=capacity, **fields)


def _tier(data: Mapping[str, Any]) -> SenderTier:
    return SenderTier(
        name=data["name"],
        points=float(data["points"]),
        addresses=frozenset(normal_address(address) for address in data.get("addresses", ())),
        domains=frozenset(domain.casefold() for domain in data.get("domains", ())),
    )


def _escalation(data: Mapping[str, Any]) -> EscalationRule:
    effects = dict(data.get("then", {}))
    return EscalationRule(
        name=data["name"],
        level=int(data["level"]),
        condition=build_condition(data["when"]),
        effects=Effects(min_level=int(effects.pop("min_level", 1)), **effects),
        description=data.get("description"),
    )


def _version(data: Mapping[str, Any]) -> str:
    canonical = json.dumps(_plain(data), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def _plain(value: object) -> object:
    """The value with 20.0 written as 20, so that both spellings are the same content."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value

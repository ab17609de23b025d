"""Conditions of escalation rules: data from the rules file, objects that can be asked, reasons in words.

Every condition answers `met(facts)`: the reason for which it holds, or None. There is no code and no regular
expression in a condition, so a rules file can neither run anything nor be slow.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from inquiry_pipeline.core.inquiry import Inquiry
from inquiry_pipeline.core.prediction import Prediction, Urgency

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What conditions look at. `score` is the one before escalations; `text` is from `searchable`."""

    inquiry: Inquiry
    prediction: Prediction
    department: str
    age: timedelta
    score: float
    tier: str | None
    text: str


class Condition(Protocol):
    """Something that holds for an inquiry or does not."""

    def met(self, facts: Facts) -> str | None:
        """The reason for which it holds, for people to read; None when it does not hold."""

    def __str__(self) -> str:
        """What it asks for, in words."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """A label is one of several."""

    fact: str
    allowed: tuple[str, ...]

    def met(self, facts: Facts) -> str | None:
        """See `Condition`."""
        value = _label(self.fact, facts)
        return f"{self.fact} {value}" if value in self.allowed else None

    def __str__(self) -> str:
        return f"{self.fact} {' or '.join(self.allowed)}"


@dataclass(frozen=True, slots=True)
class Between:
    """The confidence or the priority score is at least one figure and below another."""

    fact: str
    at_least: float | None = None
    below: float | None = None

    def met(self, facts: Facts) -> str | None:
        """See `Condition`."""
        value = facts.prediction.confidence if self.fact == "confidence" else facts.score
        if self.at_least is not None and not value >= self.at_least:
            return None
        if self.below is not None and not value < self.below:
            return None
        return f"{self} ({value:.4g})"

    def __str__(self) -> str:
        low = f" at least {self.at_least:g}" if self.at_least is not None else ""
        high = f" below {self.below:g}" if self.below is not None else ""
        return f"{self.fact.replace('_', ' ')}{low}{high}"


@dataclass(frozen=True, slots=True)
class AgeAtLeast:
    """The inquiry was received that long ago, or longer."""

    age: timedelta

    def met(self, facts: Facts) -> str | None:
        """See `Condition`."""
        return str(self) if facts.age >= self.age else None

    def __str__(self) -> str:
        return f"open for {self.age / timedelta(hours=1):g} h or more"


@dataclass(frozen=True, slots=True)
class Flag:
    """The prediction abstained, or is degraded; or is not."""

    fact: str
    expected: bool

    def met(self, facts: Facts) -> str | None:
        """See `Condition`."""
        value = facts.prediction.abstained if self.fact == "abstained" else facts.prediction.degraded
        return str(self) if value == self.expected else None

    def __str__(self) -> str:
        return f"the prediction is {'' if self.expected else 'not '}{self.fact}"


@dataclass(frozen=True, slots=True)
class Mentions:
    """Subject or body hold any, or all, of these words and phrases."""

    phrases: tuple[str, ...]
    every: bool = False

    def met(self, facts: Facts) -> str | None:
        """See `Condition`."""
        found = [phrase for phrase in self.phrases if _words(phrase) in facts.text]
        wanted = len(self.phrases) if self.every else 1
        return f"mentions {', '.join(repr(phrase) for phrase in found)}" if len(found) >= wanted else None

    def __str__(self) -> str:
        return f"mentions {(' and ' if self.every else ' or ').join(repr(p) for p in self.phrases)}"


@dataclass(frozen=True, slots=True)
class SentBy:
    """The sender has one of these addresses, domains (with subdomains) or tiers."""

    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()

    def met(self, facts: Facts) -> str | None:
        """See `Condition`."""
        address = normal_address(facts.inquiry.sender_email)
        if address in self.addresses:
            return f"sender is {address}"
        domain = next((name for name in domains_of(address) if name in self.domains), None)
        if domain:
            return f"sender is at {domain}"
        return f"sender tier {facts.tier}" if facts.tier in self.tiers else None

    def __str__(self) -> str:
        return f"sender is {' or '.join((*self.addresses, *self.domains, *self.tiers))}"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Condition, ...]

    def met(self, facts: Facts) -> str | None:
        """See `Condition`."""
        reasons = []
        for part in self.parts:
            reason = part.met(facts)
            if reason is None:
                return None
            reasons.append(reason)
        return "; ".join(reasons)

    def __str__(self) -> str:
        return "; ".join(str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds; the first that does gives the reason."""

    parts: tuple[Condition, ...]

    def met(self, facts: Facts) -> str | None:
        """See `Condition`."""
        return next((reason for part in self.parts if (reason := part.met(facts)) is not None), None)

    def __str__(self) -> str:
        return f"({', or '.join(str(part) for part in self.parts)})"


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition

    def met(self, facts: Facts) -> str | None:
        """See `Condition`."""
        return str(self) if self.part.met(facts) is None else None

    def __str__(self) -> str:
        return f"not ({self.part})"


def build_condition(data: Mapping[str, Any]) -> Condition:
    """A condition from schema-checked data. All keys of a mapping must hold."""
    parts = tuple(_build_part(key, value) for key, value in data.items())
    return parts[0] if len(parts) == 1 else AllOf(parts)


def ages_in(condition: Condition) -> frozenset[timedelta]:
    """Every age at which a condition can begin or cease to hold."""
    match condition:
        case AgeAtLeast():
            return frozenset({condition.age})
        case AllOf() | AnyOf():
            return frozenset().union(*(ages_in(part) for part in condition.parts))
        case Not():
            return ages_in(condition.part)
    return frozenset()


def searchable(inquiry: Inquiry) -> str:
    """Subject and body as one row of words for `Mentions`; a phrase never spans the two."""
    return f"{_words(inquiry.subject or '')}|{_words(inquiry.body)}"


def has_words(phrase: str) -> bool:
    """Whether a keyword holds anything that could be found."""
    return bool(_words(phrase).strip())


def normal_address(address: str | None) -> str:
    """An e-mail address as it is compared: trimmed, lower case; empty for none."""
    return (address or "").strip().casefold()


def domains_of(address: str) -> list[str]:
    """The domain of an address and those above it, the longest first: `a.b.org`, `b.org`, `org`."""
    labels = address.rpartition("@")[2].rstrip(".").split(".") if "@" in address else []
    return [".".join(labels[start:]) for start in range(len(labels))]


def as_names(value: object) -> tuple[str, ...]:
    """One name or a list of names, as a tuple of texts; what is no text is left out."""
    values: Sequence[object] = value if isinstance(value, list) else [value]
    return tuple(name for name in values if isinstance(name, str))


def _build_part(key: str, value: object) -> Condition:
    build = _PARTS.get(key)
    return build(value) if build else OneOf(key, as_names(value))


def _urgency(value: dict[str, str] | list[str] | str) -> Condition:
    if not isinstance(value, dict):
        return OneOf("urgency", as_names(value))
    labels = tuple(label.value for label in Urgency)
    return OneOf("urgency", labels[labels.index(value["at_least"]) :])


def _keywords(value: dict[str, list[str]] | list[str] | str) -> Condition:
    groups = value if isinstance(value, dict) else {"any": as_names(value)}
    parts = tuple(Mentions(tuple(words), every=kind == "all") for kind, words in groups.items())
    return parts[0] if len(parts) == 1 else AllOf(parts)


def _sender(value: dict[str, object]) -> Condition:
    return SentBy(
        addresses=tuple(normal_address(address) for address in as_names(value.get("address"))),
        domains=tuple(domain.casefold() for domain in as_names(value.get("domain"))),
        tiers=as_names(value.get("tier")),
    )


_PARTS: Mapping[str, Callable[[Any], Condition]] = {
    "all": lambda value: AllOf(tuple(build_condition(item) for item in value)),
    "any": lambda value: AnyOf(tuple(build_condition(item) for item in value)),
    "not": lambda value: Not(build_condition(value)),
    "urgency": _urgency,
    "confidence": lambda value: Between("confidence", **value),
    "priority_score": lambda value: Between("priority_score", **value),
    "age_hours": lambda value: AgeAtLeast(timedelta(hours=value["at_least"])),
    "keywords": _keywords,
    "sender": _sender,
    "abstained": lambda value: Flag("abstained", value),
    "degraded": lambda value: Flag("degraded", value),
}
"""How the keys of a condition are built; the others compare one label with a list."""


def _label(fact: str, facts: Facts) -> str:
    match fact:
        case "department":
            return facts.department
        case "channel":
            return facts.inquiry.channel
    return str(getattr(facts.prediction, fact))


def _words(text: str) -> str:
    """The words of a text in one normal form, each between single spaces: ` to my lawyer `."""
    return f" {' '.join(_WORD.findall(unicodedata.normalize('NFKC', text).casefold()))} "

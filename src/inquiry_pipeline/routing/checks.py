"""What a schema cannot say: that the parts of the rules fit together.

Works on data that may be broken elsewhere, so that one reading lists every problem: what has the wrong type is
skipped here, the schema reports it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from inquiry_pipeline.core.prediction import Urgency
from inquiry_pipeline.routing.conditions import as_names, has_words
from inquiry_pipeline.routing.document import Problem, Where
from inquiry_pipeline.routing.schema import quoted, suggestion


def cross_problems(data: Mapping[str, Any]) -> list[Problem]:
    """Everything that does not fit together, in no particular order."""
    checks = (_categories, _departments, _consultants, _scores, _bands, _tiers, _triage, _escalations)
    return [problem for check in checks for problem in check(data)]


def _mapping(data: object, *keys: str) -> dict[str, Any]:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _entries(data: object, key: str) -> list[tuple[int, dict[str, Any]]]:
    items = data.get(key) if isinstance(data, dict) else None
    return [(n, item) for n, item in enumerate(items if isinstance(items, list) else ()) if isinstance(item, dict)]


def _named(data: object, key: str) -> list[tuple[Where, str]]:
    """The names under a key, one or a list, each with its place relative to `data`."""
    value = data.get(key) if isinstance(data, dict) else None
    if isinstance(value, str):
        return [((key,), value)]
    items = value if isinstance(value, list) else ()
    return [((key, n), item) for n, item in enumerate(items) if isinstance(item, str)]


def _unknown(kind: str, at: Where, names: Sequence[tuple[Where, str]], known: Iterable[str]) -> Iterator[Problem]:
    """A problem for each name that is not known. Nothing, when nothing at all is known: that is reported."""
    known = list(known)
    for where, name in names:
        if known and name not in known:
            hint = suggestion(name, known) or f" (known: {quoted(known)})"
            yield Problem((*at, *where), f"unknown {kind} {name!r}{hint}")


def _repeated(kind: str, names: Iterable[tuple[Where, str]]) -> Iterator[Problem]:
    first: dict[str, Where] = {}
    for where, name in names:
        if name in first:
            yield Problem(where, f"the {kind} {name!r} is given twice")
        first.setdefault(name, where)


def _categories(data: object) -> Iterator[Problem]:
    known = _mapping(data, "score", "category")
    departments = _mapping(data, "departments")
    mapped: dict[str, str] = {}
    for department, entry in departments.items():
        at = ("departments", department)
        names = _named(entry, "categories")
        yield from _unknown("category", at, names, known)
        for where, name in names:
            if mapped.setdefault(name, department) != department:
                yield Problem((*at, *where), f"the category {name!r} goes to {mapped[name]!r} already")
    for name in known if departments else ():
        if name not in mapped:
            yield Problem(("score", "category", name), f"no department has the category {name!r}")


def _departments(data: object) -> Iterator[Problem]:
    for department, entry in _mapping(data, "departments").items():
        members = _members(data, department)
        if not members and _mapping(data, "consultants"):
            yield Problem(("departments", department), "no consultant belongs to this department")
        for where, language in _named(entry, "languages") if members else ():
            if not any(_reads(member, language) for member in members):
                message = f"no consultant of {department!r} reads {language!r}"
                yield Problem(("departments", department, *where), message)


def _reads(consultant: Mapping[str, Any], language: str) -> bool:
    languages = consultant.get("languages") or [language]
    return isinstance(languages, list) and language in languages


def _members(data: object, department: str | None) -> list[dict[str, Any]]:
    """The consultants of a department; of all departments for None."""
    people = [c for c in _mapping(data, "consultants").values() if isinstance(c, dict)]
    if department is None:
        return people
    return [c for c in people if any(name == department for _, name in _named(c, "departments"))]


def _consultants(data: object) -> Iterator[Problem]:
    emails = []
    for name, entry in _mapping(data, "consultants").items():
        at = ("consultants", name)
        yield from _unknown("department", at, _named(entry, "departments"), _mapping(data, "departments"))
        yield from _unknown("category", at, _named(entry, "categories"), _mapping(data, "score", "category"))
        emails += [((*at, *where), email.casefold()) for where, email in _named(entry, "email")]
    yield from _repeated("e-mail address", emails)


def _scores(data: object) -> Iterator[Problem]:
    points = _mapping(data, "score", "urgency")
    rising = [(str(u), points[u]) for u in Urgency if isinstance(points.get(u), int | float)]
    for (lower, fewer), (higher, more) in pairwise(rising):
        if more < fewer:
            message = f"{more:g} points are fewer than the {fewer:g} of {lower!r}"
            yield Problem(("score", "urgency", higher), message)


def _bands(data: object) -> Iterator[Problem]:
    bands = [(n, band) for n, band in _entries(data, "priorities") if isinstance(band.get("from"), int | float)]
    if bands and bands[0][0] == 0 and bands[0][1]["from"] != 0:
        yield Problem(("priorities", 0, "from"), f"the first band must start at 0, not {bands[0][1]['from']:g}")
    for (_, lower), (n, band) in pairwise(bands):
        if band["from"] <= lower["from"]:
            message = f"bands must rise: {band['from']:g} does not come after {lower['from']:g}"
            yield Problem(("priorities", n, "from"), message)
    yield from _repeated("name", _field_of_each(data, "priorities", "name"))


def _field_of_each(data: object, section: str, key: str) -> list[tuple[Where, str]]:
    return [((section, n, *w), text) for n, item in _entries(data, section) for w, text in _named(item, key)]


def _tiers(data: object) -> Iterator[Problem]:
    yield from _repeated("name", _field_of_each(data, "senders", "name"))
    for key, kind in (("addresses", "address"), ("domains", "domain")):
        names = [(where, name.casefold()) for where, name in _field_of_each(data, "senders", key)]
        yield from _repeated(kind, names)
    for n, tier in _entries(data, "senders"):
        if not tier.get("addresses") and not tier.get("domains"):
            yield Problem(("senders", n), "needs addresses or domains")


def _triage(data: object) -> Iterator[Problem]:
    at = _named(_mapping(data, "triage"), "department")
    yield from _unknown("department", ("triage",), at, _mapping(data, "departments"))


def _escalations(data: object) -> Iterator[Problem]:
    yield from _repeated("name", _field_of_each(data, "escalations", "name"))
    for n, rule in _entries(data, "escalations"):
        at: Where = ("escalations", n)
        yield from _condition(data, rule.get("when"), (*at, "when"))
        yield from _target(data, _mapping(rule, "then"), (*at, "then"))


def _condition(data: object, condition: object, at: Where) -> Iterator[Problem]:
    tiers = [name for _, name in _field_of_each(data, "senders", "name")]
    known = _mapping(data, "score", "category")
    yield from _unknown("category", at, _named(condition, "category"), known)
    yield from _unknown("department", at, _named(condition, "department"), _mapping(data, "departments"))
    sender = _mapping(condition, "sender")
    yield from _unknown("sender tier", (*at, "sender"), _named(sender, "tier"), tiers or ["(there are none)"])
    yield from _phrases(condition, at)
    for key in ("all", "any"):
        for n, part in _entries(condition, key):
            yield from _condition(data, part, (*at, key, n))
    if isinstance(condition, dict) and "not" in condition:
        yield from _condition(data, condition["not"], (*at, "not"))


def _phrases(condition: object, at: Where) -> Iterator[Problem]:
    groups = _mapping(condition, "keywords")
    inside = [(("keywords", *where), text) for key in groups for where, text in _named(groups, key)]
    for where, text in _named(condition, "keywords") + inside:
        if not has_words(text):
            yield Problem((*at, *where), f"{text!r} holds no letter or digit, so it can never be found")


def _target(data: object, effects: Mapping[str, Any], at: Where) -> Iterator[Problem]:
    departments, consultants = _mapping(data, "departments"), _mapping(data, "consultants")
    yield from _unknown("department", at, _named(effects, "department"), departments)
    yield from _unknown("consultant", at, _named(effects, "consultant"), consultants)
    department = next(iter(as_names(effects.get("department"))), None)
    consultant = next(iter(as_names(effects.get("consultant"))), None)
    if department in departments and consultant in consultants:
        member_of = [name for _, name in _named(consultants[consultant], "departments")]
        if department not in member_of:
            yield Problem((*at, "consultant"), f"{consultant!r} does not belong to {department!r}")
    if department is None or department in departments:
        yield from _seniority(data, effects, at, department)


def _seniority(data: object, effects: Mapping[str, Any], at: Where, department: str | None) -> Iterator[Problem]:
    """Whether somebody is there who is a manager, or senior enough, as the rule asks."""
    asks_manager = effects.get("manager") is True and not effects.get("consultant")
    for name in [department] if department else list(_mapping(data, "departments")):
        people = _members(data, name)
        if asks_manager and people and not any(person.get("manager") is True for person in people):
            yield Problem((*at, "manager"), f"nobody in {name!r} is a manager")
    level = effects.get("min_level")
    people = _members(data, department)
    highest = max((p["level"] for p in people if isinstance(p.get("level"), int)), default=1)
    if isinstance(level, int) and people and level > highest:
        whom = repr(department) if department else "any department"
        yield Problem((*at, "min_level"), f"nobody in {whom} has level {level}; the highest is {highest}")

"""From a prediction to a routing decision without a consultant: a pure function of its four arguments.

The steps, in order: score terms, band, department or triage, escalation rules, what the consultant must be able
to do, and when the passing of time alone could change any of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import fsum

from inquiry_pipeline.core.inquiry import Inquiry
from inquiry_pipeline.core.prediction import Prediction
from inquiry_pipeline.core.routing import FiredRule, Needs, RoutingDecision, ScoreTerm
from inquiry_pipeline.routing.conditions import Facts, searchable
from inquiry_pipeline.routing.rules import EscalationRule, RuleSet


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A department, whether it is triage, and why."""

    department: str
    triaged: bool
    reason: str


def route(
    inquiry: Inquiry, prediction: Prediction, rules: RuleSet, now: datetime, *, settled: bool = False
) -> RoutingDecision:
    """Decide department, priority, escalation and needs; `consultant` stays None (see `assignment.assign`).

    The points of the terms add up to `priority_score` (0..100, two decimals). `now` must be aware. `settled` says that
    a person named the category: then it is no suggestion, however sure the model was.
    """
    age = max(now - inquiry.received_at, timedelta(0))
    base = _base_terms(inquiry, prediction, rules, age)
    place = _place(prediction, rules, settled=settled)
    fired = _fired(inquiry, prediction, rules, age=age, department=place.department, score=_total(base))
    escalations = [rule for rule, _ in fired]
    terms = _limited(base + _escalation_terms(escalations, _total(base)))
    score = _total(terms)
    target = _target(escalations, place, rules)
    needs = _needs(prediction, escalations)
    records = tuple(FiredRule(name=rule.name, level=rule.level, reason=reason) for rule, reason in fired)
    return RoutingDecision(
        department=target.department,
        priority_score=score,
        priority=rules.band_of(score),
        needs=needs,
        rules_version=rules.version,
        decided_at=now,
        triaged=target.triaged,
        escalation_level=max((rule.level for rule in escalations), default=0),
        strategy=rules.departments[target.department].strategy.value,
        reasons=(
            *(_term_reason(term, prediction) for term in terms if term.points),
            f"Priority {rules.band_of(score)}: {score:g} of 100 points",
            place.reason,
            *(f"Escalated to level {r.level} by the rule {r.name!r}: {r.reason}" for r in records),
            *([target.reason] if target is not place else []),
            *_needs_reasons(needs, rules),
        ),
        terms=tuple(terms),
        rules_fired=records,
        review_at=_review_at(inquiry.received_at, age, rules),
    )


def _fired(
    inquiry: Inquiry, prediction: Prediction, rules: RuleSet, *, age: timedelta, department: str, score: float
) -> list[tuple[EscalationRule, str]]:
    """The escalation rules that apply, in the order of the file, each with its reason."""
    if not rules.escalations:
        return []
    facts = Facts(
        inquiry=inquiry,
        prediction=prediction,
        department=department,
        age=age,
        score=min(100.0, max(0.0, score)),
        tier=tier.name if (tier := rules.tier_of(inquiry.sender_email)) else None,
        text=searchable(inquiry),
    )
    return [(rule, reason) for rule in rules.escalations if (reason := rule.condition.met(facts)) is not None]


def _base_terms(inquiry: Inquiry, prediction: Prediction, rules: RuleSet, age: timedelta) -> list[ScoreTerm]:
    category = rules.category_points.get(prediction.category, 0.0)
    terms = [
        _term("urgency", prediction.urgency.value, rules.urgency_points[prediction.urgency]),
        _term("sentiment", prediction.sentiment.value, rules.sentiment_points[prediction.sentiment]),
        _term("category", prediction.category, category),
    ]
    if tier := rules.tier_of(inquiry.sender_email):
        terms.append(_term("sender tier", tier.name, tier.points))
    if waiting := rules.waiting.points(age):
        terms.append(_term("waiting", rules.waiting.value(age), waiting))
    return terms


def _escalation_terms(fired: Iterable[EscalationRule], base: float) -> list[ScoreTerm]:
    """Points that rules add, then what is missing to the highest floor that a rule asks for."""
    fired = list(fired)
    terms = [
        _term(f"rule {rule.name}", f"{rule.effects.add_points:+g}", rule.effects.add_points)
        for rule in fired
        if rule.effects.add_points
    ]
    floors = [(rule.effects.priority_at_least, rule.name) for rule in fired]
    floor, name = max(((f, n) for f, n in floors if f is not None), default=(0.0, ""))
    missing = floor - base - _total(terms)
    if name and missing > 0:
        terms.append(_term(f"rule {name}", f"at least {floor:g}", missing))
    return terms


def _limited(terms: list[ScoreTerm]) -> list[ScoreTerm]:
    """The terms, and one more where their sum leaves 0..100, so that they always add up to the score."""
    total = _total(terms)
    limit = min(100.0, max(0.0, total))
    return terms if total == limit else [*terms, _term("limit", f"{limit:g}", limit - total)]


def _term(name: str, value: str, points: float) -> ScoreTerm:
    return ScoreTerm(name=name, value=value, points=round(points, 2))


def _total(terms: Iterable[ScoreTerm]) -> float:
    return round(fsum(term.points for term in terms), 2)


def _term_reason(term: ScoreTerm, prediction: Prediction) -> str:
    if term.name == "limit":
        return f"Limited to {term.value}: {term.points:+g} points"
    because = "; ".join(prediction.urgency_reasons) if term.name == "urgency" else ""
    points = f"{term.name[0].upper()}{term.name[1:]} {term.value}: {term.points:+g} points"
    return f"{points} ({because})" if because else points


def _place(prediction: Prediction, rules: RuleSet, *, settled: bool) -> _Place:
    """The department of the category, or triage where the category is not sure enough."""
    doubt = "" if settled else _doubt(prediction, rules)
    department = rules.department_for(prediction.category)
    if department is None:
        doubt = doubt or f"No department has the category {prediction.category}"
    if doubt or department is None:
        name = rules.departments[rules.triage.department].name
        return _Place(department=rules.triage.department, triaged=True, reason=f"{doubt}: goes to {name}")
    sure = "said by a person" if settled else f"{prediction.confidence:.0%} sure"
    reason = f"Category {prediction.category} ({sure}): {department.name}"
    return _Place(department=department.id, triaged=False, reason=reason)


def _doubt(prediction: Prediction, rules: RuleSet) -> str:
    """Why the category is only a suggestion; empty when it is a decision."""
    sure = f"{prediction.confidence:.0%} sure"
    if prediction.abstained:
        return f"The model only suggests {prediction.category} ({sure})"
    if not prediction.confidence >= rules.triage.min_confidence:
        needed = f"{rules.triage.min_confidence:.0%} is needed"
        return f"Category {prediction.category} is uncertain ({sure}, {needed})"
    if prediction.degraded and rules.triage.degraded:
        return f"Keywords alone suggest {prediction.category}, the model did not answer"
    return ""


def _target(fired: Sequence[EscalationRule], place: _Place, rules: RuleSet) -> _Place:
    """The place that the highest fired rule names, by department or by consultant; or the one given."""
    rule = _naming(fired)
    if rule is None:
        return place
    department = rule.effects.department
    if department is None:
        member_of = rules.consultants[str(rule.effects.consultant)].departments
        department = place.department if place.department in member_of else member_of[0]
    if department == place.department:
        return place
    reason = f"Goes to {rules.departments[department].name} by the rule {rule.name!r}"
    return _Place(department=department, triaged=department == rules.triage.department, reason=reason)


def _naming(fired: Iterable[EscalationRule]) -> EscalationRule | None:
    """The rule that decides the target: the highest level, among equals the first in the file."""
    naming = [rule for rule in fired if rule.effects.department or rule.effects.consultant]
    return max(naming, key=lambda rule: rule.level, default=None)


def _needs(prediction: Prediction, fired: Sequence[EscalationRule]) -> Needs:
    rule = _naming(fired)
    return Needs(
        category=prediction.category,
        language=prediction.language,
        level=max((rule.effects.min_level for rule in fired), default=1),
        manager=any(rule.effects.manager for rule in fired),
        consultant=rule.effects.consultant if rule else None,
    )


def _needs_reasons(needs: Needs, rules: RuleSet) -> list[str]:
    reasons = []
    if needs.consultant:
        reasons.append(f"Needs {rules.consultants[needs.consultant].name}")
    if needs.manager:
        reasons.append("Needs a manager")
    if needs.level > 1:
        reasons.append(f"Needs a consultant of level {needs.level} or above")
    return reasons


def _review_at(received_at: datetime, age: timedelta, rules: RuleSet) -> datetime | None:
    """The next moment at which the age gives more points or reaches a threshold of an escalation rule."""
    step = rules.waiting.next_step(age)
    ahead = [*([step] if step else []), *(threshold for threshold in rules.ages if threshold > age)]
    try:
        return received_at + min(ahead) if ahead else None
    except OverflowError:  # beyond the year 9999
        return None

"""Urgency by evidence: what the head learned, and named rules over the words and deadlines of a text.

A rule that fires adds its points to the logarithms of the head's probabilities; the urgency is the label with the
most afterwards, its confidence the share that it then has. So a rule moves an unsure head a lot and a sure one
little, and what no rule speaks of stays as learned. The points were chosen between fits of
`benchmarks/urgency_rules.py`, by maximum likelihood on answers of heads to what they had not seen. On 1,462 messages
written later, no share of them and no new fit did clearly better. What they bring is in `docs/model-card.md`.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from inquiry_pipeline.core.prediction import Prediction, Urgency
from inquiry_pipeline.nlp import urgency_rules as rules
from inquiry_pipeline.nlp.deadlines import Deadline, comparable, find_deadlines, sentence_at

_LANGUAGE: Final = "en"
_NEAR: Final = timedelta(hours=12)
_FAR: Final = timedelta(days=14)
_NEGATION_REACH: Final = 40
_LONGEST_QUOTE: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`title` begins its reason; `points` go to labels. The words of a rule of `harm` do not count in a question,
    after a negation, nor in a sentence about what is over or only imagined. `words` is empty where deadlines decide.
    """

    name: str
    title: str
    points: Mapping[Urgency, float]
    words: Mapping[str, str] | None = None
    harm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A rule that fired, and the reason in words."""

    rule: Rule
    reason: str


RULES: Final = (
    Rule(name="hours", title="Deadline", points={Urgency.HIGH: 2.0, Urgency.CRITICAL: 2.9}),
    Rule(name="today", title="Deadline", points={Urgency.HIGH: 2.3, Urgency.CRITICAL: 1.5}),
    Rule(name="soon", title="Deadline", points={Urgency.HIGH: 3.2, Urgency.CRITICAL: 0.8}),
    Rule(name="mentioned", title="Coming", points={Urgency.HIGH: 1.6, Urgency.CRITICAL: 0.4}),
    Rule(name="later", title="Deadline", points={}),
    Rule(name="legal", title="Legal date", points={Urgency.CRITICAL: 1.0}),
    Rule(name="outage", title="Outage of many", points={Urgency.CRITICAL: 1.2}, words=rules.OUTAGE, harm=True),
    Rule(name="danger", title="Danger to people", points={Urgency.CRITICAL: 2.0}, words=rules.DANGER, harm=True),
    Rule(name="crime", title="Fraud or breach", points={Urgency.CRITICAL: 2.0}, words=rules.CRIME, harm=True),
    Rule(name="under_way", title="Under way", points={Urgency.CRITICAL: 2.6}, words=rules.UNDER_WAY, harm=True),
    Rule(
        name="stopped",
        title="Cannot go on",
        points={Urgency.HIGH: 1.8, Urgency.CRITICAL: 0.6},
        words=rules.STOPPED,
        harm=True,
    ),
    Rule(name="no_rush", title="No rush", points={Urgency.LOW: 2.2}, words=rules.NO_HURRY),
)
_BY_NAME: Final = {rule.name: rule for rule in RULES}


def with_rules(prediction: Prediction, text: str, received_at: datetime | None) -> Prediction:
    """The prediction with the rules' say on its urgency, and every reason for it.

    `text` is the clean text that the prediction is about. The probabilities stay the head's. Without
    `received_at`, deadlines count only where they are relative to it (see `find_deadlines`).
    """
    evidence = find_evidence(text, language=prediction.language, received_at=received_at)
    shares = combine(prediction.urgency_probabilities, [one.rule for one in evidence])
    urgency = max(shares, key=shares.__getitem__)
    learned = max(prediction.urgency_probabilities, key=prediction.urgency_probabilities.__getitem__)
    source = "Keywords" if prediction.degraded else "Learned"
    return replace(
        prediction,
        urgency=Urgency(urgency),
        urgency_confidence=shares[urgency],
        urgency_reasons=(
            *(one.reason for one in evidence),
            f"{source}: {learned} ({prediction.urgency_probabilities[learned]:.2f})",
        ),
    )


def combine(probabilities: Mapping[str, float], fired: Sequence[Rule]) -> dict[str, float]:
    """The head's probabilities of the labels after the rules' points; they sum to 1."""
    if not fired:
        return dict(probabilities)
    weights = {
        label: probability * math.exp(sum(rule.points.get(Urgency(label), 0.0) for rule in fired))
        for label, probability in probabilities.items()
    }
    total = sum(weights.values())
    return {label: weight / total for label, weight in weights.items()}


def find_evidence(text: str, *, language: str, received_at: datetime | None) -> list[Evidence]:
    """The rules that fire on a clean text, each once, with its reason.

    "No rush" does not count beside harm or a deadline within two days.
    """
    language = language if language in rules.NO_HURRY else _LANGUAGE
    lowered = comparable(text)
    found = [*_by_deadlines(text, lowered, language, received_at), *_by_words(text, lowered, language)]
    pressing = any(one.rule.harm or one.rule.name in ("hours", "today", "soon") for one in found)
    return [one for one in found if not (pressing and one.rule.name == "no_rush")]


def _by_deadlines(text: str, lowered: str, language: str, received_at: datetime | None) -> Iterator[Evidence]:
    deadlines = find_deadlines(text, language=language, received_at=received_at)
    if not deadlines:
        return
    first = next((one for one in deadlines if one.firm), deadlines[0])
    name = _horizon(first)
    yield Evidence(rule=_BY_NAME[name], reason=_deadline_reason(_BY_NAME[name].title, first))
    legal = _compiled(rules.LEGAL_WORDS[language])
    for one in deadlines:
        if one.firm and one.calendar_days <= 1 and (word := legal.search(one.sentence)):
            start = lowered.find(word.group())
            named = text[start : start + len(word.group())]
            yield Evidence(rule=_BY_NAME["legal"], reason=f'{_quoted("Legal date", named)}, "{one.quote}"')
            return


def _horizon(deadline: Deadline) -> str:
    if deadline.calendar_days > 2:
        return "later"
    if not deadline.firm:
        return "mentioned"
    if deadline.timed and (deadline.calendar_days == 0 or deadline.ahead <= _NEAR):
        return "hours"
    return "today" if deadline.calendar_days == 0 else "soon"


def _by_words(text: str, lowered: str, language: str) -> Iterator[Evidence]:
    for rule in RULES:
        if rule.words is None:
            continue
        for match in _compiled(rule.words[language]).finditer(lowered):
            if not rule.harm or _is_meant(lowered, match, language):
                yield Evidence(rule=rule, reason=_quoted(rule.title, text[match.start() : match.end()]))
                break


def _is_meant(lowered: str, match: re.Match[str], language: str) -> bool:
    """Whether the words say that it is so, now: no question, no negation before, nothing over or imagined."""
    before = lowered[max(0, match.start() - _NEGATION_REACH) : match.start()]
    if _negated(rules.NEGATIONS[language]).search(before):
        return False
    sentence = sentence_at(lowered, match.start(), match.end())
    return not sentence.endswith("?") and _compiled(rules.SETTLED[language]).search(sentence) is None


def _deadline_reason(title: str, deadline: Deadline) -> str:
    if not deadline.dated:
        return f'{title}: "{deadline.quote}"'
    moment = f"{deadline.moment:%a} {deadline.moment.day} {deadline.moment:%b %H:%M} UTC"
    if deadline.ahead > _FAR:
        moment = f"{deadline.moment.day} {deadline.moment:%b %Y}"
    return f'{title}: "{deadline.quote}" is {moment}, {_length(deadline.ahead)} after it was received'


def _length(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    count, unit = (minutes, "minute") if minutes < 90 else (round(minutes / 60), "hour")
    if minutes > 3 * 24 * 60:
        count, unit = round(minutes / 1440), "day"
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _quoted(title: str, words: str) -> str:
    words = " ".join(words.split())
    return f'{title}: "{words if len(words) <= _LONGEST_QUOTE else words[: _LONGEST_QUOTE - 1] + "…"}"'


@cache
def _compiled(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b")


@cache
def _negated(words: str) -> re.Pattern[str]:
    """A negation with no more than four words and no break between it and the end."""
    return re.compile(rf"\b(?:{words})\b(?:[ '][\w'-]+){{0,4}}[ ']?$")

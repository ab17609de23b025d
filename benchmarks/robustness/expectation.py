"""Direction, minimum functionality and abstention: cases whose answer is known from tables of texts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from benchmarks.robustness.cases import WHOLE, Case, Judge, abstains, message, table
from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.core.prediction import Prediction
from inquiry_pipeline.nlp.cleaning import clean
from inquiry_pipeline.nlp.urgency import combine, find_evidence

DIRECTION: Final = "direction"
MINIMUM: Final = "minimum functionality"
ABSTENTION: Final = "abstention"

_NOTICEABLE: Final = 0.02
"""A probability moves if it does so by more than this."""

_SURE: Final = 0.9
"""Above this, or below what it leaves of 1, there is no room to move and staying there will do."""

_MOVES: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "up": lambda before, after: after > before + _NOTICEABLE or min(before, after) > _SURE,
    "down": lambda before, after: after < before - _NOTICEABLE or max(before, after) < 1 - _SURE,
    "not up": lambda before, after: after <= before + _NOTICEABLE,
}


def direction_cases() -> Iterator[Case]:
    """Pairs of texts, and where the probability of some labels must move from one to the other."""
    for group, rule in table("pairs.yaml").items():
        for pair in rule["pairs"]:
            after = pair["after"] if "after" in pair else f"{pair['before']} {pair['added']}"
            messages = (message(pair["before"]), message(after))
            yield Case(
                kind=DIRECTION,
                group=group,
                task=rule["task"],
                name=after,
                messages=messages,
                judge=_moved(messages, rule["task"], rule["labels"], rule["moves"]),
            )


def minimum_cases() -> Iterator[Case]:
    """Short inquiries of one department, mood or urgency that nobody mistakes; the group is the language.

    A department must be right, and as a case of its own it must not be decided wrongly.
    """
    for task, languages in table("plain.yaml").items():
        for language, labels in languages.items():
            for label, texts in labels.items():
                judges = {task: _is(task, label)} | ({WHOLE: _is_or_abstains(label)} if task == "category" else {})
                for text in texts:
                    for judged, judge in judges.items():
                        yield Case(
                            kind=MINIMUM,
                            group=language,
                            task=judged,
                            name=f"{label}: {text}",
                            messages=(message(text),),
                            judge=judge,
                        )


def abstention_cases() -> Iterator[Case]:
    """What no department can answer, or is in a language that the bundle does not claim to read."""
    for group, texts in table("out_of_scope.yaml").items():
        for text in texts:
            yield Case(kind=ABSTENTION, group=group, task=WHOLE, name=text, messages=(message(text),), judge=abstains)


def probabilities(asked: Message, prediction: Prediction, task: str) -> Mapping[str, float]:
    """The probabilities of a task's labels; of urgency, those that decide: the learned ones after the rules."""
    if task == "category":
        return prediction.probabilities
    if task == "sentiment":
        return prediction.sentiment_probabilities
    evidence = find_evidence(clean(asked), language=prediction.language, received_at=asked.received_at)
    return combine(prediction.urgency_probabilities, [one.rule for one in evidence])


def _moved(messages: Sequence[Message], task: str, labels: Sequence[str], moves: str) -> Judge:
    def judge(predictions: Sequence[Prediction]) -> str | None:
        before, after = (
            sum(probabilities(asked, prediction, task)[label] for label in labels)
            for asked, prediction in zip(messages, predictions, strict=True)
        )
        if _MOVES[moves](before, after):
            return None
        return f"{' or '.join(labels)} must go {moves}: {before:.2f} became {after:.2f}"

    return judge


def _is(task: str, label: str) -> Judge:
    def judge(predictions: Sequence[Prediction]) -> str | None:
        found = str(getattr(predictions[0], task))
        return None if found == label else f"is {found}"

    return judge


def _is_or_abstains(category: str) -> Judge:
    def judge(predictions: Sequence[Prediction]) -> str | None:
        one = predictions[0]
        return None if one.abstained or one.category == category else f"is decided as {one.category}"

    return judge

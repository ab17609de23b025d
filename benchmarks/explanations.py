"""`python -m benchmarks.explanations DATA`: whether explanations name what counts, and what one costs.

DATA is a folder of labelled inquiries; what the bundle's encoder was fine-tuned on is left out. Of each text, the
words that weigh most for an answer are cut out together and the model is asked about what is left; beside it, as many
words with about as many characters, chosen at random, are cut out. A faithful explanation names words whose loss costs
more probability than that (comprehensiveness, DeYoung et al. 2020, ERASER, beside its random baseline).

`by chance` is the mean over some random choices, `more often` the share of texts where the named words cost more.
"""

import argparse
import random
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry

from inquiry_pipeline.core.explanation import Explanation, TaskExplanation
from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.learning.datasets import read_folder
from inquiry_pipeline.learning.holdout import read_finetuning
from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE, Bundle, load_bundle
from inquiry_pipeline.nlp.cache import LocalCache
from inquiry_pipeline.nlp.language import LanguageDetector
from inquiry_pipeline.nlp.phrases import Range, find_phrases, find_words
from inquiry_pipeline.nlp.predictor import Predictor, PredictorOptions
from inquiry_pipeline.nlp.urgency import combine, find_evidence
from inquiry_pipeline.telemetry.metrics import Metrics

TASKS: Final = ("category", "sentiment", "urgency")
_LEAST_WORDS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """By how much an answer's probability falls without the named words, and without words chosen at random."""

    named: float
    by_chance: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A text whose parts can be cut out before the model is asked about it."""

    bundle: Bundle
    text: str
    language: str

    def probability(self, task: str, label: str, cut: Sequence[Range]) -> float:
        """The probability of a label without these parts."""
        text = self.text
        for one in sorted(cut, reverse=True):
            text = text[: one.start] + text[one.end :]
        answer = self.bundle.heads.answer(self.bundle.encoder.embed(text), self.language)
        found: Mapping[str, float] = getattr(answer, task)
        if task == "urgency":
            evidence = find_evidence(text, language=self.language, received_at=None)
            found = combine(found, [one.rule for one in evidence])
        return found[label]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--bundle", type=Path, default=DEFAULT_BUNDLE)
    parser.add_argument("--texts", type=int, default=100)
    parser.add_argument("--top", type=int, default=3, help="words that are cut out")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    messages = sample(given.data, given.bundle, count=given.texts)
    options = PredictorOptions(threads=given.threads)
    predictor = Predictor(given.bundle, options, Metrics(CollectorRegistry()).model, LocalCache(0))
    predictor.warm_up()
    explanations, took = [], []
    for message in messages:
        start = time.perf_counter()
        explanations.append(predictor.explain(message))
        took.append((time.perf_counter() - start) * 1000)
    predictor.close()
    passes = [one.passes for one in explanations]
    print(f"{len(messages)} texts, {given.threads} threads: {statistics.median(took):.0f} ms an explanation (median),")
    print(f"{sorted(took)[int(len(took) * 0.95)]:.0f} ms (95 %), {statistics.fmean(passes):.0f} passes (mean)\n")
    _show(faithfulness(load_bundle(given.bundle), explanations, top=given.top), given.top)


def sample(data: Path, bundle: Path, *, count: int, seed: int = 1) -> list[Message]:
    """Some of the inquiries that the bundle's encoder has not learned, each of a dozen words at least."""
    finetuning = read_finetuning(bundle)
    learned = frozenset(finetuning.learned) if finetuning else frozenset()
    unseen = [
        one.message
        for one in read_folder(data)
        if one.source not in learned and not one.out_of_scope and len(one.message.body.split()) >= _LEAST_WORDS
    ]
    return random.Random(seed).sample(unseen, min(count, len(unseen)))


def faithfulness(
    bundle: Bundle, explanations: Sequence[Explanation], *, top: int, draws: int = 5, seed: int = 1
) -> dict[str, list[Fall]]:
    """How far the answers fall, by task; texts in which no words speak for an answer are left out."""
    choice = random.Random(seed)
    detector = LanguageDetector()
    falls: dict[str, list[Fall]] = {task: [] for task in TASKS}
    for explanation in explanations:
        asked = Asked(bundle, explanation.text, detector.detect(explanation.text).code)
        for task in TASKS:
            falls[task].extend(_falls(asked, task, getattr(explanation, task), top=top, draws=draws, choice=choice))
    return falls


def _falls(
    asked: Asked, task: str, found: TaskExplanation, *, top: int, draws: int, choice: random.Random
) -> Iterator[Fall]:
    named = [Range(span.start, span.end) for span in found.words if span.weight > 0][:top]
    if not named or found.label is None:
        return
    whole = asked.probability(task, found.label, [])
    by_chance = [asked.probability(task, found.label, _like(named, asked.text, choice)) for _ in range(draws)]
    yield Fall(named=whole - asked.probability(task, found.label, named), by_chance=whole - statistics.fmean(by_chance))


def _like(named: Sequence[Range], text: str, choice: random.Random) -> list[Range]:
    """Words chosen at random, until they have as many characters as the named ones."""
    wanted = sum(one.end - one.start for one in named)
    phrases = find_phrases(text, find_words(text))
    choice.shuffle(phrases)
    chosen: list[Range] = []
    while phrases and sum(one.end - one.start for one in chosen) < wanted:
        chosen.append(phrases.pop())
    return chosen


def _show(falls: Mapping[str, Sequence[Fall]], top: int) -> None:
    print(f"| answer | texts | falls without the {top} heaviest | by chance | more often |\n|---|---|---|---|---|")
    for task, found in falls.items():
        named = statistics.fmean(fall.named for fall in found)
        by_chance = statistics.fmean(fall.by_chance for fall in found)
        more = statistics.fmean(fall.named > fall.by_chance for fall in found)
        print(f"| {task} | {len(found)} | {named:.3f} | {by_chance:.3f} | {more:.0%} |")


if __name__ == "__main__":
    main()

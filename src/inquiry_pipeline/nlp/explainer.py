"""Explaining what a predictor says: by leaving words out and asking its bundle again, or by the keywords that hit."""

import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Final

from inquiry_pipeline.core.explanation import Explanation, Method, Span, TaskExplanation
from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.core.prediction import UNKNOWN_LANGUAGE
from inquiry_pipeline.nlp.backends import Task
from inquiry_pipeline.nlp.bundle import Bundle
from inquiry_pipeline.nlp.bundle_backend import BundleBackend
from inquiry_pipeline.nlp.cleaning import clean
from inquiry_pipeline.nlp.encoder import Floats, Token
from inquiry_pipeline.nlp.heads import Answer
from inquiry_pipeline.nlp.inference import InferencePool
from inquiry_pipeline.nlp.keywords import find_keywords, predict_by_keywords
from inquiry_pipeline.nlp.language import LanguageDetector
from inquiry_pipeline.nlp.occlusion import Scores, explain_by_occlusion
from inquiry_pipeline.nlp.phrases import Range
from inquiry_pipeline.nlp.reading import windows_of
from inquiry_pipeline.nlp.task_models import Backends, version_with
from inquiry_pipeline.nlp.urgency import Evidence, combine, find_evidence
from inquiry_pipeline.telemetry.metrics import ModelMetrics

_LOGGER: Final = logging.getLogger(__name__)

MOST_PASSES: Final = 40
_LEAST_PASSES: Final = 12
_MOST_TOKENS: Final = 3_000
"""In all passes together: about 0.3 s of one core. Long texts get fewer passes for it, but never too few."""


class Explainer:
    """Explains by occlusion on the predictor's own threads. Thread-safe.

    Its passes queue as bulk work, so that an explanation delays a prediction by one of them at most.
    """

    def __init__(self, pool: InferencePool, languages: LanguageDetector, metrics: ModelMetrics) -> None:
        self._pool = pool
        self._languages = languages
        self._metrics = metrics

    def explain(self, message: Message, bundle: Bundle | None, backends: Backends) -> Explanation:
        """What moved the answers. Keywords explain where there is no bundle, or where it fails on the message."""
        started = time.perf_counter()
        text = clean(message)
        explanation = None
        if bundle is not None:
            try:
                explanation = self._by_occlusion(text, message.received_at, bundle, backends)
            except Exception as error:
                if self._pool.closed:
                    raise
                _LOGGER.error("The model failed on a message to explain, keywords explain: %r", error)  # noqa: TRY400
        if explanation is None:
            explanation = self._by_keywords(text, message.received_at)
        self._metrics.explanations.labels(explanation.method).inc()
        self._metrics.explanation_passes.inc(explanation.passes)
        self._metrics.explanation_seconds.observe(time.perf_counter() - started)
        return explanation

    def _by_occlusion(self, text: str, received_at: datetime | None, bundle: Bundle, backends: Backends) -> Explanation:
        language = self._languages.detect(text).code
        asked = {task: backend for task, backend in backends.items() if language in backend.languages}
        reader = self._reader(text, language, received_at, bundle, asked)
        read = reader.read[bundle.model_version]
        encoders = len({one.model_version for one in reader.bundles.values()})
        found, passes = explain_by_occlusion(
            text,
            unread=read.unread,
            passes=_affordable(read.tokens, encoders),
            ask=partial(self._ask, reader),
        )
        return Explanation(
            text=text,
            method=Method.OCCLUSION,
            model_version=version_with(bundle.model_version, asked),
            **{task.value: found.get(task) or _not_explained(asked[task].version) for task in Task},
            urgency_rules=tuple(one.reason for one in _evidence(text, language, received_at)),
            unread=tuple((one.start, one.end) for one in read.unread),
            passes=passes * encoders,
        )

    def _reader(
        self, text: str, language: str, received_at: datetime | None, bundle: Bundle, asked: Backends
    ) -> "_Reader":
        """Bundles that answer single tasks are asked again, too; other models would take too long."""
        bundles = {task: bundle for task in Task if task not in asked} | {
            task: backend.bundle for task, backend in asked.items() if isinstance(backend, BundleBackend)
        }
        different = {one.model_version: one for one in (bundle, *bundles.values())}
        jobs = {
            version: self._pool.submit(partial(_read, one, text, language), interactive=False)
            for version, one in different.items()
        }
        return _Reader(
            text=text,
            language=language,
            received_at=received_at,
            bundles=bundles,
            read={version: job.result() for version, job in jobs.items()},
        )

    def _ask(self, reader: "_Reader", ranges: Sequence[Range | None]) -> list[Scores]:
        jobs: list[Future[Scores]] = [
            self._pool.submit(partial(reader.without, left_out), interactive=False) for left_out in ranges
        ]
        return [job.result() for job in jobs]

    def _by_keywords(self, text: str, received_at: datetime | None) -> Explanation:
        try:
            language = self._languages.detect(text).code
        except Exception:  # noqa: BLE001 - as for the prediction that is explained
            language = UNKNOWN_LANGUAGE
        prediction = predict_by_keywords(text, language=language)
        evidence = _evidence(text, language, received_at)
        urgency = combine(prediction.urgency_probabilities, [one.rule for one in evidence])
        return Explanation(
            text=text,
            method=Method.KEYWORDS,
            model_version=prediction.model_version,
            category=_hits(Task.CATEGORY, text, prediction.probabilities),
            sentiment=_hits(Task.SENTIMENT, text, prediction.sentiment_probabilities),
            urgency=_hits(Task.URGENCY, text, urgency),
            urgency_rules=tuple(one.reason for one in evidence),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What a bundle reads of a text: so many tokens, in windows with their embeddings, and what it leaves out."""

    tokens: int
    unread: Sequence[Range]
    windows: Sequence[Sequence[Token]]
    embeddings: Sequence[Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """A text as every bundle reads it that answers some of the tasks about it."""

    text: str
    language: str
    received_at: datetime | None
    bundles: Mapping[Task, Bundle]
    read: Mapping[str, _Read]

    def without(self, left_out: Range | None) -> Scores:
        """The probabilities by task without a range of the text; a pass a bundle for each window that holds the range.

        The rules of urgency have their say here too, so that a deadline that is left out counts.
        """
        different = {bundle.model_version: bundle for bundle in self.bundles.values()}
        answers = {version: self._answer(bundle, left_out) for version, bundle in different.items()}
        scores: dict[Task, Mapping[str, float]] = {
            task: getattr(answers[bundle.model_version], task.value) for task, bundle in self.bundles.items()
        }
        if Task.URGENCY in scores:
            text = self.text if left_out is None else self.text[: left_out.start] + self.text[left_out.end :]
            evidence = _evidence(text, self.language, self.received_at)
            scores[Task.URGENCY] = combine(scores[Task.URGENCY], [one.rule for one in evidence])
        return scores

    def _answer(self, bundle: Bundle, left_out: Range | None) -> Answer:
        own = self.read[bundle.model_version]
        embeddings = [
            embedding if left_out is None else _without(bundle, window, embedding, left_out)
            for window, embedding in zip(own.windows, own.embeddings, strict=True)
        ]
        return bundle.heads.answer(bundle.merged(embeddings, self.language), self.language)


def _read(bundle: Bundle, text: str, language: str) -> _Read:
    tokens = bundle.encoder.tokens(text)
    rows = bundle.read([token.id for token in tokens], language)
    windows = windows_of([tokens[row] for row in rows], bundle.encoder.max_tokens)
    embeddings = [bundle.encoder.embed_ids([token.id for token in window]) for window in windows]
    return _Read(tokens=len(rows), unread=_unread(text, tokens, rows), windows=windows, embeddings=embeddings)


def _without(bundle: Bundle, window: Sequence[Token], embedding: Floats, left_out: Range) -> Floats:
    """The embedding of a window without a range; its own where it has nothing of that."""
    kept = [token.id for token in window if not _is_in(token, left_out)]
    return embedding if len(kept) == len(window) else bundle.encoder.embed_ids(kept)


def _unread(text: str, tokens: Sequence[Token], rows: Sequence[int]) -> list[Range]:
    """The characters of what lies between the tokens that are read."""
    gaps = [(first, second) for first, second in pairwise(rows) if second > first + 1]
    last = len(tokens) - 1
    places = [
        Range(tokens[first].place[1], len(text) if second == last else tokens[second].place[0])
        for first, second in gaps
    ]
    return [one for one in places if text[one.start : one.end].strip()]


def _is_in(token: Token, left_out: Range) -> bool:
    start, end = token.place
    return end > start and left_out.start <= start < left_out.end


def _affordable(tokens: int, encoders: int) -> int:
    """How many ranges can be left out of a text of so many tokens, the whole text counted in."""
    return max(_LEAST_PASSES, min(MOST_PASSES, _MOST_TOKENS // tokens) // max(encoders, 1))


def _not_explained(version: str) -> TaskExplanation:
    return TaskExplanation(label=None, note=f"{version} answers this task, and is too slow to be asked many times.")


def _evidence(text: str, language: str, received_at: datetime | None) -> list[Evidence]:
    try:
        return find_evidence(text, language=language, received_at=received_at)
    except Exception as error:  # noqa: BLE001 - the prediction goes without the rules then, and so does this
        _LOGGER.error("The rules of urgency failed on a message: %r", error)  # noqa: TRY400
        return []


def _hits(task: Task, text: str, probabilities: Mapping[str, float]) -> TaskExplanation:
    label, *others = sorted(probabilities, key=lambda name: -probabilities[name])
    spans = [
        Span(start=hit.start, end=hit.end, weight=1.0 if hit.label == label else -1.0, towards=hit.label)
        for hit in find_keywords(text, task=task)
    ]
    return TaskExplanation(
        label=label,
        runner_up=others[0] if others else None,
        words=tuple(sorted(spans, key=lambda span: -span.weight)),
        note=None if spans else "The keyword rules know none of the words.",
    )

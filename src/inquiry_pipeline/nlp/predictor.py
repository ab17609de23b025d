"""Messages → predictions: clean, look in the cache, run the model, and answer by keywords where it cannot."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, Literal, TypeVar

import psutil

from inquiry_pipeline.core.errors import BundleError
from inquiry_pipeline.core.explanation import Explanation
from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.core.prediction import UNKNOWN_LANGUAGE, Prediction
from inquiry_pipeline.nlp.backends import BackendOptions, ReadText
from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE, Bundle, load_bundle
from inquiry_pipeline.nlp.cache import CacheError, PredictionCache, cache_key
from inquiry_pipeline.nlp.cleaning import clean
from inquiry_pipeline.nlp.description import ModelDescription, describe_model
from inquiry_pipeline.nlp.explainer import Explainer
from inquiry_pipeline.nlp.inference import InferencePool
from inquiry_pipeline.nlp.keywords import KEYWORDS_VERSION, predict_by_keywords
from inquiry_pipeline.nlp.language import DetectedLanguage, LanguageDetector
from inquiry_pipeline.nlp.task_models import Backends, Opinion, TaskModels, version_with
from inquiry_pipeline.nlp.urgency import with_rules
from inquiry_pipeline.telemetry.metrics import ModelMetrics
from inquiry_pipeline.telemetry.tracing import Span, Tracing

_LOGGER: Final = logging.getLogger(__name__)
_CHUNK: Final = 32
"""Messages looked up in the cache at once; the first ones are in the model while the next are being cleaned."""
_WARM_UP: Final = Message(subject="Cannot log in", body="My password is refused since this morning. Please help.")

T = TypeVar("T")
State = Literal["loading", "ready", "degraded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictorOptions:
    """`threads` passes run at a time; a bundle that failed to load is tried again after `retry_seconds`."""

    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    retry_seconds: float = 30.0
    log_seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """`degraded`: keyword rules answer for the bundle, or the bundle for a model that is configured for a task, for
    the reason in `error`. `languages`: those that the bundle reads well enough to decide.
    """

    state: State
    version: str
    error: str | None = None
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Pending:
    key: str
    text: str
    future: Future[Prediction]
    opinion: Opinion


@dataclass(frozen=True, slots=True)
class _Item:
    """A message under way: its clean text, when it came, and what the model says or will say."""

    text: str
    received_at: datetime | None
    answer: Prediction | _Pending


class Predictor:
    """Loads its bundle on first use, once, and shares it. Thread-safe."""

    def __init__(
        self,
        bundle_dir: Path | None,
        options: PredictorOptions,
        metrics: ModelMetrics,
        cache: PredictionCache,
        task_models: TaskModels | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        """Take the bundle from a folder, by default the one in this package. Loads nothing yet.

        What `task_models` answer counts instead of what the bundle says on these tasks.
        """
        self._bundle_dir = bundle_dir or DEFAULT_BUNDLE
        self._options = options
        self._metrics = metrics
        self._cache = cache
        self._task_models = task_models or TaskModels({}, BackendOptions(), metrics)
        self._tracing = tracing or Tracing()
        self._languages = LanguageDetector()
        self._pool = InferencePool(options.threads)
        self._explainer = Explainer(self._pool, self._languages, metrics)
        self._loading = threading.Lock()
        self._bundle: Bundle | None = None
        self._error: str | None = None
        self._failed_at = float("-inf")
        self._logged_at = float("-inf")

    def predict(self, messages: Sequence[Message], *, interactive: bool = True) -> list[Prediction]:
        """A prediction for every message, in their order.

        Bulk work (not `interactive`) lets everything that someone waits for go first. Where the model cannot
        answer, keyword rules do and the prediction says `degraded`; only a closed predictor raises, RuntimeError.
        The rules of urgency have their say last, also on what the cache knew: a deadline depends on when the
        message was received.
        """
        with self._tracing.span("model", {"inquiry.batch_size": len(messages)}) as span:
            bundle, backends = self._ready_bundle(), self._task_models.ready()
            if bundle is None:
                self._metrics.fallbacks.labels("bundle").inc(len(messages))
                predictions = self._without_bundle(messages, backends, interactive=interactive)
            else:
                predictions = self._with_bundle(bundle, messages, backends, interactive=interactive)
            _describe(span, predictions)
        return predictions

    def _with_bundle(
        self, bundle: Bundle, messages: Sequence[Message], backends: Backends, *, interactive: bool
    ) -> list[Prediction]:
        with self._tracing.span("cleaning") as span:
            # All is under way before the first answer is waited for.
            chunks = list(self._start(bundle, messages, backends, interactive=interactive))
            asked = {item.answer.key for chunk in chunks for item in chunk if isinstance(item.answer, _Pending)}
            span.set_attribute("inquiry.model.cached", len(messages) - len(asked))
        if not asked:
            return [prediction for chunk in chunks for prediction in self._finish(chunk)]
        with self._tracing.span("inference", {"inquiry.batch_size": len(asked)}):
            return [prediction for chunk in chunks for prediction in self._finish(chunk)]

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories that the bundle knows; none while it cannot be loaded."""
        bundle = self._ready_bundle()
        return bundle.manifest.labels["category"] if bundle else ()

    def description(self) -> ModelDescription | None:
        """What the loaded model is; None while the bundle cannot be loaded."""
        bundle = self._ready_bundle()
        return describe_model(bundle, self._bundle_dir, self._task_models.loaded) if bundle else None

    def explain(self, message: Message) -> Explanation:
        """What moved the answers for a message, with what is loaded now. Costs as much as some forty predictions.

        Neither looks into the cache nor counts as a prediction. Where the model cannot answer, the explanation is of
        the keyword rules; only a closed predictor raises, RuntimeError.
        """
        return self._explainer.explain(message, self._ready_bundle(), self._task_models.ready())

    def warm_up(self) -> ModelStatus:
        """Load everything and run it once, so that the first request does not wait."""
        bundle, backends = self._ready_bundle(), self._task_models.ready()
        if bundle is not None:
            for pending in self._ask(bundle, {"": clean(_WARM_UP)}, backends, interactive=True).values():
                self._result(pending)
        return self.status()

    def status(self) -> ModelStatus:
        """What answers at present. Does not load and does not wait."""
        bundle, error = self._bundle, self._error
        if bundle is not None:
            missing = self._task_models.error()
            return ModelStatus(
                state="degraded" if missing else "ready",
                version=version_with(bundle.model_version, self._task_models.loaded),
                languages=bundle.manifest.languages,
                error=missing or error,
            )
        if error is not None:
            return ModelStatus(state="degraded", version=KEYWORDS_VERSION, error=error)
        return ModelStatus(state="loading", version="")

    def probe(self) -> float:
        """Seconds that one short pass takes now, with its wait for a free thread; 0 where no model is loaded.

        Neither the cache nor the metrics know of it.
        """
        bundle = self._bundle
        if bundle is None:
            return 0.0
        started = time.perf_counter()
        encoder = bundle.encoder
        self._pool.submit(lambda: encoder.embed("ping"), interactive=True).result()
        return time.perf_counter() - started

    def ping_cache(self) -> float:
        """Seconds of a round trip to the prediction cache; CacheError where it cannot be reached."""
        return self._cache.ping()

    def close(self) -> None:
        """Finish what is under way and end the inference threads."""
        self._pool.close()
        self._task_models.close()

    def _without_bundle(
        self, messages: Sequence[Message], backends: Backends, *, interactive: bool
    ) -> list[Prediction]:
        """Keyword rules answer what no model of a task answers."""
        texts = [clean(message) for message in messages]
        predictions = [self._by_keywords(text) for text in texts]
        read = [ReadText(text, prediction.language) for text, prediction in zip(texts, predictions, strict=True)]
        opinions = self._task_models.ask(read, backends, interactive=interactive)
        return [
            self._with_rules(opinion.applied(prediction), text, message.received_at)
            for message, text, prediction, opinion in zip(messages, texts, predictions, opinions, strict=True)
        ]

    def _start(
        self, bundle: Bundle, messages: Sequence[Message], backends: Backends, *, interactive: bool
    ) -> Iterator[list[_Item]]:
        """Chunk by chunk: the predictions found in the cache, and those the model has been asked for."""
        asked: dict[str, _Pending] = {}
        version = version_with(bundle.model_version, backends)
        for start in range(0, len(messages), _CHUNK):
            chunk = messages[start : start + _CHUNK]
            texts = [clean(message) for message in chunk]
            keys = [cache_key(version, text) for text in texts]
            found = self._look_up(keys)
            new = {
                key: text
                for key, text, cached in zip(keys, texts, found, strict=True)
                if cached is None and key not in asked
            }
            asked |= self._ask(bundle, new, backends, interactive=interactive)
            yield [
                _Item(text, message.received_at, cached or asked[key])
                for message, text, key, cached in zip(chunk, texts, keys, found, strict=True)
            ]

    def _ask(
        self, bundle: Bundle, texts: Mapping[str, str], backends: Backends, *, interactive: bool
    ) -> dict[str, _Pending]:
        """Ask the models about texts by key.

        Languages and tokens are found here, one table after the other while it is in the processor's cache: that
        takes a quarter of the time, and the inference threads need the interpreter lock the less.
        """
        if not texts:
            return {}
        languages = [_tried(self._languages.detect, text) for text in texts.values()]
        tokens = [_tried(bundle.encoder.token_ids, text) for text in texts.values()]
        self._metrics.batch_size.observe(len(texts))
        answers = [
            self._pool.submit(partial(self._assess, bundle, ids, language), interactive=interactive)
            for ids, language in zip(tokens, languages, strict=True)
        ]
        read = [ReadText(text, _code(language)) for text, language in zip(texts.values(), languages, strict=True)]
        opinions = self._task_models.ask(read, backends, interactive=interactive)
        return {
            key: _Pending(key, text, answer, opinion)
            for (key, text), answer, opinion in zip(texts.items(), answers, opinions, strict=True)
        }

    def _finish(self, chunk: Sequence[_Item]) -> list[Prediction]:
        predictions = [
            self._result(item.answer) if isinstance(item.answer, _Pending) else item.answer for item in chunk
        ]
        self._keep(
            {
                item.answer.key: prediction
                for item, prediction in zip(chunk, predictions, strict=True)
                if isinstance(item.answer, _Pending) and item.answer.opinion.whole and not prediction.degraded
            }
        )
        return [
            self._with_rules(prediction, item.text, item.received_at)
            for item, prediction in zip(chunk, predictions, strict=True)
        ]

    def _with_rules(self, prediction: Prediction, text: str, received_at: datetime | None) -> Prediction:
        try:
            return with_rules(prediction, text, received_at)
        except Exception as error:  # noqa: BLE001 - what the model says is an answer without them, too
            self._log(f"The rules of urgency failed on a message: {error!r}")
            return prediction

    def _result(self, pending: _Pending) -> Prediction:
        try:
            prediction = pending.future.result()
        except Exception as error:  # noqa: BLE001 - whatever the model did, the inquiry gets an answer
            self._metrics.fallbacks.labels("inference").inc()
            self._log(f"The model failed on a message, keyword rules answer: {error!r}")
            prediction = self._by_keywords(pending.text)
        return pending.opinion.applied(prediction)

    def _assess(self, bundle: Bundle, tokens: Future[list[int]], language: Future[DetectedLanguage]) -> Prediction:
        """Run the model on one text. What went wrong before is raised here, so that it concerns this text alone."""
        ids, detected = tokens.result(), language.result()
        start = time.perf_counter()
        answer = bundle.answer(ids, detected.code)
        self._metrics.inference_seconds.observe(time.perf_counter() - start)
        return bundle.prediction(answer, detected)

    def _by_keywords(self, text: str) -> Prediction:
        try:
            language = self._languages.detect(text).code
        except Exception as error:  # noqa: BLE001 - the last resort must not fail with what it stands in for
            self._log(f"The language cannot be detected: {error!r}")
            language = UNKNOWN_LANGUAGE
        return predict_by_keywords(text, language=language)

    def _look_up(self, keys: Sequence[str]) -> list[Prediction | None]:
        lookups = self._metrics.cache_lookups
        try:
            found = self._cache.get_many(keys)
        except CacheError:
            lookups.labels("error").inc(len(keys))
            return [None] * len(keys)
        hits = sum(prediction is not None for prediction in found)
        lookups.labels("hit").inc(hits)
        lookups.labels("miss").inc(len(keys) - hits)
        return found

    def _keep(self, predictions: Mapping[str, Prediction]) -> None:
        try:
            self._cache.put_many(predictions)
        except CacheError:
            self._metrics.cache_lookups.labels("error").inc()

    def _ready_bundle(self) -> Bundle | None:
        """The bundle, loaded if need be; None where it cannot be loaded, tried anew after a while."""
        if self._bundle is not None:
            return self._bundle
        with self._loading:
            if self._bundle is None and time.monotonic() - self._failed_at >= self._options.retry_seconds:
                self._load()
            return self._bundle

    def _load(self) -> None:
        # The language model beside the bundle: most of its time goes into unpacking, without the interpreter lock.
        languages = threading.Thread(target=_tried, args=(self._languages.detect, _WARM_UP.body), daemon=True)
        languages.start()
        before = _resident_bytes()
        try:
            self._bundle = load_bundle(self._bundle_dir)
            self._error = None
            self._tell_loaded(self._bundle, _resident_bytes() - before)
        except Exception as error:  # noqa: BLE001 - any failure means the same: keyword rules answer
            self._failed_at = time.monotonic()
            self._metrics.loaded.labels("bundle").set(0)
            self._error = str(error) if isinstance(error, BundleError) else f"The bundle cannot be loaded: {error!r}"
            self._log(f"{self._error} Keyword rules answer; next attempt in {self._options.retry_seconds:.0f} s.")

    def _tell_loaded(self, bundle: Bundle, memory: int) -> None:
        self._metrics.loaded.labels("bundle").set(1)
        self._metrics.info.labels(bundle.model_version).set(1)
        self._metrics.memory.set(max(memory, 0))

    def _log(self, message: str) -> None:
        """One line for many failures: at most one every `log_seconds`."""
        now = time.monotonic()
        if now - self._logged_at >= self._options.log_seconds:
            self._logged_at = now
            _LOGGER.error(message)


def _describe(span: Span, predictions: Sequence[Prediction]) -> None:
    """Which models answered, by their versions, and how often keyword rules did in their stead."""
    if span.is_recording():
        span.set_attribute("inquiry.model.version", ", ".join(sorted({one.model_version for one in predictions})))
        span.set_attribute("inquiry.model.degraded", sum(one.degraded for one in predictions))


def _resident_bytes() -> int:
    return int(psutil.Process().memory_info().rss)


def _code(language: Future[DetectedLanguage]) -> str:
    return UNKNOWN_LANGUAGE if language.exception() else language.result().code


def _tried(function: Callable[[str], T], text: str) -> Future[T]:
    """The function's result for a text, or its exception, for whoever asks for it."""
    future: Future[T] = Future()
    try:
        future.set_result(function(text))
    except Exception as error:  # noqa: BLE001 - raised again by whoever asks
        future.set_exception(error)
    return future

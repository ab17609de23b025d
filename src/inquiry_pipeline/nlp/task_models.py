"""The models configured for single tasks: loaded once, asked beside the bundle, and replaced by it where they fail."""

import logging
import math
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from inquiry_pipeline.core.errors import BackendError
from inquiry_pipeline.core.prediction import Prediction, Sentiment, Urgency
from inquiry_pipeline.nlp.backends import BackendOptions, ModelChoice, ReadText, Task, TaskBackend
from inquiry_pipeline.nlp.bundle_backend import is_bundle, load_bundle_backend
from inquiry_pipeline.nlp.inference import InferencePool
from inquiry_pipeline.telemetry.metrics import ModelMetrics

if TYPE_CHECKING:
    from inquiry_pipeline.nlp.transformers_backend import TransformersLoader

_LOGGER: Final = logging.getLogger(__name__)
_LOG_SECONDS: Final = 60.0

Backends = Mapping[Task, TaskBackend]
Probabilities = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Where a text's answer will be: the place `index` in what a call returns."""

    backend: TaskBackend
    language: str
    answers: Future[list[Probabilities | Exception]]
    index: int

    def probabilities(self) -> Probabilities | Exception:
        """The answer, or what went wrong. Waits for it."""
        return self.answers.result()[self.index]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the models of single tasks have been asked about one text."""

    asked: Mapping[Task, _Asked]

    def applied(self, prediction: Prediction) -> Prediction:
        """The prediction with these answers in place of its own, which stays where one failed. Waits for them.

        It is not degraded any more if keywords answer nothing of it.
        """
        answered = 0
        for task, asked in self.asked.items():
            probabilities = asked.probabilities()
            if not isinstance(probabilities, Exception):
                prediction = _with_answer(prediction, task, asked, probabilities)
                answered += 1
        return replace(prediction, degraded=False) if answered == len(Task) else prediction

    @property
    def whole(self) -> bool:
        """Whether every model that was asked has answered. Waits for them."""
        return not any(isinstance(asked.probabilities(), Exception) for asked in self.asked.values())


class TaskModels:
    """Loads on first use. One call at a time runs, and what someone waits for goes first. Thread-safe."""

    def __init__(self, choices: Mapping[Task, ModelChoice], options: BackendOptions, metrics: ModelMetrics) -> None:
        """Take the choice for each task that the bundle shall not answer."""
        self._choices = choices
        self._options = options
        self._metrics = metrics
        self._pool = InferencePool(1)
        self._loading = threading.Lock()
        self._backends: dict[Task, TaskBackend] = {}
        self._errors: dict[Task, str] = {}
        self._loader: TransformersLoader | None = None
        self._tried_at: float | None = None
        self._logged_at = float("-inf")

    def ready(self) -> Backends:
        """Those that can answer now.

        The first call loads them and waits, for a download too. What failed is tried again in the background,
        after `retry_seconds`; meanwhile nobody waits.
        """
        if len(self._backends) == len(self._choices):
            return self._backends
        if self._tried_at is None:
            with self._loading:
                if self._tried_at is None:
                    self._load()
        elif time.monotonic() - self._tried_at >= self._options.retry_seconds and self._loading.acquire(blocking=False):
            threading.Thread(target=self._retry, name="model-loading", daemon=True).start()
        return self._backends

    def ask(self, texts: Sequence[ReadText], backends: Backends, *, interactive: bool) -> list[Opinion]:
        """Ask about texts, every model about those in a language that it reads. Does not wait for the answers."""
        asked: list[dict[Task, _Asked]] = [{} for _ in texts]
        for task in self._choices:
            backend = backends.get(task)
            if backend is None:
                self._count(task, "unavailable", len(texts))
                continue
            readable = [index for index, item in enumerate(texts) if item.language in backend.languages]
            self._count(task, "language", len(texts) - len(readable))
            for start in range(0, len(readable), backend.texts_at_once):
                group = readable[start : start + backend.texts_at_once]
                job = partial(self._answer, task, backend, [texts[index] for index in group])
                answers = self._pool.submit(job, interactive=interactive)
                for place, index in enumerate(group):
                    asked[index][task] = _Asked(backend, texts[index].language, answers, place)
        return [Opinion(tasks) for tasks in asked]

    @property
    def loaded(self) -> Backends:
        """Those that are loaded; loads none."""
        return self._backends

    def error(self) -> str | None:
        """Why a configured model does not answer at present; None where all do."""
        return " ".join(self._errors.values()) or None

    def close(self) -> None:
        """Finish what is under way."""
        self._pool.close()

    def _answer(self, task: Task, backend: TaskBackend, texts: Sequence[ReadText]) -> list[Probabilities | Exception]:
        """Answers or, where there is none, what went wrong. A text that fails takes no other with it."""
        try:
            started = time.perf_counter()
            answers = [_checked(answer) for answer in backend.answer(texts)]
            self._metrics.backend_seconds.labels(task).observe(time.perf_counter() - started)
        except Exception as error:  # noqa: BLE001 - whatever a model does, the inquiry gets an answer
            if len(texts) > 1:
                return [answer for item in texts for answer in self._answer(task, backend, [item])]
            self._count(task, "failed", 1)
            self._log(f"The model for {task} failed on a message, the bundle answers: {error!r}")
            return [error]
        self._count(task, "answered", len(texts))
        return [*answers]

    def _log(self, message: str) -> None:
        """One line for many failures."""
        now = time.monotonic()
        if now - self._logged_at >= _LOG_SECONDS:
            self._logged_at = now
            _LOGGER.error(message)

    def _count(self, task: Task, outcome: str, texts: int) -> None:
        if texts:
            self._metrics.backend_answers.labels(task, outcome).inc(texts)

    def _retry(self) -> None:
        try:
            self._load()
        finally:
            self._loading.release()

    def _load(self) -> None:
        for task, choice in self._choices.items():
            if task in self._backends:
                continue
            try:
                backend = self._loaded(task, choice)
            except Exception as error:  # noqa: BLE001 - any failure means the same: the bundle answers
                said = str(error) if isinstance(error, BackendError) else f"{choice.name} cannot be loaded: {error!r}"
                self._metrics.loaded.labels(task).set(0)
                self._errors[task] = f"The model for {task} is not in use, the bundle answers: {said}"
                _LOGGER.warning("%s Next attempt in %.0f s.", self._errors[task], self._options.retry_seconds)
            else:
                self._metrics.loaded.labels(task).set(1)
                self._errors.pop(task, None)
                self._backends = {**self._backends, task: backend}
        self._tried_at = time.monotonic()

    def _loaded(self, task: Task, choice: ModelChoice) -> TaskBackend:
        if is_bundle(choice):
            return load_bundle_backend(task, choice)
        try:
            from inquiry_pipeline.nlp.transformers_backend import TransformersLoader  # noqa: PLC0415 - seconds
        except ImportError as error:
            raise BackendError(
                f"{choice.name} needs the extra `transformers` of this package and torch, which are not installed "
                f"({error})."
            ) from error
        self._loader = self._loader or TransformersLoader(self._options)
        return self._loader.load(task, choice)


def version_with(version: str, backends: Backends) -> str:
    """The version of all that can take part in an answer."""
    return "".join([version, *(f"+{task}={backend.version}" for task, backend in sorted(backends.items()))])


def _with_answer(prediction: Prediction, task: Task, asked: _Asked, probabilities: Probabilities) -> Prediction:
    label = max(probabilities, key=probabilities.__getitem__)
    confidence = probabilities[label]
    version = version_with(prediction.model_version, {task: asked.backend})
    if task is Task.CATEGORY:
        return replace(
            prediction,
            category=label,
            confidence=confidence,
            probabilities=probabilities,
            abstained=confidence < asked.backend.threshold(label, asked.language),
            model_version=version,
        )
    if task is Task.SENTIMENT:
        return replace(
            prediction,
            sentiment=Sentiment(label),
            sentiment_confidence=confidence,
            sentiment_probabilities=probabilities,
            model_version=version,
        )
    return replace(
        prediction,
        urgency=Urgency(label),
        urgency_confidence=confidence,
        urgency_probabilities=probabilities,
        model_version=version,
    )


def _checked(answer: Probabilities) -> Probabilities:
    """The answer, if its numbers are numbers: half-precision weights, say, can give others."""
    if not answer or not all(math.isfinite(value) for value in answer.values()):
        raise ValueError(f"The model's probabilities are not usable: {dict(answer)}.")
    return answer
